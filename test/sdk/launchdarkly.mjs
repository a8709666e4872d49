// LaunchDarkly's Node SDK and ff_evaluate_detail, side by side.
//
//   node test/sdk/launchdarkly.mjs --seed N --pairs N --connection CONNSTR
//
// Makes configurations and contexts of the seed, asks the SDK, imports the same
// configuration and asks the database; value, index of the variation and reason
// must be the same to the last member.  The database must have the extension.
// Everything is rolled back.  PSQL names psql where it is not on the path.
// Prints the first differences in full, then "launchdarkly: N pairs, N
// differences, N explained"; the status tells whether one was not explained.

import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import * as launchdarkly from '@launchdarkly/node-server-sdk';
import { TestData } from '@launchdarkly/node-server-sdk/integrations';
import { Random } from './random.mjs';

const { values: options } = parseArgs({ options: {
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '10000' },
  connection: { type: 'string', default: '' },
} });
const random = new Random(Number(options.seed));
const FLAGS = 8;
const CONTEXTS = 16;
const SHOWN = 5;

// --- what configurations and contexts are made of --------------------------

const keys = ['u1', 'u2', 'u3', 'u4', 'ü', '日本', '😀', 'a b', '0', '1', 'x.y', "o'k\\"];
const kinds = ['user', 'org', 'device', 'a.b-c_1'];
const names = ['country', 'plan', 'age', 'tags', 'nested', 'name', 'email', 'a/b', 'a~b', '/x', 'größe', 'version', 'when'];
const references = [...names, 'key', 'kind', 'anonymous', '/country', '/nested/x', '/nested/y/z', '/nested/0', '/a~1b', '/a~0b',
  '/anonymous', '/kind', '/key', '/tags/0', '/key/x', '_meta', '/_meta/x', '/nested/', '/~1x', '/~1x', '/~1x', '', '/', '//', '/a~b', '/a~', 'a//b', 'a~'];
const strings = ['', 'DE', 'FR', 'de', 'straße', '日本', '😀', 'true', '1', 'null', 'prefix-middle-suffix', 'prefix', 'suffix', 'middle', 'a'];
const numbers = [0, 1, 2, -1, 1.5, 0.1, 99.99, 17, 18, 1e15, 9007199254740993, 1e21, 1e-7, -0.5, 123456789.125, 1512543600000, 1512543600000.5];
const dates = ['2017-12-06T00:00:00.000-07:00', '2017-12-06T07:00:00.000Z', '2017-12-06T07:00:00Z', '2017-12-06T07:00:00.0009Z',
  '2017-12-06T07:00:00.001Z', '2017-12-06', '2017-12-06X00:00:00Z', '2017-12-06T07:00:00-07', '2017-12-06T07:00:00-0700',
  '2017-12-06T07:00:00Zx', '2017-12-06T24:00:00Z', '2017-12-07T00:00:00Z', '2017-12-06T24:00:01Z', '2017-02-30T00:00:00Z', '2017-03-02T00:00:00Z',
  '2017-13-01T00:00:00Z', '2017-12-06T23:59:60Z', '0000-01-01T00:00:00Z', '0000-02-29T00:00:00Z', '0001-01-01T00:00:00Z', '1969-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59Z', '2017-12-06T07:00:00.Z', '2016-02-29T12:00:00+23:59', '2017-12-06T07:00:00+24:00', '2017-12-06T07:00:00+00:60',
  'badstring', '1512543600000', '2017-12-06t07:00:00z', ' 2017-12-06T07:00:00Z', '2017-12-06T07:00:00Z '];
const versions = ['2', '2.0', '2.0.0', '2.0.0-rc', '2.0-rc', '2-rc', '2.0.0+build', '2.0.0-rc.1', '2.0.0-rc.2', '2.0.0-rc.10', '2.0.0-rc.10.green',
  '2.0.1', '2.1', '10.0.0', 'v2.0.0', ' 2.0.0', ' v2.0.0', '2.0.0 ', '2 ', '2.0 ', ' 2', '02.0.0', '2.00', '2.0.0-01', '2.0.0-', '2.0.0.0', '2.x', '',
  '9007199254740991.0.0', '9007199254740992.0.0', '99999999999999999', '1.0.0-alpha', '1.0.0-alpha.beta', '1.0.0-1', '1.0.0--', '2..0', '2.', '1.2.3-4+5.006'];
const patterns = ['^DE$', 'prefix.*suffix', '^pre', 'fix$', '[A-Z]{2}', '\\d+', '^\\w+$', '(?i)de', '(?<!x)middle', 'a|b', '(', '[', 'stra(ß|ss)e',
  '^(?:true|1)$', '\\bmiddle\\b', '^.+$', '(.)\\1', '\\s', '^$', '[^a-z]', '日.', '*'];
const operators = ['in', 'in', 'in', 'startsWith', 'endsWith', 'contains', 'matches', 'lessThan', 'lessThanOrEqual', 'greaterThan',
  'greaterThanOrEqual', 'before', 'after', 'semVerEqual', 'semVerLessThan', 'semVerGreaterThan', 'noSuchOperator'];
const pools = { matches: [patterns, strings], before: [dates, numbers], after: [dates, numbers], lessThan: [numbers, numbers], lessThanOrEqual: [numbers, numbers],
  greaterThan: [numbers, numbers], greaterThanOrEqual: [numbers, numbers], semVerEqual: [versions, versions], semVerLessThan: [versions, versions],
  semVerGreaterThan: [versions, versions] };

const anything = (r) => r.either(
  (x) => x.pick(strings), (x) => x.pick(numbers), (x) => x.chance(0.5), () => null, (x) => x.pick(dates), (x) => x.pick(versions),
  (x) => x.list(0, 3, () => x.either((y) => y.pick(strings), (y) => y.pick(numbers), () => true, () => null, () => ['DE'], () => ({ x: 1 }))),
  (x) => ({ x: x.pick(strings), y: { z: x.pick(numbers) }, 0: x.pick(strings) }));

// A member that may be missing, null or of a wrong type.
const maybe = (object, name, p, make) => {
  if (random.chance(p)) object[name] = make();
  else if (random.chance(0.1)) object[name] = null;
  return object;
};

// --- contexts ----------------------------------------------------------------

function attributes() {
  const result = {};
  for (const name of names) {
    if (!random.chance(0.6)) continue;
    if (name === 'nested') result[name] = random.chance(0.8) ? { x: anything(random), y: { z: anything(random) }, 0: random.pick(strings) } : anything(random);
    else if (name === 'country') result[name] = random.chance(0.8) ? random.pick(strings) : anything(random);
    else if (name === 'age') result[name] = random.chance(0.8) ? random.pick(numbers) : anything(random);
    else if (name === 'version') result[name] = random.chance(0.9) ? random.pick(versions) : anything(random);
    else if (name === 'when') result[name] = random.chance(0.9) ? random.pick(random.chance(0.7) ? dates : numbers) : anything(random);
    else result[name] = anything(random);
  }
  if (random.chance(0.3)) result.anonymous = random.chance(0.8) ? random.chance(0.5) : anything(random);
  if (random.chance(0.1)) result._meta = { privateAttributes: ['country'] };
  return result;
}

// What the SDK is asked with, and what the database is.
function context() {
  const key = random.pick(keys);
  const same = (whole) => ({ sdk: whole, user_key: typeof whole.key === 'string' ? whole.key : null, attributes: whole });
  const single = (kind) => ({ kind, key, ...attributes() });
  switch (random.below(12)) {
    case 0: case 1: case 2:
      return same(single('user'));
    case 3: case 4: {             // attributes of a user, as native flags have them
      const own = attributes();
      return { sdk: { kind: 'user', key, ...own }, user_key: key, attributes: random.chance(0.1) && Object.keys(own).length === 0 ? null : own };
    }
    case 5: case 6:
      return same(single(random.pick(kinds)));
    case 7: case 8: {
      const own = attributes();
      return same({ key: random.pick([key, key, key, '', 17, 1.5, true]), ...(random.chance(0.7) ? { custom: own } : {}),
        ...(random.chance(0.5) ? { name: random.pick(strings), country: random.chance(0.4) ? null : random.pick(strings) } : {}),
        ...(random.chance(0.3) ? { anonymous: random.pick([true, false, null, 'x', 0]) } : {}),
        ...(random.chance(0.3) ? { plan: 'of no user', privateAttributeNames: ['name'] } : {}), ...(random.chance(0.1) ? { kind: null } : {}) });
    }
    case 9: case 10:
      return same({ kind: 'multi', ...Object.fromEntries(random.list(1, 3, () => [random.pick(kinds), { key: random.pick(keys), ...attributes() }])) });
    default:                      // what is no context
      return random.either(() => same({ kind: 'multi' }), () => same({ kind: 'multi', user: { key: '' } }), () => same({ kind: 'multi', 'a b': { key } }),
        () => same({ kind: 'multi', user: 'x' }), () => same({ kind: 'kind', key }), () => same({ kind: '', key }), () => same({ kind: 5, key }),
        () => same({ kind: 'org', key: 5 }), () => ({ sdk: { custom: {} }, user_key: null, attributes: { custom: {} } }), () => same({ kind: 'ü', key }),
        () => ({ sdk: { kind: 'user', key: '' }, user_key: null, attributes: { kind: 'user' } }));
  }
}

// --- flags and segments --------------------------------------------------------

const bucketOf = (text) => parseInt(createHash('sha1').update(text).digest('hex').slice(0, 15), 16) / 0xfffffffffffffff * 100000;

function clause(segments, depth) {
  const result = {};
  if (random.chance(depth > 0 ? 0.3 : 0.2)) {
    Object.assign(result, { attribute: '', op: 'segmentMatch', values: random.list(0, 2, () => random.chance(0.9) ? random.pick(segments) : 'no-such-segment') });
  } else {
    const op = random.pick(operators);
    const [own, other] = pools[op] ?? [strings, numbers];
    const value = () => (random.chance(0.75) ? random.pick(own) : random.chance(0.5) ? random.pick(other) : anything(random));
    const attribute = { before: 'when', after: 'when', semVerEqual: 'version', semVerLessThan: 'version', semVerGreaterThan: 'version', lessThan: 'age',
      lessThanOrEqual: 'age', greaterThan: 'age', greaterThanOrEqual: 'age' }[op];
    result.attribute = attribute && random.chance(0.8) ? attribute : random.chance(0.3) ? random.pick(['country', 'country', 'name']) : random.chance(0.05) ? '' : random.pick(references);
    result.op = op;
    result.values = random.list(0, 4, value);
    if (result.attribute === 'kind' || result.attribute === '/kind') result.values = random.list(1, 2, () => random.pick([...kinds, 'multi']));
    if (/^.?anonymous$/.test(result.attribute)) Object.assign(result, { op: 'in', values: [random.chance(0.5)] });
    if (result.attribute === 'key') result.values = random.list(1, 4, () => random.pick(keys));
  }
  maybe(result, 'negate', 0.3, () => random.pick([true, true, true, false]));
  maybe(result, 'contextKind', 0.5, () => random.pick([...kinds, 'user', 'user', '']));
  return result;
}

const variation = (count) => random.chance(0.97) ? random.below(count) : random.pick([-1, count, '0', 1e9]);

// Weights that end at the bucket of one of the keys, or just beyond it.
function weights(count, prefix) {
  const edge = Math.min(99999, Math.floor(bucketOf(`${prefix}.${random.pick(keys)}`)));
  switch (random.below(6)) {
    case 0: return [edge, 100000 - edge];
    case 1: return [edge + 1, 99999 - edge];
    case 2: return [100000];
    case 3: return random.list(1, count, () => random.pick([0, 0, 1, 33333, 50000, 100000]));
    case 4: return random.list(1, 4, () => random.pick([1, 10000, 12345.678, '25000', null, true]));
    default: return random.list(2, 5, () => random.below(50000));
  }
}

function serve(count, prefix) {
  if (random.chance(0.5)) return { variation: variation(count) };
  if (random.chance(0.02)) return {};
  const rollout = {};
  maybe(rollout, 'kind', 0.4, () => random.pick(['experiment', 'rollout', 'experiment']));
  maybe(rollout, 'seed', 0.25, () => random.pick([61, 0, 5, '7', -3, 1.5, 'x', true]));
  maybe(rollout, 'bucketBy', 0.35, () => random.pick([...names, 'key', '/nested/x', 'kind', 'anonymous', '//', '', '/a~1b', 'age', 'age', 'country']));
  maybe(rollout, 'contextKind', 0.4, () => random.pick([...kinds, '']));
  rollout.variations = weights(count, rollout.seed ? Number(rollout.seed) : prefix).map((weight) => {
    const part = { variation: variation(count), weight };
    if (random.chance(0.2)) part.untracked = random.chance(0.7);
    return part;
  });
  if (random.chance(0.02)) rollout.variations = [];
  return { rollout };
}

function targets(count, kind) {
  return random.list(0, 3, () => {
    const target = { variation: variation(count), values: random.list(0, 3, () => random.pick(keys)) };
    return kind ? maybe(target, 'contextKind', 0.8, () => random.pick(kinds)) : target;
  });
}

function flag(key, number, segments) {
  const variations = random.list(1, 5, () => anything(random));
  const salt = random.pick(['salt', 'ß', '', 'x']);
  const result = { key, version: 1, on: random.chance(0.9), variations };
  maybe(result, 'salt', 0.95, () => salt);
  const prefix = `${key}.${result.salt || ''}`;
  maybe(result, 'offVariation', 0.85, () => variation(variations.length));
  maybe(result, 'fallthrough', 0.97, () => serve(variations.length, prefix));
  maybe(result, 'targets', 0.4, () => targets(variations.length, false));
  maybe(result, 'contextTargets', 0.3, () => targets(variations.length, true));
  maybe(result, 'rules', 0.9, () => random.list(0, 3, () => {
    const rule = { ...serve(variations.length, prefix) };
    maybe(rule, 'id', 0.8, () => random.pick(['rule-1', 'ü', '"', '']));
    return maybe(rule, 'clauses', 0.98, () => random.list(0, 3, () => clause(segments, 0)));
  }));
  maybe(result, 'prerequisites', 0.3, () => random.list(0, 2, () => ({
    key: random.chance(0.95) ? `flag-${random.chance(0.95) ? random.below(Math.max(number, 1)) : random.below(FLAGS)}` : 'no-such-flag',
    variation: random.pick([0, 0, 1, 2, -1]) })));
  return result;
}

// A segment may name those before it; where cycles are wanted, any.  The SDK
// follows a cycle through a big segment for ever: there are none of these then.
function segment(key, number, segments, cycles) {
  const result = { key, version: 1, salt: random.pick(['salty', 'ß', '']) };
  const contexts = () => random.list(0, 2, () => maybe({ values: random.list(0, 3, () => random.pick(keys)) }, 'contextKind', 0.8, () => random.pick(kinds)));
  maybe(result, 'included', 0.4, () => random.list(0, 3, () => random.pick(keys)));
  maybe(result, 'excluded', 0.4, () => random.list(0, 3, () => random.pick(keys)));
  maybe(result, 'includedContexts', 0.3, contexts);
  maybe(result, 'excludedContexts', 0.3, contexts);
  const others = cycles ? segments : segments.slice(0, number);
  maybe(result, 'rules', 0.8, () => random.list(0, 3, () => {
    const rule = { clauses: random.list(0, 2, () => clause(others.length ? others : ['no-such-segment'], 1)) };
    maybe(rule, 'weight', 0.4, () => random.pick([...weights(3, `${key}.${result.salt}`), 100000, 0]));
    maybe(rule, 'bucketBy', 0.3, () => random.pick(['country', 'age', '/nested/x', '//', 'key', 'kind']));
    return maybe(rule, 'rolloutContextKind', 0.3, () => random.pick(kinds));
  }));
  if (!cycles && random.chance(0.15)) {
    result.unbounded = true;
    maybe(result, 'generation', 0.8, () => random.pick([1, 2, 0]));
    maybe(result, 'unboundedContextKind', 0.5, () => random.pick(kinds));
  }
  return result;
}

function configuration() {
  const segments = ['segment-0', 'segment-1', 'segment-2', 'segment-3', 'segment-4'];
  const cycles = random.chance(0.15);
  const flags = Array.from({ length: FLAGS }, (_, i) => flag(`flag-${i}`, i, segments));
  return { flags: Object.fromEntries(flags.map((f) => [f.key, f])),
    segments: Object.fromEntries(segments.map((key, i) => [key, segment(key, i, segments, cycles)])) };
}

// --- what the SDK answers --------------------------------------------------------

const methods = { boolean: ['boolVariationDetail', false], string: ['stringVariationDetail', 'fallback'], number: ['numberVariationDetail', -5], any: ['variationDetail', { fall: 'back' }] };

async function ask(config) {
  const data = new TestData();
  for (const f of Object.values(config.flags)) data.usePreconfiguredFlag(f);
  for (const s of Object.values(config.segments)) data.usePreconfiguredSegment(s);
  const client = launchdarkly.init('none', { updateProcessor: data.getFactory(), sendEvents: false, diagnosticOptOut: true,
    logger: { error() {}, warn() {}, info() {}, debug() {} } });
  await client.waitForInitialization({ timeout: 10 });
  const cases = [];
  for (let i = 0; i < CONTEXTS; i++) {
    const { sdk, user_key, attributes: whole } = context();
    for (const key of Object.keys(config.flags)) {
      const wanted = random.chance(0.85) ? 'any' : random.pick(['boolean', 'string', 'number']);
      const [method, fallback] = methods[wanted];
      const { value, variationIndex, reason } = await client[method](key, sdk, fallback);
      cases.push({ flag: key, user_key, attributes: whole, wanted, fallback, answer: { value, variationIndex: variationIndex ?? null, reason } });
    }
  }
  client.close();
  return cases;
}

// --- what the database answers ----------------------------------------------------

function psql(script) {
  const run = spawnSync(process.env.PSQL ?? 'psql', ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...(options.connection ? ['-d', options.connection] : [])],
    { input: script, encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  if (run.status !== 0) throw new Error(`psql failed: ${run.stderr}`);
  return run.stdout.split('\n').filter((line) => line !== '');
}

const copied = (value) => JSON.stringify(value).replaceAll('\\', '\\\\');

// The cases of a batch that are answered otherwise, each with both answers.
function differences(batch) {
  return psql(`BEGIN;
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE batch (number serial, document jsonb);
COPY batch (document) FROM STDIN;
${batch.map(copied).join('\n')}
\\.
CREATE TEMP TABLE made AS SELECT ff_project_create('sdk-' || number, environments => '{test}') FROM batch;
CREATE TEMP TABLE imported AS SELECT i.* FROM batch b, ff_import('launchdarkly', b.document -> 'config', 'test', project => 'sdk-' || b.number) i;
SELECT jsonb_build_object('config', b.number - 1, 'case', c.value, 'database',
	jsonb_build_object('value', d.value, 'variationIndex', d.variation_index, 'reason', d.provider_reason))
FROM batch b CROSS JOIN LATERAL jsonb_array_elements(b.document -> 'cases') c
CROSS JOIN LATERAL ff_evaluate_detail(c.value ->> 'user_key', c.value ->> 'flag', nullif(c.value -> 'attributes', 'null'), 'test',
	c.value -> 'fallback', 'sdk-' || b.number, c.value ->> 'wanted') d
WHERE d.value IS DISTINCT FROM c.value -> 'answer' -> 'value'
	OR to_jsonb(d.variation_index) IS DISTINCT FROM nullif(c.value -> 'answer' -> 'variationIndex', 'null')
	OR d.provider_reason IS DISTINCT FROM c.value -> 'answer' -> 'reason';
ROLLBACK;
`).map((line) => JSON.parse(line));
}

// --- differences that LaunchDarkly's specification explains -----------------------

// Whether a flag's prerequisites lead back to one that was met before.
function cyclic(config, key, met = []) {
  if (met.includes(key)) return true;
  return (config.flags[key]?.prerequisites ?? []).some((p) => cyclic(config, p.key, [...met, key]));
}

function explain(config, { case: { flag: key, answer }, database }) {
  // A cycle of prerequisites is MALFORMED_FLAG.  The SDK goes on to the next
  // prerequisite after it has met one, and forgets the cycle where that fails.
  if (cyclic(config, key) && (database.reason?.errorKind === 'MALFORMED_FLAG' || answer.reason.errorKind === 'MALFORMED_FLAG')) return 'a cycle of prerequisites';
  return undefined;
}

// --- running -----------------------------------------------------------------------

let pairs = 0;
let found = 0;
const explained = {};
while (pairs < Number(options.pairs)) {
  const batch = [];
  for (let i = 0; i < 40 && pairs < Number(options.pairs); i++) {
    const config = configuration();
    const cases = await ask(config);
    batch.push({ config, cases });
    pairs += cases.length;
  }
  for (const difference of differences(batch)) {
    const { config } = batch[difference.config];
    const why = explain(config, difference);
    if (why) explained[why] = (explained[why] ?? 0) + 1;
    else if (++found <= SHOWN) console.log(JSON.stringify({ ...difference, flag: config.flags[difference.case.flag], config: undefined, segments: config.segments }));
  }
}
for (const [why, count] of Object.entries(explained)) console.log(`launchdarkly: ${count} explained: ${why}`);
console.log(`launchdarkly: ${pairs} pairs, ${found} differences, ${Object.values(explained).reduce((a, b) => a + b, 0)} explained`);
process.exit(found > 0 ? 1 : 0);
