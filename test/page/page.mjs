// node page.mjs FILE FOLDER: opens a page in headless Chromium. What went wrong on it
// is put into the folder as answer.json, beside screenshots and a PDF.
import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [file, folder] = process.argv.slice(2);
const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking',
	'--disable-component-update', '--disable-sync', '--hide-scrollbars', '--remote-debugging-pipe', `--user-data-dir=${mkdtempSync(join(folder, 'profile-'))}`],
	{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });
const waiting = new Map(), events = [];
let serial = 0, buffer = '';

browser.stdio[4].on('data', (chunk) => {
	const messages = (buffer + chunk).split('\0');
	buffer = messages.pop();
	for (const message of messages.map((text) => JSON.parse(text)))
		if (message.id) waiting.get(message.id)(message);
		else events.push(message);
});

// Sends a command of the debugging protocol, and answers with its result.
const send = (method, params = {}, sessionId = undefined) => new Promise((done, fail) => {
	waiting.set(++serial, (m) => m.error ? fail(new Error(`${method}: ${m.error.message}`)) : done(m.result));
	browser.stdio[3].write(JSON.stringify({ id: serial, method, params, sessionId }) + '\0');
});

// In the page: plots whose marks are not finite or leave their box, whose lines are not
// those of their key or look like another, labels that touch or are missing, and sizes.
const look = `(() => {
	const bad = [], shape = (mark) => mark.tagName + mark.getAttribute('class') + (mark.getAttribute('d') ?? '').replace(/^M[0-9.-]+ [0-9.-]+/, '');
	const drawn = (within) => [...within].map((one) => {
		const style = getComputedStyle(one);
		return [style.getPropertyValue('--c'), style.getPropertyValue('--d'), shape(one.querySelector('.mark'))].join(' ');
	});
	for (const panel of document.querySelectorAll('.panel')) {
		const lines = drawn(panel.querySelectorAll('svg > g')), keys = drawn(panel.querySelectorAll('.swatch'));
		if (lines.join() !== keys.join() || new Set(keys).size < keys.length) bad.push(panel.querySelector('figcaption').textContent + ': ' + lines + ' in the plot, ' + keys + ' in its key');
	}
	for (const table of document.querySelectorAll('.forest')) {
		const shown = (all) => [...table.querySelectorAll(all)].filter((one) => getComputedStyle(one).display !== 'none');
		const labels = shown('.scale span'), boxes = labels.map((label) => label.getBoundingClientRect());
		const row = table.querySelector('.interval'), lines = shown('.grid, .zero').filter((line) => line.ownerSVGElement === row).flatMap((line) => line.getAttribute('d').match(/M[0-9.]+/g));
		if (boxes.some((box, i) => i && box.left < boxes[i - 1].right + 4)) bad.push('labels touch: ' + labels.map((label) => label.textContent));
		if (labels.length !== lines.length || labels.some((label) => !lines.some((line) => Math.abs(line.slice(1) - 10 * parseFloat(label.style.left)) < 1))) bad.push('labels ' + labels.map((label) => label.textContent) + ' of lines ' + lines);
	}
	const plots = [...document.querySelectorAll('svg[role=img]')];
	for (const svg of plots) {
		const box = svg.viewBox.baseVal;
		if (!svg.querySelector('title')?.textContent) bad.push('no title');
		for (const mark of svg.querySelectorAll('path, circle, text')) {
			const b = mark.getBBox(), d = mark.getAttribute('d') ?? '';
			if (![b.x, b.y, b.width, b.height].every(Number.isFinite) || !/^[MLHVhlmvzZ0-9. -]*$/.test(d) || (mark.tagName === 'path' && mark.getTotalLength() === 0)
				|| b.x < -0.5 || b.y < -0.5 || b.x + b.width > box.width + 0.5 || b.y + b.height > box.height + 0.5)
				bad.push(svg.querySelector('title').textContent + ': ' + mark.outerHTML.slice(0, 120));
		}
	}
	return { plots: plots.length, bad, wide: document.documentElement.scrollWidth - innerWidth, ground: getComputedStyle(document.body).backgroundColor,
		text: document.body.innerText, headings: [...document.querySelectorAll('h1, h2')].length };
})()`;

const timer = setTimeout(() => { browser.kill(); process.exit(1); }, 120000);
const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
const page = (method, params) => send(method, params, sessionId);
const answer = { looks: {} };

for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await page(`${domain}.enable`);
for (const [scheme, width] of [['light', 1200], ['dark', 1200], ['light', 400], ['dark', 400]]) {
	await page('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: scheme }] });
	await page('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: false });
	await page('Page.navigate', { url: 'file://' + resolve(file) });
	while (!events.some((e) => e.method === 'Page.loadEventFired')) await new Promise((r) => setTimeout(r, 20));
	events.splice(events.findIndex((e) => e.method === 'Page.loadEventFired'), 1);
	const { result } = await page('Runtime.evaluate', { expression: look, returnByValue: true });
	answer.looks[`${scheme} ${width}`] = result.value;
	const { data } = await page('Page.captureScreenshot', { captureBeyondViewport: true });
	writeFileSync(join(folder, `${scheme}-${width}.png`), Buffer.from(data, 'base64'));
}
const { data } = await page('Page.printToPDF', { preferCSSPageSize: true });
writeFileSync(join(folder, 'page.pdf'), Buffer.from(data, 'base64'));
answer.pdf = Buffer.from(data, 'base64').length;
answer.errors = events.filter((e) => /exceptionThrown|consoleAPICalled|entryAdded/.test(e.method)).map((e) => JSON.stringify(e.params));
answer.requests = events.filter((e) => e.method === 'Network.requestWillBeSent').map((e) => e.params.request.url)
	.filter((url) => url !== 'data:,' && url !== 'file://' + resolve(file));
writeFileSync(join(folder, 'answer.json'), JSON.stringify(answer));
clearTimeout(timer);
await send('Browser.close').catch(() => {});
process.exit(0);
