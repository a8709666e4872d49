-- The style of a report's page: light, dark and on paper. Blue and orange, told
-- apart by all eyes, are for better and worse; words say the same.
CREATE FUNCTION ff._page_style() RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
SET search_path = pg_catalog, pg_temp
AS $$ SELECT $css$
:root{color-scheme:light dark;--paper:#fbfaf7;--card:#fff;--ink:#1d2127;--soft:#5c6470;--rule:#dcdad3;--grid:#ebe9e3;--zero:#8a8f98;
--good:#0b62a8;--bad:#b8480a;--warn:#7d6100;--good-bg:#e4eff9;--bad-bg:#fceadf;--warn-bg:#f8f0d3;--plain-bg:#eeede9;
--a0:#6b7280;--a1:#5646c4;--a2:#0a7d74;--a3:#a36a00;--a4:#b3277c;--a5:#3d6b1f}
@media (prefers-color-scheme:dark){:root{--paper:#14171b;--card:#1b1f25;--ink:#e8e6e1;--soft:#a3aab5;--rule:#343a43;--grid:#292e36;--zero:#79818c;
--good:#77b7f0;--bad:#f59a5f;--warn:#e3c456;--good-bg:#173047;--bad-bg:#432613;--warn-bg:#3a3213;--plain-bg:#2a2f37;
--a0:#a7afbb;--a1:#a79bff;--a2:#4cc9bd;--a3:#e0ab45;--a4:#f07fc0;--a5:#9ccb74}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0 auto;max-width:1080px;padding:2.5rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:400 1rem/1.5 system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-variant-numeric:tabular-nums lining-nums}
h1,h2,.action{font-family:"Iowan Old Style","Palatino Linotype",Palatino,Georgia,"DejaVu Serif",serif;font-weight:600;line-height:1.2;text-wrap:balance}
h1,p,li,dd,th,td,figcaption,.action,.who{overflow-wrap:anywhere}thead th{overflow-wrap:normal}
h1{font-size:clamp(1.7rem,4.5vw,2.6rem);margin:.1rem 0 .4rem}
h2{font-size:1.4rem;margin:0 0 .7rem}
h3{font-size:.95rem;margin:1.2rem 0 .3rem}
p{margin:.4rem 0}
code{font:.9em ui-monospace,"SF Mono",Menlo,Consolas,"DejaVu Sans Mono",monospace}
section{margin-top:2.6rem;padding-top:1.3rem;border-top:1px solid var(--rule)}
.kicker,.note,.lead,.none,.legend,dt,caption,figcaption .note{color:var(--soft)}
.kicker{margin:0;font-size:.78rem;letter-spacing:.09em;text-transform:uppercase}
.hypothesis{font-size:1.12rem;max-width:44em;margin:.7rem 0}
.lead,.legend,.note{font-size:.86rem}.note{font-weight:400}.legend{margin-top:.7rem;max-width:62em}
.none{font-style:italic}
dl{margin:1rem 0 0;display:grid;grid-template-columns:repeat(auto-fill,minmax(12.5rem,1fr));gap:.8rem 1.4rem}
dt{font-size:.78rem}dd{margin:0}dt::first-letter{text-transform:uppercase}
.verdict{border:0;border-left:6px solid var(--zero);background:var(--card);padding:1.2rem 1.4rem;margin-top:1.8rem;border-radius:3px}
.verdict h2{font:600 .78rem/1.4 system-ui,sans-serif;letter-spacing:.09em;text-transform:uppercase;color:var(--soft);margin:0}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}.verdict.warn{border-color:var(--warn)}
.action{font-size:1.75rem;margin:.15rem 0 .3rem}.headline{font-size:1.05rem;max-width:46em}
ul{margin:.4rem 0;padding-left:1.2rem}li{margin:.25rem 0;max-width:50em}
.chip{display:inline-block;font-size:.75rem;font-weight:600;line-height:1.5;padding:0 .5em;border-radius:3px;background:var(--plain-bg);color:var(--ink);white-space:nowrap}
.chip.good{background:var(--good-bg);color:var(--good)}.chip.bad{background:var(--bad-bg);color:var(--bad)}.chip.warn{background:var(--warn-bg);color:var(--warn)}
.scroll{overflow-x:auto}.scroll:focus-visible{outline:2px solid var(--good)}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;font-size:.86rem;padding-bottom:.5rem}
th,td{text-align:left;vertical-align:top;padding:.38rem 1rem .38rem 0;border-bottom:1px solid var(--grid);min-width:3.5rem}
th{font-weight:500}thead th{font-size:.78rem;color:var(--soft);border-color:var(--rule);vertical-align:bottom}
.num td,.num thead th+th{text-align:right;padding:.38rem 0 .38rem .8rem;min-width:0}.num tbody th{min-width:7rem}.num td{white-space:nowrap}.num td.text{white-space:normal}.num td .note{white-space:nowrap}
.num td.left,.num thead th.left{text-align:left}
.group{font-weight:650;padding-top:1.1rem;border-color:var(--rule)}
.forest{table-layout:fixed}.forest th:first-child{width:46%}.forest td{padding:0;vertical-align:middle}.forest thead th{padding-bottom:.2rem}
.forest tbody th[scope=row] {font-size:.88rem}
.forest tr>th[scope=row]{padding:.25rem 1rem .25rem .2rem}
.who{display:inline-block;margin-right:.6em}.value{float:right;text-align:right}.ends{color:var(--soft);display:inline-block;min-width:10.5em}
tr.good .value{color:var(--good);font-weight:600}tr.bad .value{color:var(--bad);font-weight:600}.value .ends,.value .note{font-weight:400}
.scale{position:relative;display:block;height:1.3em}.scale span{position:absolute;transform:translateX(-50%);white-space:nowrap}
.interval{display:block;width:100%;height:2rem;overflow:hidden;--c:var(--soft)}.interval.good{--c:var(--good)}.interval.bad{--c:var(--bad)}.interval.warn{--c:var(--warn)}
.interval path{fill:none;stroke:var(--c);vector-effect:non-scaling-stroke}
.interval .grid{stroke:var(--grid);stroke-width:1}.interval .zero{stroke:var(--zero);stroke-width:1.2}
.interval .wide{stroke-width:1;opacity:.75}.interval .range{stroke-width:3.5}.interval .cap{stroke-width:1.6}.interval .open{stroke-width:1.5;stroke-dasharray:5 4}
.interval .dot{stroke-width:10;stroke-linecap:round}.interval .ring{stroke-width:12;stroke-linecap:round}.interval .hole{stroke:var(--paper);stroke-width:8.5;stroke-linecap:round}
.panels{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,300px),1fr));gap:1.6rem 1.5rem}
.panel{margin:0;break-inside:avoid}.panel>svg{display:block;width:100%;height:auto}figcaption{font-weight:600;font-size:.92rem;margin-bottom:.2rem}
.panel text{font-size:10.5px;fill:var(--soft)}.panel .y,.panel .x1{text-anchor:end}.panel .x{text-anchor:middle}
.panel .grid{stroke:var(--grid)}.panel .zero{stroke:var(--zero)}
.a0{--c:var(--a0)}.a1{--c:var(--a1)}.a2{--c:var(--a2)}.a3{--c:var(--a3)}.a4{--c:var(--a4)}.a5{--c:var(--a5)}.d1{--d:7 3}.d2{--d:2 2.5}.d3{--d:8 3 2 3}
.line{fill:none;stroke:var(--c);stroke-width:1.9;stroke-dasharray:var(--d,none);stroke-linejoin:round}.band,.area{fill:var(--c);opacity:.16}.area{opacity:.09}
.mark{fill:var(--c);stroke:var(--paper);stroke-width:1.2;paint-order:stroke}.mark.ring{fill:var(--paper);stroke:var(--c);stroke-width:1.8}.mark.cross{fill:none;stroke:var(--c);stroke-width:2}
.keys{list-style:none;padding:0;margin:.2rem 0 0;font-size:.84rem}.keys li{margin:.1rem 0;padding-left:46px;text-indent:-46px}.swatch{width:38px;height:10px;margin-right:8px}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
footer{margin-top:3rem;color:var(--soft);font-size:.84rem}
@media (max-width:640px){dl{grid-template-columns:repeat(2,1fr)}body{padding:1.4rem 1rem 3rem}.forest th:first-child{width:50%}.value{float:none;display:block;text-align:left}.ends{display:block;min-width:0}.interval{height:2.6rem}.scale{font-size:.68rem}section{margin-top:2rem}}
@media (max-width:720px){.spare{display:none}}
@media print{:root{color-scheme:light;--paper:#fff;--card:#fff;--ink:#000;--soft:#444b55;--rule:#bbb;--grid:#e2e2e2;--zero:#777;--good:#0b62a8;--bad:#b8480a;--warn:#7d6100;
--good-bg:#e4eff9;--bad-bg:#fceadf;--warn-bg:#f8f0d3;--plain-bg:#eee;--a0:#6b7280;--a1:#5646c4;--a2:#0a7d74;--a3:#a36a00;--a4:#b3277c;--a5:#3d6b1f}
@page{margin:16mm 14mm}html{font-size:9.5pt}body{max-width:none;padding:0;-webkit-print-color-adjust:exact;print-color-adjust:exact}
.scroll{overflow:visible}.num{font-size:7.6pt}.num .note{font-size:1em}.num thead th{font-size:.92em}.ends{min-width:0}.num tbody th{min-width:4rem}.num td,.num thead th+th{padding-left:.45rem;min-width:0}.num td.text{min-width:0}
.verdict{border:1px solid var(--rule);border-left:6px solid var(--zero)}h2,h3,.lead,caption,thead,tbody tr:first-child{break-after:avoid}tr:last-child,.legend{break-before:avoid}thead,tbody,tr,figure,li,dl,.verdict,.lead,.legend{break-inside:avoid}.panels{grid-template-columns:repeat(2,1fr)}section{margin-top:1.6rem}}
$css$ $$;
