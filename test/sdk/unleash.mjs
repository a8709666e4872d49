// Random features of Unleash and random contexts: what the Node SDK answers,
// against what an installed extension answers for the same features, imported with
// the option sdk set to node.
//
//   node test/sdk/unleash.mjs [--seed N] [--pairs N] [--connection CONNSTR]
//
// Prints each of the first differences in full and "unleash: N pairs, N differences";
// the status tells whether there were any. Where the SDK draws a random number, the
// answer has to be one of those that it gives for thousands of numbers. A case at
// which the SDK throws has no answer to compare, and is counted apart.
process.env.TZ = 'UTC';

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const Client = require('unleash-client/lib/client.js').default;
const { defaultStrategies } = require('unleash-client/lib/strategy/index.js');

const { values: args } = parseArgs({ options: {
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '10000' },
  connection: { type: 'string', default: '' },
} });
const FLAGS = 25;
const CONTEXTS = 40;
const SHOWN = 10;

// --- chance ------------------------------------------------------------------

let state = BigInt(args.seed) & 0xffffffffffffffffn;
function next() {
  state = (state + 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn;
  let z = state;
  z = ((z ^ (z >> 30n)) * 0xbf58476d1ce4e5b9n) & 0xffffffffffffffffn;
  z = ((z ^ (z >> 27n)) * 0x94d049bb133111ebn) & 0xffffffffffffffffn;
  return Number((z ^ (z >> 31n)) >> 11n) / 2 ** 53;
}
const below = (n) => Math.floor(next() * n);
const one = (list) => list[below(list.length)];
const chance = (p) => next() < p;
const some = (most, make) => Array.from({ length: below(most + 1) }, make);
const maybe = (object, name, p, make) => { if (chance(p)) object[name] = make(); };

// --- features ------------------------------------------------------------------

const FIELDS = ['userId', 'sessionId', 'remoteAddress', 'environment', 'appName', 'currentTime', 'country', 'age', 'version', 'tag', 'schlüssel', 'properties', 'missing'];
const TEXTS = ['DE', 'de', 'FR', 'é', 'É', '日本', '𝒳', '', ' ', ' DE ', 'user-1', 'user-2', '7', 'true', 'null', '[object Object]', '1,2', 'a/b', 'straße', 'ÅNGSTRÖM', 'ångström', '\u00a0DE', 'a\nb', '\u2028', 'x'.repeat(300)];
const NUMBERS = ['1', '1.0', '01', ' 1 ', '-1', '0', '-0', '', '1e3', '1000', '0x10', '16', '.5', '0.5', '5.', '+2', 'Infinity', '-Infinity', 'NaN', 'abc', '1 2', '0b11', '1_000', '99999999999999999999', '1e-7', '٣', '3.14'];
const VERSIONS = ['1.2.3', '1.2.4', '1.10.0', 'v1.2.3', ' v1.2.3', ' 1.2.3', '1.2', '1', '1.2.3-rc.1', '1.2.3-rc.2', '1.2.3-rc.10', '1.2.3-alpha', '1.2.3+build', '1.2.3-rc.1+b', '01.2.3', '1.2.3-01', '1.2.3-', '', 'abc', '=1.2.3', '9007199254740991.0.0', '9007199254740992.0.0', '1.2.3-a-b', '1.2.3-0'];
const TIMES = ['2020-01-01', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00.001Z', '2020-01-01T00:00:00.0019Z', '2020-01-01T02:00:00+02:00', '2020-01-01T00:00:00', '2020-01', '2020', '2019-12-31T24:00:00Z', '2020-02-30', '2099-01-01T00:00:00Z', '1999-12-31T23:59:59.999Z', '2020-01-01T00:00Z', '2020-01-01 00:00:00Z', '2020-13-01', '2020-01-01T25:00:00Z', '', 'abc', '+020200-01-01T00:00:00Z', '2020-01-01T00:00:00-0330', '2020-01-01T00:00:60Z', '-000001-01-01T00:00:00Z'];
const ADDRESSES = ['10.0.0.1', '10.0.0.2', '10.1.2.3', '192.168.1.5', '10.0.0.0/8', '10.0.0.0/24', '10.0.0.1/32', '0.0.0.0/0', '10.0.0.1/33', '10.0.0.01', '10.0.0', '256.0.0.1', '', 'localhost', '::1', '2001:db8::1', '2001:DB8:0:0::1', '2001:db8::/32', '2001:db8::/127', '::/0', '::ffff:10.0.0.1', '::ffff:0a00:1', 'fe80::1%eth0', 'fe80::1/64%eth0', 'fe80::/10', '2001:db8::1/129', '1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7::', '1:2:3:4::5:6:7:8', '10.0.0.128/25', '10.0.0.127', '10.0.0.255', ':::', '12345::', '10.0.0.1/08', '::/1/2', '1::2::3', '::1.2.3.4/96'];
const PATTERNS = ['^DE$', 'de', '(?i)de', '^user-\\d+$', '^.$', '^..$', '\\bDE\\b', '[[:alpha:]]+', '\\p{L}+$', '(?s)a.b', 'a.b', '(?m)^b$', '^b$', '(DE)\\1', '(?=D)DE', '(?<!x)DE', '(', '[', 'a**', 'x{300}', 'x{1001}', '(a+)+$', '\\d', '\\w+', '[^a]', '', '\\Aé\\z', '(?P<n>D)E', '(?<n>D)E', '\\Qa/b\\E', '\\x{65E5}', '日', '(?U)x+', '\\Z', '(?x)a', '\\C', '[a-\\d]', 'É', '\\s', '\\pN', '^$', 'D|F'];
const NAMES = { STR: TEXTS, NUM: NUMBERS, SEM: VERSIONS, DAT: TIMES, REG: PATTERNS, IN_: ADDRESSES };
const OPERATORS = ['IN', 'NOT_IN', 'STR_STARTS_WITH', 'STR_ENDS_WITH', 'STR_CONTAINS', 'NUM_EQ', 'NUM_GT', 'NUM_GTE', 'NUM_LT', 'NUM_LTE', 'DATE_AFTER', 'DATE_BEFORE', 'SEMVER_EQ', 'SEMVER_GT', 'SEMVER_GTE', 'SEMVER_LT', 'SEMVER_LTE', 'REGEX', 'IN_CIDR', 'NOT_AN_OPERATOR'];
const KIND = { country: TEXTS, tag: TEXTS, age: NUMBERS, version: VERSIONS, remoteAddress: ADDRESSES, currentTime: TIMES };
const GROUPS = ['g', '', 'flag', '日本', 'é', 'naïve group', 'null'];

function constant(operator, field) {
  if (['IN', 'NOT_IN'].includes(operator)) return one(KIND[field] ?? TEXTS);
  return one(NAMES[operator.slice(0, 3)] ?? TEXTS);
}

// A field that its operator can say something of, mostly.
function fieldFor(operator) {
  if (chance(0.2)) return one(FIELDS);
  const group = operator.slice(0, 3);
  if (group === 'NUM') return 'age';
  if (group === 'SEM') return 'version';
  if (operator === 'IN_CIDR') return 'remoteAddress';
  return one(['country', 'tag', 'userId', 'schlüssel', 'country']);
}

function constraint() {
  if (chance(0.01)) return null;
  const operator = one(OPERATORS);
  const contextName = fieldFor(operator);
  const result = { contextName, operator };
  maybe(result, 'inverted', 0.3, () => chance(0.8));
  maybe(result, 'caseInsensitive', 0.3, () => chance(0.8));
  result.values = some(4, () => constant(operator, contextName));
  maybe(result, 'value', 0.97, () => {
    if (chance(0.05) && operator.startsWith('NUM')) return one([1, 0.5, -3, null, true, 1000]);
    return constant(operator, contextName);
  });
  return result;
}

const constraints = () => some(chance(0.4) ? 0 : 2, constraint);
const stickiness = () => one(chance(0.1) ? ['random', ''] : ['default', 'default', 'userId', 'sessionId', 'country', 'tag', 'age', 'remoteAddress']);

function parameters(name) {
  const result = {};
  const share = () => one(['50', '50', '30', '70', '10', '90', '100', '0', '33.3', '1', '99', ' 20 ', '1e1', '0x20', 'abc', '', '-5', '150', 40, null, true]);
  if (name === 'flexibleRollout') {
    maybe(result, 'rollout', 0.98, share);
    maybe(result, 'stickiness', 0.9, stickiness);
    maybe(result, 'groupId', 0.9, () => (chance(0.03) ? one([5, null, true]) : one(GROUPS)));
  } else if (name.startsWith('gradual')) {
    maybe(result, 'percentage', 0.98, share);
    maybe(result, 'groupId', 0.9, () => one(GROUPS));
  } else if (name === 'userWithId')
    maybe(result, 'userIds', 0.95, () => some(4, () => one(TEXTS)).join(one([',', ', ', ' , ', ',\n'])));
  else if (name === 'remoteAddress')
    maybe(result, 'IPs', 0.95, () => some(4, () => one(ADDRESSES)).join(one([',', ', ', ' , '])));
  return result;
}

function payload() {
  const type = one(['string', 'csv', 'json', 'number']);
  if (type === 'json') return { type, value: one(['{"a":1}', '[1,2]', '"text"', 'null', 'true', '{"é":"日本"}', '1.50']) };
  if (type === 'number') return { type, value: one(['1', '2.5', '-3', '1e3', '0']) };
  return { type, value: one(['a', 'b,c', '', '日本', '1']) };
}

function variant(strategy) {
  const result = { name: one(['a', 'a', 'b', 'on', 'off', 'disabled', 'a (1)', 'é']), weight: one([500, 500, 1, 333, 1000, 0, 0, 0, 10, 33.3]) };
  maybe(result, 'payload', 0.5, payload);
  maybe(result, 'stickiness', 0.7, stickiness);
  if (!strategy)
    maybe(result, 'overrides', 0.3, () => some(2, () => ({ contextName: one(FIELDS), values: some(3, () => one(TEXTS)) })));
  return result;
}

function strategy() {
  const name = chance(0.5) ? 'flexibleRollout'
    : one(['default', 'userWithId', 'gradualRolloutUserId', 'gradualRolloutSessionId', 'remoteAddress', 'userWithId', chance(0.2) ? 'gradualRolloutRandom' : 'remoteAddress', 'custom']);
  const result = { name, parameters: parameters(name) };
  maybe(result, 'constraints', 0.9, constraints);
  maybe(result, 'segments', 0.2, () => some(2, () => below(7)));
  maybe(result, 'variants', 0.4, () => some(3, () => variant(true)));
  return result;
}

function feature(i) {
  const result = { name: i === 0 ? '日本' : `flag-${i}`, enabled: chance(0.93) };
  maybe(result, 'strategies', 0.99, () => some(3, strategy));
  maybe(result, 'variants', 0.6, () => some(4, () => variant(false)));
  maybe(result, 'dependencies', i > FLAGS / 2 ? 0.5 : 0.05, () => some(2, () => {
    const parent = { feature: `flag-${below(FLAGS / 2 + 2)}` };
    maybe(parent, 'enabled', 0.5, () => chance(0.6));
    maybe(parent, 'variants', 0.5, () => some(3, () => one(['a', 'b', 'on', 'off', 'disabled', 'a (1)'])));
    return parent;
  }));
  return result;
}

const segments = () => [1, 2, 3, 4, 5].map((id) => ({ id, name: `s${id}`, constraints: some(2, constraint) }));

// --- contexts --------------------------------------------------------------------

function fieldValue(name) {
  if (chance(0.04)) return one([null, 0, 1, 2.5, true, false, ['a', 'b'], [], { a: 1 }, 1e21, 1e-7, -1]);
  return one(KIND[name] ?? TEXTS);
}

function context() {
  const result = {};
  const properties = {};
  for (const name of ['userId', 'sessionId', 'remoteAddress', 'currentTime'])
    maybe(result, name, name === 'currentTime' ? 0.4 : name === 'remoteAddress' ? 0.9 : 0.75, () => (name === 'userId' || name === 'sessionId'
      ? (chance(0.9) ? `user-${below(2000)}${one(['', '', 'é', '日'])}` : fieldValue(name)) : fieldValue(name)));
  for (const name of ['environment', 'appName', 'country', 'age', 'version', 'tag', 'schlüssel']) {
    maybe(result, name, 0.35, () => fieldValue(name));
    maybe(properties, name, 0.5, () => fieldValue(name));
  }
  if (chance(0.05)) properties.userId = one(TEXTS);
  maybe(result, 'featureToggle', 0.05, () => one(GROUPS));
  if (chance(0.9)) result.properties = properties;
  return result;
}

// --- the SDK ------------------------------------------------------------------------

const plainRandom = Math.random;

function ask(client, name, subject) {
  const enabled = client.isEnabled(name, subject, () => false);
  const { featureEnabled, ...answer } = client.getVariant(name, subject);
  return { enabled, variant: answer };
}

// The SDK's answer; where it is random, all that it may be.
function answers(client, name, subject) {
  let drawn = 0;
  Math.random = () => { drawn++; return 0.5; };
  try {
    const first = ask(client, name, subject);
    if (drawn === 0) return [first];
    const all = new Map();
    for (let i = 0; i < 3000; i++) {
      Math.random = () => (i + 0.5) / 3000;
      const answer = ask(client, name, subject);
      all.set(JSON.stringify(answer), answer);
    }
    return [...all.values()];
  } finally {
    Math.random = plainRandom;
  }
}

// What ff_evaluate answers for a variant.
function valueOf({ variant }) {
  if (!variant.enabled) return variant.feature_enabled;
  const { payload } = variant;
  if (!payload) return variant.name;
  return payload.type === 'json' || payload.type === 'number' ? JSON.parse(payload.value) : payload.value;
}

function makeBatch() {
  const features = Array.from({ length: FLAGS }, (_, i) => feature(i));
  const config = { version: 2, features, segments: segments() };
  const byName = new Map(features.map((f) => [f.name, f]));
  const byId = new Map(config.segments.map((s) => [s.id, s]));
  const client = new Client({ getToggle: (name) => byName.get(name), getSegment: (id) => byId.get(id) }, defaultStrategies);
  client.on('error', () => {});
  const cases = [];
  let thrown = 0;
  for (let i = 0; i < CONTEXTS; i++) {
    const subject = context();
    for (const { name } of features) {
      try {
        const wanted = answers(client, name, subject).map((a) => ({ ...a, value: valueOf(a) }));
        const inside = typeof subject.userId !== 'string' || chance(0.5);
        const { userId, ...rest } = subject;
        cases.push({ flag: name, user_key: inside ? null : userId, attributes: inside ? subject : rest, wanted, random: wanted.length > 1 });
      } catch (error) {
        if (process.env.SHOW_THROWN) console.log(error.stack.split('\n').slice(0, 3).join(' '));
        thrown++;
      }
    }
  }
  return { config, cases, thrown };
}

// --- the database ----------------------------------------------------------------------

const literal = (json) => `'${JSON.stringify(json).replaceAll("'", "''")}'`;

function differences({ config, cases }) {
  const script = `SET standard_conforming_strings = on; SET client_min_messages = warning;
BEGIN;
SELECT ff_project_create('differential', environments => '{production}') \\g /dev/null
SELECT * FROM ff_import('unleash', ${literal(config)}, 'production', '{"sdk": "node"}', 'differential') \\g /dev/null
WITH cases AS MATERIALIZED (SELECT c.value AS item, c.ordinality AS place FROM jsonb_array_elements(${literal(cases)}) WITH ORDINALITY c),
answers AS MATERIALIZED (
	SELECT c.place, c.item, d.value, d.metadata,
		ff_is_enabled(c.item ->> 'user_key', c.item ->> 'flag', c.item -> 'attributes', 'production', false, 'differential') AS enabled
	FROM cases c CROSS JOIN LATERAL ff_evaluate_detail(c.item ->> 'user_key', c.item ->> 'flag', c.item -> 'attributes', 'production', project => 'differential') d)
SELECT a.place - 1, jsonb_build_object('value', a.value, 'enabled', a.enabled, 'metadata', a.metadata) FROM answers a
WHERE NOT EXISTS (SELECT FROM jsonb_array_elements(a.item -> 'wanted') w
	WHERE ((w -> 'enabled')::boolean = a.enabled OR (a.item -> 'random')::boolean) AND w -> 'value' = a.value
		AND w -> 'variant' = (a.metadata -> 'variant') || jsonb_build_object('feature_enabled', a.metadata -> 'feature_enabled'))
ORDER BY a.place;
ROLLBACK;
`;
  const psql = spawnSync(process.env.PSQL ?? 'psql',
    ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...(args.connection ? ['-d', args.connection] : [])],
    { input: script, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  if (psql.status !== 0) throw new Error(`psql: ${psql.stderr}`);
  return psql.stdout.split('\n').filter(Boolean).map((line) => {
    const bar = line.indexOf('|');
    return { wanted: cases[Number(line.slice(0, bar))], answer: JSON.parse(line.slice(bar + 1)) };
  });
}

let pairs = 0;
let random = 0;
let thrown = 0;
let different = 0;
while (pairs < Number(args.pairs)) {
  const batch = makeBatch();
  for (const difference of differences(batch)) {
    if (different++ < SHOWN) {
      const flag = batch.config.features.find((f) => f.name === difference.wanted.flag);
      console.log(JSON.stringify({ ...difference, flag, segments: batch.config.segments }, null, 1));
    }
  }
  pairs += batch.cases.length;
  random += batch.cases.filter((c) => c.random).length;
  thrown += batch.thrown;
}
console.log(`unleash: ${pairs} pairs, ${different} differences (${random} pairs of random answers; the SDK threw at ${thrown} more)`);
process.exit(different > 0 ? 1 : 0);
