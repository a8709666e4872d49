// GrowthBook's JavaScript SDK and ff_evaluate_detail, side by side.
//
//   node test/sdk/growthbook.mjs --seed N --pairs N --connection CONNSTR
//
// Makes payloads and contexts of the seed, asks the SDK, imports the same payload
// and asks the database: value, on, source, rule, experiment, its result and
// sticky buckets must be the same to the last member, and an error where the SDK
// raises one.  The database must have the extension.  Everything is rolled back.
// PSQL names psql where it is not on the path.  Prints the first differences in
// full, then "growthbook: N pairs, N differences"; the status tells whether there
// was one.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { GrowthBookClient } from '@growthbook/growthbook';
import { Random } from './random.mjs';

const { values: options } = parseArgs({ options: {
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '10000' },
  connection: { type: 'string', default: '' },
} });
const random = new Random(Number(options.seed));
const FEATURES = 8;
const ALONE = 2;
const CONTEXTS = 20;
const BATCH = 40;
const SHOWN = 5;
console.error = () => {}; // the SDK tells of every unknown operator

// --- what payloads and contexts are made of ----------------------------------

const pick = (list) => random.pick(list);
const chance = (p) => random.chance(p);
const ids = ['u1', 'u2', 'u3', 'user-4', 'ü', '日本', '😀', 'a b', '0', '1', '007', 'ﬁ\u{e000}', 'x'.repeat(300)];
const names = ['country', 'plan', 'age', 'tags', 'nested', 'name', 'größe', 'version', 'company', 'anonId', 'flag', '$groups', '0'];
const paths = [...names, 'id', 'country', 'country', 'nested.x', 'nested.y.z', 'nested.y', 'nested.0', 'tags.0', 'tags.length', 'tags.1.x', 'missing', 'country.x', 'nested.', '', 'tags.01', 'tags.9'];
const strings = ['', 'DE', 'FR', 'de', 'straße', 'STRASSE', 'ΣΑΣ', 'σας', 'İ', 'i̇', '日本', '😀', '\u{e000}', 'true', 'false', '1', '01', ' 5 ', '5', '5.0', '0x10', '1e1', 'null', 'NaN', 'Infinity',
  '[object Object]', 'a,b', 'prefix-middle-suffix', 'a/b', 'hello\nworld', '1.2.3', 'v1.2.3', 'a'];
const numbers = [0, 1, 2, -1, 1.5, 0.1, 0.30000000000000004, 99.99, 5, 10, 16, 1e15, 9007199254740993, 1e21, 1e-7, 123456789.125, 5e-324, 1.7976931348623157e308];
const versions = ['1.2.3', 'v1.2.3', '1.2.3-alpha', '1.2.3-alpha.1', '1.2.3-alpha.10', '1.2.3-beta', '1.2.3+build', '1.2', '1.2.3.4', '10.0.0', '9.0.0', '100000.0.0', '99999.1.1', '1-2-3', '1.2.3--',
  '', 'v', '0', '1.0.0-rc.1', '1..2', 'vv1.2.3', '1.2.3+a\nb', '1.2.3+a+b', 'V1.2.3', '1.2.x', '01.2.3', '1.2.3-😀', '1.2.3-\u{e000}'];
const patterns = ['^DE$', 'prefix.*suffix', '(Mobile|de)', '[A-Z]{2}', '\\d+', '^\\w+$', '(?i)de', '(?<!x)middle', '(?=pre)pre', '(', '[', '[]', '[^]', 'stra(ß|ss)e', '\\bmiddle\\b', '^.+$', '(.)\\1',
  '\\s', '^$', '[^a-z]', '日.', '*', '^null$', 'object', 'a/b', 'a\\/b', '\\u0061', '^.$', '/???***[)', 'world$', '\\x61', 'a{,2}', '(?<n>a)\\k<n>', '\\cA', 'a$', 'σ', 'İ', '\\p{L}', '.{3}\\z'];
const edges = ['😀', '\u{e000}', '\u{ffee}', '日本', 'a', 'a😀', 'a\u{e000}', ''];
const types = ['string', 'number', 'boolean', 'null', 'array', 'object', 'undefined', 'unknown'];
const groups = ['list', 'bare', 'mixed', 'cond', 'outer', 'cycle', 'odd', 'nobody'];

const scalar = () => random.either(() => pick(strings), () => pick(numbers), () => chance(0.5), () => null, () => pick(versions));
const container = () => random.either(
  () => random.list(0, 4, scalar), () => random.list(0, 3, () => chance(0.5) ? scalar() : { x: scalar(), name: pick(strings) }),
  () => ({ x: scalar(), y: { z: scalar() }, 0: scalar() }), () => ({}), () => [], () => [['a'], [null, 1], 'b']);
const anything = () => chance(0.75) ? scalar() : container();

// --- conditions ----------------------------------------------------------------

const comparisons = ['$eq', '$ne', '$lt', '$lte', '$gt', '$gte'];
const orders = ['$veq', '$vne', '$vgt', '$vgte', '$vlt', '$vlte'];
const lists = ['$in', '$nin', '$ini', '$nini', '$all', '$alli'];

function operator(depth) {
  const kind = random.below(14);
  if (kind < 3) return [pick(comparisons), chance(0.3) ? pick(edges) : chance(0.9) ? scalar() : container()];
  if (kind < 5) return [pick(orders), chance(0.9) ? pick(versions) : anything()];
  if (kind < 7) return [pick(lists), chance(0.95) ? random.list(0, 4, () => chance(0.9) ? scalar() : operand(depth + 1)) : anything()];
  if (kind === 7) return [chance(0.5) ? '$regex' : '$regexi', chance(0.97) ? pick(patterns) : anything()];
  if (kind === 8) return ['$exists', chance(0.9) ? chance(0.5) : anything()];
  if (kind === 9) return ['$type', chance(0.97) ? pick(types) : anything()];
  if (kind === 10) return [chance(0.5) ? '$inGroup' : '$notInGroup', chance(0.97) ? pick(groups) : anything()];
  if (depth > 3) return ['$unknown', 1];
  if (kind === 11) return ['$size', chance(0.5) ? pick([0, 1, 2, 3]) : operand(depth + 1)];
  if (kind === 12) return ['$elemMatch', chance(0.95) ? chance(0.5) ? operators(depth + 1) : condition(depth + 1, ['x', 'name', 'y.z', '0', 'length', '']) : anything()];
  return ['$not', operand(depth + 1)];
}

const operators = (depth) => Object.fromEntries(random.list(1, 2, () => operator(depth)));
const operand = (depth) => random.either(() => operators(depth), () => operators(depth), () => operators(depth), scalar, () => chance(0.5) ? container() : scalar());

function member(depth, of) {
  if (depth > 3 || chance(0.7)) return [pick(of), operand(depth)];
  if (chance(0.02)) return [pick(['$or', '$and', '$nor', '$not']), anything()];
  if (chance(0.2)) return ['$savedGroup', chance(0.95) ? { id: pick(groups), ...(chance(0.4) ? { attributeKey: pick(of) } : {}) } : anything()];
  if (chance(0.3)) return ['$not', condition(depth + 1, of)];
  return [pick(['$or', '$and', '$nor']), random.list(0, 3, () => condition(depth + 1, of))];
}

const condition = (depth = 0, of = paths) => Object.fromEntries(random.list(depth === 0 ? 1 : 0, 2, () => member(depth, of)));
const when = () => chance(0.98) ? condition() : anything();

// --- payloads --------------------------------------------------------------------

// A number that a hash falls on exactly, as the end of a share or range.
function fnv(text) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
const hashed = (seed, id, version) => version === 2 ? fnv(String(fnv(seed + id))) % 10000 / 10000 : fnv(id + seed) % 1000 / 1000;
const edge = () => hashed(pick(['seed', 's1', 'ß', '😀', 'f0', 'f1', 'f2', 'f3']), pick(ids), pick([1, 2]));

const values = ['on', 'off', true, false, 0, 1, 2.5, '', null, { color: 'red' }, [1, 2], 'größer'];
const end = () => chance(0.5) ? edge() : random.below(11) / 10;
const range = () => chance(0.97) ? [end(), end()].sort() : anything();
const ranges = (n) => chance(0.5) ? Array.from({ length: n }, (_, i) => [i / n, (i + 1) / n]) : random.list(0, n + 1, range);
const attribute = () => pick(['id', 'company', 'anonId', 'age', 'missing', 'tags', 'flag', '$groups']);
const seed = () => chance(0.9) ? pick(['seed', 'ß', '', 's1', '😀']) : pick([0, 5, null, true, ['a'], {}]);
const version = () => pick([1, 2, 2, 2, 3, '2', null]);
const coverage = () => chance(0.3) ? edge() : chance(0.9) ? random.below(12) / 10 : pick([0, 1, 1.5, -0.5, null, '0.5', true, false]);

function weights(n) {
  if (chance(0.1)) return random.list(0, 4, () => random.below(11) / 10);
  const parts = Array.from({ length: n }, () => random.below(100));
  const sum = parts.reduce((a, b) => a + b, 0) || 1;
  return parts.map((part) => chance(0.5) ? part / sum : Math.round(part / sum * 10000) / 10000);
}

// Members of which each is there with a chance of its own.
function some(...members) {
  return Object.fromEntries(members.filter(([, p]) => chance(p)).map(([name, , make]) => [name, make()]));
}

const filter = () => some(['seed', 0.95, seed], ['attribute', 0.5, attribute], ['ranges', 0.98, () => ranges(2)], ['hashVersion', 0.4, version]);
const metas = (n) => Array.from({ length: chance(0.98) ? n : n - 1 }, (_, i) => some(['key', 0.8, () => chance(0.9) ? `v${i}` : pick(['', i, null])],
  ['name', 0.3, () => `Variation ${i}`], ['passthrough', 0.05, () => true]));
const parent = (before) => ({ id: chance(0.9) && before.length > 0 ? pick(before) : pick(['missing', 'f7', 'f6']),
  ...some(['gate', 0.3, () => true], ['condition', 0.95, () => chance(0.6) ? { value: random.either(() => pick(values), () => ({ $exists: true }), () => operand(2)) } : condition(2, ['value', 'value.color', 'id', 'value.0']) ]) });

function hashing(n, key) {
  return some(['coverage', 0.4, coverage], ['weights', 0.5, () => weights(n)], ['hashAttribute', 0.5, attribute], ['fallbackAttribute', 0.4, attribute],
    ['disableStickyBucketing', 0.1, () => true], ['bucketVersion', 0.3, () => random.below(4)], ['minBucketVersion', 0.3, () => random.below(4)],
    ['namespace', 0.2, () => chance(0.97) ? [pick(['ns', 'größe']), random.below(5) / 10, random.below(11) / 10] : anything()], ['meta', 0.6, () => metas(n)],
    ['ranges', 0.2, () => ranges(n)], ['name', 0.2, () => 'Test'], ['phase', 0.2, () => '1'], ['seed', 0.5, seed], ['hashVersion', 0.5, version],
    ['filters', 0.15, () => random.list(0, 2, filter)], ['condition', 0.4, when], ['key', 0.7, () => key]);
}

function rule(feature, place, before) {
  const common = some(['id', 0.6, () => `r${place}`], ['parentConditions', 0.15, () => random.list(0, 2, () => parent(before))], ['tracks', 0.05, () => []]);
  if (chance(0.45))
    return { ...common, force: pick(values), ...some(['condition', 0.7, when], ['coverage', 0.35, coverage], ['range', 0.15, range], ['seed', 0.3, seed],
      ['hashAttribute', 0.4, attribute], ['hashVersion', 0.5, version], ['fallbackAttribute', 0.2, attribute], ['filters', 0.15, () => random.list(0, 2, filter)]) };
  if (chance(0.05)) return common;
  const n = chance(0.95) ? 2 + random.below(3) : random.below(2);
  const bandit = chance(0.2);
  return { ...common, [bandit ? 'contextualVariations' : 'variations']: Array.from({ length: n }, () => pick(values)), ...hashing(n, `${feature}-exp${place}`),
    ...(bandit || chance(0.1) ? { contextualBanditRef: pick(['b1', 'b2', 'b3']) } : {}) };
}

function feature(key, before) {
  if (chance(0.005)) return pick([null, 0, '', 5, 'x']);
  return some(['defaultValue', 0.9, () => pick(values)], ['rules', 0.95, () => chance(0.995) ? random.list(0, 5, (i) => chance(0.998) ? rule(key, i, before) : anything()) : anything()]);
}

const leaf = (n) => some(['leafId', 0.98, () => random.below(9)], ['condition', 0.9, () => condition(2)], ['weights', 0.95, () => weights(n)]);
const bandit = () => chance(0.97) ? some(['banditVersion', 0.8, () => random.below(9)], ['contexts', 0.9, () => random.list(0, 3, () => leaf(2 + random.below(2)))]) : null;

function savedGroups() {
  return some(['bare', 0.9, () => random.list(0, 4, scalar)], ['list', 0.9, () => ({ type: 'list', attributeKey: pick(paths), values: random.list(0, 5, scalar) })],
    ['mixed', 0.9, () => ({ type: 'list', values: random.list(0, 4, anything) })], ['cond', 0.9, () => ({ type: 'condition', condition: condition(1) })],
    ['outer', 0.9, () => ({ type: 'condition', condition: { $or: [{ $savedGroup: { id: 'cond' } }, { $not: { $savedGroup: { id: 'list' } } }] } })],
    ['cycle', 0.9, () => ({ type: 'condition', condition: { $not: { $savedGroup: { id: pick(['cycle', 'back']) } } } })],
    ['back', 0.9, () => ({ type: 'condition', condition: { $savedGroup: { id: 'cycle' } } })],
    ['odd', 0.9, () => pick([null, 5, 'x', {}, { type: 'other' }, { type: 'list', values: 5 }, { type: 'condition', condition: null }, { type: 'condition', condition: [] }])]);
}

function alone(place) {
  const n = 2 + random.below(3);
  const { key, ...rest } = hashing(n, '');
  return { key: `alone${place}`, variations: Array.from({ length: n }, () => pick(values)), ...rest,
    ...some(['force', 0.1, () => random.below(4)], ['active', 0.2, () => chance(0.7)], ['status', 0.2, () => pick(['draft', 'running', 'stopped'])],
      ['parentConditions', 0.1, () => [parent(['f0', 'f1'])]]) };
}

function payload() {
  const keys = Array.from({ length: FEATURES }, (_, i) => `f${i}`);
  return { features: Object.fromEntries(keys.map((key, i) => [key, feature(key, chance(0.97) ? keys.slice(0, i) : keys)])), savedGroups: savedGroups(),
    contextualBandits: some(['b1', 0.95, bandit], ['b2', 0.95, bandit]), experiments: Array.from({ length: ALONE }, (_, i) => alone(i)) };
}

// --- contexts ----------------------------------------------------------------------

function attributes() {
  const result = {};
  for (const name of names) {
    if (!chance(0.6)) continue;
    if (name === 'nested') result[name] = chance(0.8) ? { x: anything(), y: { z: anything() }, 0: pick(strings) } : anything();
    else if (name === 'tags') result[name] = chance(0.8) ? container() : anything();
    else if (name === 'age') result[name] = chance(0.8) ? pick(numbers) : anything();
    else if (name === 'version') result[name] = chance(0.9) ? pick(versions) : anything();
    else if (name === 'company' || name === 'anonId') result[name] = chance(0.9) ? pick(ids) : anything();
    else if (name === 'country') result[name] = chance(0.5) ? pick(edges) : anything();
    else result[name] = anything();
  }
  if (chance(0.2)) result.id = chance(0.7) ? pick(ids) : anything();
  return result;
}

// Documents of sticky buckets that may fit the attributes.
function documents(config, attributes) {
  const experiments = Object.values(config.features).flatMap((f) => Array.isArray(f?.rules) ? f.rules : []).filter((r) => r?.key).map((r) => r.key);
  return Object.fromEntries(random.list(0, 3, () => pick(['id', 'company', 'anonId', 'age', 'missing'])).map((name) => {
    const value = attributes[name];
    const text = value ? typeof value === 'string' ? value : JSON.stringify(value) : '';
    return [`${name}||${text}`, { attributeName: name, attributeValue: text,
      assignments: Object.fromEntries(random.list(0, 10, () => [`${chance(0.9) && experiments.length > 0 ? pick(experiments) : 'alone0'}__${random.below(4)}`,
        pick(['v0', 'v1', 'v2', '0', '1', 'zz'])])) }];
  }));
}

function context(config) {
  const passed = attributes();
  const user = chance(0.7) ? pick(ids) : null;
  const all = { ...(user === null ? {} : { id: user }), ...passed };
  const state = some(['enabled', 0.03, () => false], ['qaMode', 0.03, () => true], ['forcedVariations', 0.1, () => ({ [pick(['f0', 'f1-exp0', 'f2-exp1', 'alone0'])]: random.below(5) - 1 })],
    ['stickyBucketAssignmentDocs', 0.4, () => documents(config, all)]);
  return { user, passed: Object.keys(state).length > 0 ? { ...passed, $growthbook: state } : passed, all, state };
}

// --- the SDK ---------------------------------------------------------------------------

// Members in the order of jsonb, by length and bytes: the SDK compares objects by
// their text, and the database does not know in which order they were written.
const inOrder = (a, b) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b));

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.keys(value).sort(inOrder).map((key) => [key, sorted(value[key])]));
}

const plain = (value) => value === undefined ? null : sorted(JSON.parse(JSON.stringify(value)));

// Whether a flag, or one that it depends on, may keep something for another.
const hasParents = (config, key) => [config.features[key]?.rules ?? [], config.experiments.filter((e) => e.key === key)].flat().some((r) => r?.parentConditions?.length > 0);

function ask(client, config, key, { all, state }) {
  const { stickyBucketAssignmentDocs: docs, ...rest } = plain(state);
  const user = { attributes: plain(all), ...rest };
  if (docs) Object.assign(user, { stickyBucketAssignmentDocs: docs, saveStickyBucketAssignmentDoc: async () => {} });
  try {
    const experiment = config.experiments.find((e) => e.key === key);
    const answer = experiment ? { result: client.runInlineExperiment(experiment, user) } : client.evalFeature(key, user);
    const value = experiment ? answer.result.value : answer.value;
    return plain({ value: value ?? null, on: Boolean(value), source: answer.source, ruleId: answer.ruleId, experiment: answer.experiment,
      result: answer.experimentResult ?? answer.result, documents: hasParents(config, key) ? undefined : user.stickyBucketAssignmentDocs });
  } catch (error) {
    return { error: true };
  }
}

// --- the database -------------------------------------------------------------------------

const SCRIPT = `
\\set ON_ERROR_STOP 1
BEGIN;
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE batch (document text);
COPY batch FROM STDIN;
%s
\\.
CREATE TEMP TABLE told (place int, context int, key text, answer ff.evaluation);
DO $$
DECLARE
  b record;
BEGIN
  FOR b IN SELECT d, row_number() OVER () AS n FROM (SELECT document::jsonb AS d FROM batch) x LOOP
    PERFORM ff_project_create('pairs-' || b.n, environments => '{production}');
    PERFORM ff_import('growthbook', b.d -> 'config', 'production', project => 'pairs-' || b.n);
    INSERT INTO told SELECT b.n - 1, c.ordinality - 1, k.key,
      ff_evaluate_detail(c.value ->> 'user', k.key, c.value -> 'passed', 'production', project => 'pairs-' || b.n)
    FROM jsonb_array_elements(b.d -> 'contexts') WITH ORDINALITY c, jsonb_array_elements_text(b.d -> 'keys') k(key);
  END LOOP;
END;
$$;
SET CONSTRAINTS ALL IMMEDIATE;
\\pset format unaligned
\\pset tuples_only on
SELECT jsonb_build_array(place, context, key, to_jsonb(answer)) FROM told;
ROLLBACK;
`;

function answers(batch) {
  const escape = (text) => text.replace(/\\/g, '\\\\').replace(/\t/g, '\\t').replace(/\n/g, '\\n');
  const lines = batch.map(({ config, contexts, keys }) => escape(JSON.stringify({ config, contexts, keys })));
  const { status, stdout, stderr } = spawnSync(process.env.PSQL ?? 'psql', ['-XAtq', '-d', options.connection || 'postgres'],
    { input: SCRIPT.replace('%s', () => lines.join('\n')), encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line.startsWith('[')).map((line) => JSON.parse(line));
}

// The database's answer in the SDK's terms; an error is one, save those that the SDK answers.
function told(answer, config, key) {
  const { provider_reason: reason, metadata } = answer;
  const isAlone = config.experiments.some((e) => e.key === key);
  if (reason === null || reason.source === 'error') return { error: true };
  return plain({ value: answer.value, on: reason.on, source: isAlone ? undefined : reason.source, ruleId: isAlone ? undefined : reason.ruleId, experiment: metadata?.experiment,
    result: metadata?.experimentResult, documents: hasParents(config, key) ? undefined : metadata?.stickyBucketAssignmentDocs });
}

// --- comparing -------------------------------------------------------------------------------

function make() {
  const config = payload();
  const contexts = Array.from({ length: CONTEXTS }, () => context(config));
  const keys = [...Object.keys(config.features), 'nowhere', ...config.experiments.map((e) => e.key)];
  return { config: plain(config), contexts, keys };
}

let pairs = 0;
let differences = 0;
let sources = {};
while (pairs < Number(options.pairs)) {
  const batch = Array.from({ length: BATCH }, make);
  const clients = batch.map(({ config }) => new GrowthBookClient({ log: () => {} }).initSync({ payload: config }));
  for (const [place, number, key, answer] of answers(batch)) {
    const { config, contexts } = batch[place];
    if (key === 'nowhere' && answer.error_code === 'FLAG_NOT_FOUND') continue;
    const wanted = ask(clients[place], config, key, contexts[number]);
    const found = told(answer, config, key);
    const source = wanted.error ? 'error' : wanted.source ?? 'alone';
    sources[source] = (sources[source] ?? 0) + 1;
    pairs++;
    if (JSON.stringify(wanted) === JSON.stringify(found)) continue;
    if (++differences <= SHOWN)
      console.log(JSON.stringify({ key, context: contexts[number], feature: config.features[key] ?? config.experiments.find((e) => e.key === key),
        savedGroups: config.savedGroups, contextualBandits: config.contextualBandits, sdk: wanted, database: found, answer }, null, 1));
  }
}
console.log(`growthbook: answers by source: ${JSON.stringify(sources)}`);
console.log(`growthbook: ${pairs} pairs, ${differences} differences`);
process.exit(differences > 0 ? 1 : 0);
