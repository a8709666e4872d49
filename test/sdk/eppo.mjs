// Eppo's SDK against the database: random universal flag configurations and
// subjects, its assignment, allocation and evaluation code against ours.
//
//   node test/sdk/eppo.mjs [--seed N] [--pairs N] [--connection CONNSTR]

import { compare } from './pairs.mjs';

process.env.TZ = 'UTC';
process.env.LOG_LEVEL = 'silent';	// read when the SDK is loaded
console.error = () => {};		// where it writes what it catches
const { default: eppo } = await import('@eppo/js-client-sdk-common');

const names = ['id', 'email', 'country', 'Größe', 'version', 'age', 'a.b'];
const texts = ['alice@example.com', 'bob@test.com', 'US', 'Ünïcödé', '🦄', 'true', '42', '', ' ', 'a,b', '[object Object]', 'line\nbreak', 'null', 'K', 'ß'];
const versions = ['1.0.0', 'v1.0.0', '1.0', ' 1.2.3 ', '1.2.3-alpha.1', '1.2.3-2', '10.0.0', '1.2.3+build', '01.2.3', '9007199254740992.0.0', '2'];
const numbers = [0, 1, -1, 5, 10, 18, 65, 2.5, 1e21, 1e-7, 0.1 + 0.2, 123456789, -0.5];
const numberTexts = ['0', '1', ' 10 ', '0x10', '1e1', '', '5x', 'Infinity', 'NaN', '18.0', '-1', '1_0', '\u00a05'];
const patterns = ['@example\\.com', '^US$', '.*', '^$', 'Ü', '\\d+', '[a-z]+@', '(?=.*@)a', '(a)\\1', '(?<!x)b', '.', '\\bUS\\b', '^.$', '\\s', '[^]', 'ß', '(', '[z-a]', '*', '\\', '(?i)us',
	'a{2,1}', '\\u0055', '\\p{L}', '$', 'true|false', 'br.ak', 'e.b', '(?<n>a)', '\\w+$', '[\\]', 'x*', '{', 'a{,3}', '(?:)'];
const times = ['2020-01-01T00:00:00.000Z', '2099-01-01T00:00:00.000Z', '2020-01-01', '2099-12-31', '2099', '2019-06', '2099-01-01T00:00', '2020-01-01T10:20:30', '2099-01-01T10:20:30.5+02:00',
	'soon', '', 0, 5, 4102444800000, null, '2020-13-01', '2099-02-30T00:00:00Z', '2099-01-01t10:00z', '2099-01-01 10:00:00', '2020-01-01 10:00Z', '2099-02-32'];

function attribute(random) {
	switch (random.below(8)) {
		case 0: return random.of(numbers);
		case 1: return random.of(numberTexts);
		case 2: return random.of(versions);
		case 3: return random.of([null, true, false, [], [5], ['US'], ['a', 'b'], { a: 1 }, [null, 1]]);
		default: return random.of(texts);
	}
}

function subject(random) {
	const attributes = {};
	for (const name of names)
		if (random.chance(name === 'id' ? 0.15 : 0.7)) attributes[name] = attribute(random);
	return { user_key: random.chance(0.01) ? '' : random.chance(0.2) ? random.of(texts) : `user-${random.below(100000)}`, attributes };
}

function condition(random) {
	const operator = random.chance(0.02) ? random.of(['EQUALS', 'matches', null, undefined, 5])
		: random.of(['MATCHES', 'NOT_MATCHES', 'ONE_OF', 'NOT_ONE_OF', 'GT', 'GTE', 'LT', 'LTE', 'IS_NULL']);
	let value;
	if (/MATCHES/.test(operator)) value = random.chance(0.05) ? random.of([5, null, true, undefined, ['a']]) : random.of(patterns);
	else if (/ONE_OF/.test(operator)) value = random.chance(0.02) ? random.of(['US', null, { a: 1 }, 5, undefined]) : random.list(5, () => random.chance(0.05) ? random.of([5, null, true]) : String(attribute(random)));
	else if (operator === 'IS_NULL') value = random.of([true, false, true, false, null, 0, 1, '', 'x', undefined]);
	else value = random.chance(0.4) ? random.of(versions) : random.chance(0.6) ? random.of(numbers) : random.of([...numberTexts, null, true, ['5'], [1, 2], {}]);
	return { attribute: random.chance(0.01) ? random.of([undefined, null, 5]) : random.of(names), operator, value };
}

function rule(random) {
	if (random.chance(0.005))
		return random.of([null, {}, 5, { conditions: null }, { conditions: [null] }, { conditions: [7] }]);
	return { conditions: random.list(3, () => condition(random)) };
}

function range(random, total) {
	if (random.chance(0.01))
		return random.of([null, {}, { start: '0', end: '5000' }, { start: null, end: total }, { end: 5 }, 5]);
	const start = random.below(total);
	return { start, end: random.chance(0.1) ? start : start + random.below(total - start + 1) };
}

function shard(random, total) {
	if (random.chance(0.005))
		return random.of([null, {}, { salt: 'x' }, { salt: 'x', ranges: {} }]);
	const salt = random.chance(0.02) ? random.of([undefined, null, 7]) : random.of(['salt', 'traffic-flag', 'sälz', '']);
	return { salt, ranges: random.chance(0.3) ? [{ start: 0, end: total }] : random.list(3, () => range(random, total)) };
}

function split(random, keys, total) {
	if (random.chance(0.005))
		return random.of([null, {}, { variationKey: keys[0], shards: null }, 5]);
	return { variationKey: random.chance(0.01) ? 'missing' : random.of(keys), shards: random.list(2, () => shard(random, total)),
		...(random.chance(0.2) ? { extraLogging: { holdout: 'h1' } } : {}) };
}

function allocation(random, number, keys, total) {
	if (random.chance(0.003))
		return random.of([null, 5, 'x', {}, { key: 'k', rules: 'x', splits: [] }, { key: 'k', splits: 'x' }, { key: 'k', splits: '' }, { key: 'k', rules: {}, splits: [] }]);
	const made = { key: `allocation-${number}`, splits: random.list(3, () => split(random, keys, total)), doLog: random.chance(0.7) };
	if (random.chance(0.7)) made.rules = random.list(3, () => rule(random));
	if (random.chance(0.2)) made.startAt = random.of(times);
	if (random.chance(0.2)) made.endAt = random.of(times);
	return made;
}

const values = {
	STRING: ['a', 'ü', '', ' x '], BOOLEAN: [true, false], INTEGER: [0, 1, -5, 3.0], NUMERIC: [0, 3.14, -1, 1e-7],
	JSON: ['{"a":1,"b":[true,null]}', '{}', '[1,2]', '"x"', '5', ' {"ü":"\\u00fc"} ', 'null']
};
const wrong = ['x', 1.5, true, null, undefined, {}, '{"a":', '{a:1}'];

function flag(random, key) {
	const variationType = random.chance(0.01) ? random.of(['FOO', null, undefined]) : random.of(Object.keys(values));
	const total = random.chance(0.03) ? random.of([0, null, undefined, '10000', -100, 12.5]) : random.of([10000, 10000, 100, 7]);
	const variations = {};
	const keys = ['control', 'treatment', 'größer', '1'].slice(0, 1 + random.below(4));
	for (const one of keys)
		variations[one] = random.chance(0.01) ? random.of([null, 5, {}]) : { key: one, value: random.chance(0.03) ? random.of(wrong) : random.of(values[variationType] ?? ['x']) };
	const whole = Number.isInteger(total) && total > 0 ? total : 10000;
	return { key, enabled: random.chance(0.02) ? random.of([null, 0, 'yes', 1, '']) : random.chance(0.93), variationType, variations, totalShards: total,
		allocations: random.chance(0.01) ? random.of([{}, 5]) : random.list(4, (i) => allocation(random, i, keys, whole)) };
}

const calls = {
	BOOLEAN: ['boolean', true, 'getBooleanAssignmentDetails'], STRING: ['string', 'fallback', 'getStringAssignmentDetails'],
	NUMERIC: ['number', 7.5, 'getNumericAssignmentDetails'], INTEGER: ['integer', 7, 'getIntegerAssignmentDetails'],
	JSON: ['object', { fallback: true }, 'getJSONAssignmentDetails']
};

async function batch(random) {
	const flags = {};
	for (let i = 0; i < 10; i++)
		flags[`flag-${i}`] = flag(random, `flag-${i}`);
	const config = JSON.parse(JSON.stringify({ createdAt: '2024-04-17T19:40:53.716Z', format: 'SERVER', environment: { name: 'Test' }, flags }));
	const store = new eppo.MemoryOnlyConfigurationStore();
	await store.setEntries(config.flags);
	store.setFormat('SERVER');
	const client = new eppo.EppoClient({ flagConfigurationStore: store });
	const cases = [];
	for (let i = 0; i < 40; i++) {
		const who = subject(random);
		for (const key of Object.keys(config.flags)) {
			const [wanted, fallback, call] = random.chance(0.1) ? random.of(Object.values(calls)) : calls[config.flags[key].variationType] ?? calls.STRING;
			const { variation, evaluationDetails } = client[call](key, who.user_key, structuredClone(who.attributes), fallback);
			cases.push({ ...who, flag: key, wanted, fallback, answer: { value: variation, code: evaluationDetails.flagEvaluationCode,
				allocation: evaluationDetails.matchedAllocation?.key ?? null } });
		}
	}
	return { config, cases };
}

const sorted = (value) => value && typeof value === 'object' && !Array.isArray(value)
	? Object.fromEntries(Object.keys(value).sort().map((key) => [key, value[key]])) : value;

// An error's allocation is not compared: the SDK tells it of some errors alone.
function told(detail, asked) {
	const code = detail.provider_reason?.flagEvaluationCode;
	const theirs = asked.answer;
	theirs.value = sorted(theirs.value);
	if (code === 'ASSIGNMENT_ERROR') theirs.allocation = null;
	return { value: sorted(detail.value), code, allocation: code === 'ASSIGNMENT_ERROR' ? null : detail.metadata?.allocationKey ?? null };
}

// SQL has one kind of number: an integer flag answers a call for a number.
function explained(asked, config, detail) {
	if (asked.wanted === 'number' && config.flags[asked.flag].variationType === 'INTEGER' && asked.answer.code === 'TYPE_MISMATCH')
		return 'ff_number and fallbacks that are numbers read integer flags too';
	return null;
}

await compare({ provider: 'eppo', batch, told, explained });
