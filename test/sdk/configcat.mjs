// ConfigCat's SDK against the database: random configurations of version 6 and
// users, its value, variation id, rule, option and error code against ours.
//
//   node test/sdk/configcat.mjs [--seed N] [--pairs N] [--connection CONNSTR]

import { createHash, randomUUID } from 'node:crypto';
import * as configcat from '@configcat/sdk/node';
import { compare } from './pairs.mjs';

const names = ['Identifier', 'Email', 'Country', 'Custom1', 'Zahl', 'Versión', '列', 'constructor'];
const texts = ['a@configcat.com', 'b@configcat.com', 'b@example.com', 'ÁRVÍZTŰRŐ tükörfúrógép', 'árvíztűrő', 'tükör', '𝖓𝖎𝖈𝖔𝖉', 'a', ' a ', 'admin',
	'Hungary', 'true', '42', '[object Object]', '["a","b"]', '1,2', '@', 'üb', '_', '\u2028'];
const versions = ['1.0.0', 'v1.0.0', '1.0', '1.0.0-alpha', '1.0.0-alpha.1', '1.0.0-alpha.10', '1.0.0-2', '1.0.0+build.1', ' 2.1.3 ', '2.1.3', '10.0.0', '01.0.0',
	'1.0.0-01', '9007199254740991.0.0', '9007199254740992.0.0', 'vv1.0.0', '1.0.0-', '', 'x', '\ufeff3.0.0', '1.9.1-10a', '1.9.1--1', '1.0.0-rc+x.01'];
const numbers = [0, 1, -1, 2.1, 5, 0.1 + 0.2, 1e21, 1e-7, 12345678901234567000, 1680307199.9, 1680307200, -0.5, 100, 3.1415];
const numberTexts = ['0', '1', '2.1', '2,1', ' 5 ', '1e3', '0x1F', '0 ', ' 0,5', '0.30000000000000004', 'NaN', ' NaN', 'Infinity', '-Infinity', '1_000', '5x', '1,2,3', '+5', '.5', '5.',
	'\u00a07', '0e1', '1680307200', '-1', '00', '0b1', ''];
const arrayTexts = ['["a","b"]', ' [ "a" , "tükör" ] ', '[]', '[1]', '["a",]', '["\\u0061","\\ud835\\udd93"]', '["\\"","\\\\","\\/","\\n"]', '["a"', '"a"', '["a\tb"]', '[["a"]]',
	'["Hungary"]x', '["\\x61"]', '["\\u00fcb"]', 'null', '[""]'];
const segmentNames = ['Beta', 'Développeurs', '中文', 'Staff'];

const hash = (bytes, salt, salted) => createHash('sha256').update(Buffer.concat([bytes, Buffer.from(salt + salted)])).digest('hex');

function attribute(random) {
	switch (random.below(12)) {
		case 0: return random.of(numbers);
		case 1: return random.of(numberTexts);
		case 2: return random.of(versions);
		case 3: return random.of(arrayTexts);
		case 4: return random.list(3, () => random.of(texts));
		case 5: return random.of([null, true, false, '', {}, { a: 1 }, [1, 'a'], [null, 'x'], [[1, 2], 3], ['a', 5]]);
		default: return random.of(texts);
	}
}

function user(random) {
	if (random.chance(0.05))
		return { user_key: null, attributes: {} };
	const attributes = {};
	for (const name of random.some(names.slice(1), 0.7))
		attributes[name] = attribute(random);
	return { user_key: random.chance(0.1) ? '' : random.chance(0.5) ? `user-${random.below(1000)}` : random.of(texts), attributes };
}

function slice(random, text, ends, salt, salted) {
	const bytes = Buffer.from(text);
	const length = random.below(bytes.length + 1);
	const digits = hash(ends ? bytes.subarray(bytes.length - length) : bytes.subarray(0, length), salt, salted);
	if (random.chance(0.03))
		return random.of([digits, `${length}_`, `x_${digits}`, `-1_${digits}`, `+${length}_${digits}`, ` ${length} _${digits}`, `1.0_${digits}`, `_${digits}`, `9999_${digits}`]);
	return `${length}_${digits}`;
}

// A comparator with its comparison value, or sometimes without.
function comparison(random, salt, salted) {
	const c = random.chance(0.01) ? random.of([36, -1, 99]) : random.below(36);
	const condition = { a: random.of(names), c };
	const list = (make) => random.list(3, make);
	if ([0, 1, 2, 3, 30, 31, 32, 33].includes(c)) condition.l = list(() => random.chance(0.2) ? random.of(['', 'a@', '.com', 'tükör', 'ÁRV']) : random.of(texts));
	else if ([34, 35].includes(c)) condition.l = list(() => random.of([...texts, '', '"', '\\', 'b']));
	else if ([16, 17].includes(c)) condition.l = list(() => hash(Buffer.from(random.of(texts)), salt, salted));
	else if ([26, 27].includes(c)) condition.l = list(() => hash(Buffer.from(random.of([...texts, '', '"', 'b'])), salt, salted));
	else if ([22, 23, 24, 25].includes(c)) condition.l = list(() => slice(random, random.of(texts), c >= 24, salt, salted));
	else if ([4, 5].includes(c)) condition.l = list(() => random.chance(0.7) ? random.of(['1.0.0', '2.1.3', ' 2.1.3 ', '1.0.0-alpha', '']) : random.of(versions));
	else if (c >= 6 && c <= 9) condition.s = random.of(versions);
	else if ((c >= 10 && c <= 15) || c === 18 || c === 19) condition.d = random.of(numbers);
	else if (c === 20 || c === 21) condition.s = hash(Buffer.from(random.of(texts)), salt, salted);
	else condition.s = random.of([...texts, '']);
	if (random.chance(0.01)) { delete condition.l; delete condition.s; delete condition.d; }
	return condition;
}

const values = [[true, false], ['x', 'y', 'ü', ''], [0, 1, 42, -7], [0.5, 3.14, 42, 1e-7]];

function served(random, type) {
	const value = { [['b', 's', 'i', 'd'][type]]: random.of(values[type]) };
	return { v: random.chance(0.01) ? random.of([{}, { b: true }, { s: 'x' }, { d: 1.5 }]) : value, ...(random.chance(0.9) ? { i: `id${random.below(12)}` } : {}) };
}

function options(random, type) {
	const shares = random.of([[100], [50, 50], [20, 30, 50], [0, 100], [33, 33, 34], [1, 99], [60, 60], [100, 0]]);
	const wrong = random.chance(0.03) ? random.of([[10, 10], [-1, 101], [50, -1, 51]]) : null;
	return (wrong || shares).map((p) => ({ p, ...served(random, type) }));
}

function condition(random, key, salt, types) {
	const roll = random.next();
	if (roll < 0.15) {
		const other = random.chance(0.02) ? 'nowhere' : `flag${random.below(Object.keys(types).length)}`;
		const type = random.chance(0.97) ? types[other] ?? 0 : random.below(4);
		return { p: { f: other, c: random.chance(0.01) ? 2 : random.below(2), v: { [['b', 's', 'i', 'd'][type] ?? 'b']: random.of(values[type] ?? [true]) } } };
	}
	if (roll < 0.35)
		return { s: { s: random.chance(0.02) ? 9 : random.below(segmentNames.length), c: random.chance(0.01) ? 2 : random.below(2) } };
	if (roll < 0.36)
		return random.of([{}, { u: comparison(random, salt, key), s: { s: 0, c: 0 } }]);
	return { u: comparison(random, salt, key) };
}

function rule(random, key, type, salt, types) {
	const made = { c: random.list(3, () => condition(random, key, salt, types)) };
	if (random.chance(0.01))
		return { ...made, ...random.of([{}, { s: served(random, type), p: options(random, type) }, { p: [] }]) };
	return { ...made, ...(random.chance(0.3) ? { p: options(random, type) } : { s: served(random, type) }) };
}

// Prerequisites point anywhere: cycles are among them.
function configuration(random) {
	const salt = random.of(['salt=', 'sö/lt', '']);
	const types = {};
	for (let i = 0; i < 8; i++)
		types[`flag${i}`] = random.chance(0.01) ? 4 : random.below(4);
	const f = {};
	for (const [key, t] of Object.entries(types)) {
		const type = t % 4;
		f[key] = { t, ...served(random, type), r: random.list(4, () => rule(random, key, type, salt, types)) };
		if (random.chance(0.3)) f[key].p = options(random, type);
		if (random.chance(0.3)) f[key].a = random.of(names);
	}
	const s = segmentNames.map((n) => ({ n, r: random.list(3, () => comparison(random, salt, n)) }));
	return { p: { u: 'https://localhost', r: 0, ...(random.chance(0.95) ? { s: salt } : {}) }, s, f };
}

const asked = { boolean: true, string: 'fallback', number: 7.5 };

function answerOf(snapshot, one, custom) {
	const who = one.user_key === null && Object.keys(one.attributes).length === 0 ? undefined
		: new configcat.User(one.user_key ?? undefined, one.attributes.Email, one.attributes.Country, custom);
	const details = snapshot.getValueDetails(one.flag, one.fallback, who);
	const setting = snapshot.mergedSettings[one.flag];
	const rules = setting.r ?? [];
	const index = details.matchedTargetingRule ? rules.indexOf(details.matchedTargetingRule) : null;
	const within = index === null ? setting.p : rules[index].p;
	return { value: details.value ?? null, error: details.errorCode, id: details.variationId ?? null, rule: index,
		option: details.matchedPercentageOption ? within.indexOf(details.matchedPercentageOption) : null };
}

const quiet = configcat.createConsoleLogger(configcat.LogLevel.Off);

async function batch(random) {
	const config = configuration(random);
	const stored = `0\n"e"\n${JSON.stringify(config)}`;
	const client = configcat.getClient(`configcat-sdk-1/${randomUUID().replace(/-/g, '').slice(0, 22)}/${randomUUID().replace(/-/g, '').slice(0, 22)}`,
		configcat.PollingMode.ManualPoll, { offline: true, logger: quiet, cache: { get: async () => stored, set: async () => {} } });
	await client.waitForReady();
	const snapshot = client.snapshot();
	if (snapshot.cacheState === configcat.ClientCacheState.NoFlagData)
		throw new Error(`the SDK does not take ${JSON.stringify(config)}`);
	const cases = [];
	for (let i = 0; i < 40; i++) {
		const who = user(random);
		const { Email, Country, ...custom } = who.attributes;
		for (const flag of Object.keys(config.f)) {
			const wanted = random.chance(0.3) ? random.of(Object.keys(asked)) : 'any';
			const one = { ...who, flag, wanted, fallback: wanted === 'any' ? null : asked[wanted] };
			one.answer = answerOf(snapshot, one, custom);
			cases.push(one);
		}
	}
	client.dispose();
	return { config, cases };
}

const codes = { None: 0, InvalidConfigModel: 1, SettingValueTypeMismatch: 2 };

function told(detail) {
	const reason = detail.provider_reason ?? {};
	return { value: detail.value, error: codes[reason.errorCode], id: detail.metadata?.variationId ?? null,
		rule: reason.matchedTargetingRule ?? null, option: reason.matchedPercentageOption ?? null };
}

await compare({ provider: 'configcat', batch, told });
