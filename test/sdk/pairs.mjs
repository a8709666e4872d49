// What the comparisons with SDKs that evaluate in the process have in common: a
// generator of random numbers from a seed, and psql, which imports each
// configuration into a project of its own, asks every pair and rolls all back.

import { spawnSync } from 'node:child_process';

export class Random {
	constructor(seed) { this.state = seed >>> 0; }
	// mulberry32
	next() {
		this.state = (this.state + 0x6D2B79F5) >>> 0;
		let t = this.state;
		t = Math.imul(t ^ (t >>> 15), t | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	}
	below(n) { return Math.floor(this.next() * n); }
	chance(p) { return this.next() < p; }
	of(list) { return list[this.below(list.length)]; }
	list(most, make) { return Array.from({ length: this.below(most + 1) }, (_, i) => make(i)); }
	some(list, p) { return list.filter(() => this.chance(p)); }
}

// --seed N --pairs N --connection CONNSTR
export function settings() {
	const found = { seed: 1, pairs: 10000, connection: '' };
	const given = process.argv.slice(2);
	for (let i = 0; i < given.length; i += 2) {
		const name = given[i].replace(/^--/, '');
		if (!(name in found) || given[i + 1] === undefined)
			throw new Error(`unknown argument ${given[i]}`);
		found[name] = name === 'connection' ? given[i + 1] : Number(given[i + 1]);
	}
	return found;
}

const field = (value) => JSON.stringify(value).replace(/\\/g, '\\\\');

// Asks for each case {config: its number, user_key, attributes, flag, fallback,
// wanted}; the answers in that order.
function ask(provider, configs, cases, connection) {
	const script = `SET client_encoding = 'UTF8';
SET client_min_messages = warning;
BEGIN;
CREATE TEMP TABLE configs (number int, config jsonb);
COPY configs FROM stdin;
${configs.map((config, i) => `${i}\t${field(config)}`).join('\n')}
\\.
CREATE TEMP TABLE cases (number int, body jsonb);
COPY cases FROM stdin;
${cases.map((one, i) => `${i}\t${field(one)}`).join('\n')}
\\.
SELECT FROM configs c CROSS JOIN LATERAL ff_project_create('pairs-' || c.number, environments => '{production}');
SELECT FROM configs c CROSS JOIN LATERAL ff_import('${provider}', c.config, project => 'pairs-' || c.number);
SELECT to_jsonb(d) FROM (SELECT * FROM cases ORDER BY (body ->> 'config')::int, number) c CROSS JOIN LATERAL ff_evaluate_detail(c.body ->> 'user_key',
	c.body ->> 'flag', c.body -> 'attributes', NULL, nullif(c.body -> 'fallback', 'null'), 'pairs-' || (c.body ->> 'config'), c.body ->> 'wanted') d
ORDER BY c.number;
ROLLBACK;
`;
	const psql = spawnSync(process.env.PSQL || 'psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...(connection ? ['-d', connection] : [])],
		{ input: script, encoding: 'utf8', maxBuffer: 2 ** 30 });
	if (psql.status !== 0)
		throw new Error(`psql failed: ${psql.error || psql.stderr}`);
	const lines = psql.stdout.split('\n').filter((line) => line !== '');
	if (lines.length !== cases.length)
		throw new Error(`${lines.length} answers to ${cases.length} cases`);
	return lines.map((line) => JSON.parse(line));
}

// Compares what batch() answers, {config, cases: [{..., answer}]}, with what the
// database answers, told(detail); explained(case) names a known difference.
export async function compare({ provider, batch, told, explained = () => null }) {
	const { seed, pairs, connection } = settings();
	const random = new Random(seed);
	const different = [];
	const known = {};
	let done = 0;
	while (done < pairs) {
		const configs = [];
		const cases = [];
		while (cases.length < Math.min(20000, pairs - done)) {
			const { config, cases: some } = await batch(random);
			cases.push(...some.slice(0, pairs - done - cases.length).map((one) => ({ ...one, config: configs.length })));
			configs.push(config);
		}
		ask(provider, configs, cases.map(({ answer, ...asked }) => asked), connection).forEach((detail, i) => {
			const ours = JSON.stringify(told(detail, cases[i]));
			const theirs = JSON.stringify(cases[i].answer);
			if (ours === theirs)
				return;
			const why = explained(cases[i], configs[cases[i].config], detail);
			if (why)
				known[why] = (known[why] || 0) + 1;
			else
				different.push({ ours, theirs, detail, asked: cases[i], config: configs[cases[i].config] });
		});
		done += cases.length;
	}
	for (const one of different.slice(0, 5))
		console.log(JSON.stringify(one));
	for (const why of Object.keys(known).sort())
		console.log(`${provider}: ${known[why]} explained: ${why}`);
	console.log(`${provider}: ${done} pairs, ${different.length} differences`);
	process.exitCode = different.length > 0 ? 1 : 0;
}
