// flagd's SDK for ECMAScript and ff_evaluate_detail, side by side.
//
//   node test/sdk/flagd.mjs --seed N --pairs N --connection CONNSTR
//     [--engine compiled|interpreted] [--generation v1|v2|v3]
//
// Makes flag files and contexts of the seed, asks the SDK, imports the same file and
// asks the database; value, variant, reason, code of the error and metadata must be
// the same.  The database must have the extension.  Everything is rolled back.  PSQL
// names psql where it is not on the path.  Prints the first differences in full, then
// "flagd: N pairs, N differences, N explained"; the status tells whether one was not
// explained.
//
// The SDK has the second generation of fractional alone; the others are written
// here as flagd's specification has them, and put in its place.  It hashes the
// units of UTF-16, where the specification has UTF-8: its hash is given the bytes
// of UTF-8 here.

import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { Random } from './random.mjs';

const require = createRequire(import.meta.url);
const core = createRequire(require.resolve('@openfeature/flagd-core'));
const murmur = core('imurmurhash');
core.cache[core.resolve('imurmurhash')].exports = function Murmur(text) {
  return murmur(Buffer.from(text, 'utf8').toString('latin1'));
};
const { LogicEngine } = core('json-logic-engine');
const { FlagdCore, MemoryStorage } = require('@openfeature/flagd-core');

const { values: options } = parseArgs({ options: {
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '10000' },
  connection: { type: 'string', default: '' },
  engine: { type: 'string', default: 'compiled' },
  generation: { type: 'string', default: 'v2' },
} });
const random = new Random(Number(options.seed));
const FLAGS = 100;
const CONTEXTS = 20;
const SHOWN = 5;
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

// --- other generations of fractional -------------------------------------------

const hash = (bytes) => murmur(Buffer.from(bytes).toString('latin1')).result() >>> 0;

// All numbers of half precision.
const halves = new Map();
for (let bits = 0; bits < 65536; bits++) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent === 31 ? (fraction ? NaN : Infinity) : exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25);
  halves.set(bits & 32768 ? -size : size, bits);
}

// RFC 8949, deterministic: a head of the major type, then what follows it.
function head(major, n) {
  const value = BigInt(n);
  const size = value < 24n ? 0 : value < 256n ? 1 : value < 65536n ? 2 : value < 4294967296n ? 4 : 8;
  const rest = Array.from({ length: size }, (_, i) => Number((value >> BigInt(8 * (size - 1 - i))) & 255n));
  return [(major << 5) | (size === 0 ? Number(value) : 24 + Math.log2(size)), ...rest];
}

function float(d) {
  if (halves.has(d)) return [0xf9, halves.get(d) >> 8, halves.get(d) & 255];
  const view = new DataView(new ArrayBuffer(8));
  if (Math.fround(d) === d) {
    view.setFloat32(0, d);
    return [0xfa, ...new Uint8Array(view.buffer, 0, 4)];
  }
  view.setFloat64(0, d);
  return [0xfb, ...new Uint8Array(view.buffer)];
}

function cbor(value) {
  if (value === null || value === undefined) return [0xf6];
  if (typeof value === 'boolean') return [value ? 0xf5 : 0xf4];
  if (typeof value === 'string') return [...head(3, Buffer.byteLength(value)), ...Buffer.from(value)];
  if (typeof value === 'number') {
    if (!Number.isInteger(value) || value < -(2 ** 63) || value >= 2 ** 64) return float(value);
    return value >= 0 ? head(0, value) : head(1, -1n - BigInt(value));
  }
  if (Array.isArray(value)) return [...head(4, value.length), ...value.flatMap(cbor)];
  const members = Object.entries(value).map(([name, member]) => [Buffer.from(cbor(name)), cbor(member)]).sort(([a], [b]) => Buffer.compare(a, b));
  return [...head(5, members.length), ...members.flatMap(([name, member]) => [...name, ...member])];
}

// The parts of a split with their weights; undefined where one is none.
function parts(data) {
  const result = data.map((part) => (Array.isArray(part) && (part.length === 1 || part.length === 2) && (part[0] === null || part[0] === undefined || typeof part[0] !== 'object')
    && (part.length === 1 || Number.isInteger(part[1])) ? [part[0] ?? null, part.length === 1 ? 1 : Math.max(0, part[1])] : undefined));
  return result.includes(undefined) || result.reduce((sum, part) => sum + part[1], 0) > 2147483647 ? undefined : result;
}

function fractionalOf(data, context) {
  if (!context[Symbol.for('flagd.logger')]) throw new Error('inside an iteration');
  if (!Array.isArray(data) || data.length < 1) return null;
  const v1 = options.generation === 'v1';
  const explicit = v1 ? typeof data[0] === 'string' : !Array.isArray(data[0]);
  const key = context.targetingKey;
  if (explicit ? data[0] === null || data[0] === undefined || Number.isNaN(data[0]) : !key || (!v1 && typeof key !== 'string')) return null;
  const split = parts(explicit ? data.slice(1) : data);
  if (!split) return null;
  const total = split.reduce((sum, part) => sum + part[1], 0);
  const { flagKey } = context.$flagd;
  const h = v1 ? hash(Buffer.from(explicit ? data[0] : `${flagKey}${key}`)) : hash(cbor(explicit ? data[0] : [flagKey, key]));
  const bucket = v1 ? (Math.abs(h | 0) / 2147483647) * 100 : Number((BigInt(h) * BigInt(total)) >> 32n);
  let end = 0;
  for (const [variant, weight] of split) {
    end += v1 ? (100 * weight) / total : weight;
    if (bucket < end) return variant;
  }
  return null;
}

const addMethod = LogicEngine.prototype.addMethod;
LogicEngine.prototype.addMethod = function add(name, method, annotations) {
  return addMethod.call(this, name, name === 'fractional' && options.generation !== 'v2' ? fractionalOf : method, annotations);
};

// --- what flags and contexts are made of -------------------------------------

const keys = ['u1', 'u2', 'u3', 'jon@company.com', 'ü', '日本', '😀', 'a b', '0', '1', '', "o'k\\"];
const strings = ['', 'DE', 'FR', 'de', 'straße', '日本', '😀x', 'true', 'false', '1', '0', '007', '1.5', ' 2 ', '0x10', 'null', 'prefix-middle', 'prefix', 'middle', 'a',
  'admin@example.com', '@example.com', 'Infinity', '1e3', '\ue000', 'abc', 'on', 'off', 'red'];
const numbers = [0, 1, 2, -1, 1.5, 0.1, 17, 18, 99.99, 1e15, 9007199254740993, 1e21, 1e-7, -0.5, 100, 3, 65504, 65505.5, 6e-8, 3.4028234663852886e38, 1e300, -24, -25, 256, 65536, 4294967296, 1.5e-5, -1e18, -9223372036854775808, 18446744073709551616];
const versions = ['1', '1.2', '1.2.3', 'v1.2.3', 'V2.0.0', 'vv1.0.0', ' 1.2.3 ', '2.0.0-rc.1', '2.0.0-rc.2', '2.0.0+build', '2.0.0', '10.0.0', '1.0.0-alpha',
  '01.2.3', '01', '1.2.3.4', 'x', '', '1.x', '9007199254740992.0.0', '1.', '.1', '1.0.0-01', '3.1.0', 1, 1.2, 2, null, true];
const someVersion = (r) => (r.chance(0.5) ? r.pick(['1.2.3', '2.0.0', 'v1.2.3', '2.0.0-rc.1', '1.2']) : r.pick(versions));
const names = ['email', 'country', 'plan', 'age', 'version', 'tags', 'nested', 'items', 'größe'];
const paths = [...names, 'nested.x', 'nested.y.z', 'nested.y', 'tags.0', 'tags.length', 'email.length', 'age.x', 'nested.x.y', 'missing', 'missing.x', 'targetingKey', '$flagd.flagKey',
  '$flagd.nothing', 'items.0.n', 'items.1.s', 'a\\.b', '', '.', 'plan.x', 'plan.x.y', 1, 0];
const variants = ['on', 'off', 'red', 'true', 'false', '1', 'größe', 'DE'];
const metadata = ['owner', 'team', 'größe'];

const scalar = (r) => r.either((x) => x.pick(strings), (x) => x.pick(strings), (x) => x.pick(numbers), (x) => x.pick(numbers), (x) => x.chance(0.5), () => null);
const anything = (r, depth = 2) => (depth === 0 ? scalar(r) : r.either(scalar, scalar, scalar, scalar,
  (x) => x.list(0, 3, () => anything(x, depth - 1)),
  (x) => Object.fromEntries(x.list(0, 2, () => [x.pick(['x', 'y', 'z', 'n']), anything(x, depth - 1)]))));

function attributes() {
  const result = {};
  const put = (name, p, make) => { if (random.chance(0.8)) result[name] = random.chance(p) ? make() : anything(random); };
  put('email', 0.8, () => random.pick(strings));
  put('country', 0.8, () => random.pick(strings));
  put('plan', 0.8, () => random.pick(strings));
  put('age', 0.8, () => random.pick(numbers));
  put('version', 0.8, () => someVersion(random));
  put('tags', 0.8, () => random.list(0, 4, () => random.pick(strings)));
  put('nested', 0.8, () => ({ x: scalar(random), y: random.chance(0.8) ? { z: scalar(random) } : scalar(random) }));
  put('items', 0.7, () => random.list(0, 4, () => (random.chance(0.7) ? { n: random.pick(numbers), s: random.pick(strings) } : random.pick(numbers))));
  put('größe', 0.8, () => random.pick(strings));
  if (random.chance(0.2)) result['a.b'] = scalar(random);
  if (random.chance(0.9)) result.targetingKey = random.chance(0.95) ? random.pick(keys) : anything(random);
  return result;
}

// --- JsonLogic ------------------------------------------------------------------

const variable = (r, inside) => r.either(
  (x) => ({ var: path(x, inside) }), (x) => ({ var: path(x, inside) }), (x) => ({ var: [path(x, inside)] }),
  (x) => ({ var: [path(x, inside), scalar(x)] }));
const path = (r, inside) => {
  if (!inside || r.chance(0.1)) return r.pick(paths);
  return r.pick(['', 'n', 's', 'x', 'accumulator', 'current', '../index', `../../${r.pick(names)}`, '../iterator', 'length', '0']);
};

// An expression of any kind; those of the wrong types are among them.
function expression(r, depth, inside) {
  if (depth <= 0) return r.chance(0.6) ? variable(r, inside) : scalar(r);
  const e = () => expression(r, depth - 1 - r.below(2), inside);
  const c = () => condition(r, depth - 1, inside);
  const within = () => (r.chance(0.5) ? condition(r, depth - 1, true) : expression(r, depth - 1, true));
  const array = () => r.either(() => ({ var: inside ? '../../items' : r.pick(['items', 'tags', 'items', 'tags', 'email']) }),
    () => r.list(0, 3, e), () => ({ merge: r.list(0, 3, e) }), e);
  const operator = r.pick(['var', 'var', 'const', 'if', 'if2', 'and', 'or', '!', '!!', 'compare', 'compare', 'compare3', 'in', 'cat', 'cat', 'substr', 'merge', 'missing', 'missing_some',
    'map', 'filter', 'all', 'some', 'none', 'reduce', '+', '-', '*', '/', '%', 'max', 'min', 'starts_with', 'ends_with', 'sem_ver', 'fractional', 'list', 'odd']);
  switch (operator) {
    case 'var': return variable(r, inside);
    case 'const': return scalar(r);
    case 'if': return { if: r.chance(0.5) ? [c(), e(), e()] : r.list(3, 6, (i) => (i % 2 ? e() : c())) };
    case 'if2': return { if: r.list(0, 2, e) };
    case 'and': case 'or': case 'merge': case 'max': case 'min': case 'cat': return { [operator]: r.chance(0.85) ? r.list(0, 3, e) : e() };
    case '!': case '!!': return { [operator]: r.chance(0.5) ? [e()] : e() };
    case 'compare': return { [r.pick(['==', '!=', '===', '!==', '<', '<=', '>', '>='])]: [e(), e()] };
    case 'compare3': return { [r.pick(['<', '<=', '>', '>=', '=='])]: [e(), e(), e()] };
    case 'in': return { in: [e(), r.chance(0.7) ? array() : e()] };
    case 'substr': return { substr: [e(), r.pick([0, 1, -2, 2, -20, '1', null]), ...r.list(0, 1, () => r.pick([1, 2, -1, 0, -20, 100]))] };
    case 'missing': return { missing: r.chance(0.8) ? r.list(0, 4, () => path(r, inside)) : e() };
    case 'missing_some': return { missing_some: [r.below(4), r.chance(0.8) ? r.list(0, 4, () => path(r, inside)) : e()] };
    case 'map': case 'filter': case 'all': case 'some': case 'none': return { [operator]: [array(), within()] };
    case 'reduce': return { reduce: [array(), r.either(() => ({ '+': [{ var: 'accumulator' }, { var: 'current' }] }), () => ({ cat: [{ var: 'accumulator' }, { var: 'current.s' }] }), within),
      ...(r.chance(0.8) ? [r.pick([0, '', 1, null, 'a'])] : [])] };
    case '+': case '-': case '*': case '/': case '%': return { [operator]: r.chance(0.85) ? r.list(1, 3, e) : e() };
    case 'starts_with': case 'ends_with': return { [operator]: r.chance(0.9) ? [e(), r.pick(strings)] : r.list(0, 3, e) };
    case 'sem_ver': return version(r);
    case 'fractional': return fractional(r, depth - 1, inside);
    case 'list': return r.list(0, 3, e);
    default: return r.pick([{}, { bogus: [1] }, { cat: ['a'], '+': [1] }, { $ref: 'nothing' }, { $ref: 'staff' }, { $ref: 'adult' }]);
  }
}

const version = (r) => ({ sem_ver: r.chance(0.95)
  ? [r.chance(0.8) ? { var: 'version' } : someVersion(r), r.pick(['=', '!=', '<', '<=', '>', '>=', '^', '~', '==']), someVersion(r)]
  : r.list(0, 4, () => r.pick(versions)) });

function fractional(r, depth, inside) {
  const part = () => r.either(() => [r.pick(variants)], () => [r.pick(variants), r.below(60)], () => [r.pick(variants), r.below(60)], () => [r.pick(variants), r.below(80) - 40],
    () => [expression(r, depth, inside), r.pick([1, 25, -30, 0])],
    () => r.pick([[], ['on', 1, 2], ['on', 1.5], ['on', '10'], [null, 5], [true, 5], [1, 10], 'on', ['on', 2147483647], [{}, 1], ['on', null]]));
  const parts = r.list(1, 4, () => (r.chance(0.9) ? [r.pick(variants), r.below(60)] : part()));
  const by = () => r.either(() => ({ var: r.pick(['email', 'targetingKey', 'plan']) }), () => ({ cat: [{ var: '$flagd.flagKey' }, { var: r.pick(['email', 'targetingKey', 'nested.x']) }] }),
    () => ({ var: r.pick(['age', 'nested', 'tags', 'items.0', 'größe', 'version', 'nested.x']) }),
    () => expression(r, depth, inside), () => r.pick(strings), () => null);
  return { fractional: r.chance(0.5) ? [by(), ...parts] : parts };
}

// What is found in rules as they are written.
function condition(r, depth, inside) {
  if (depth <= 0 || r.chance(0.15)) return r.chance(0.85) ? simple(r, inside) : expression(r, depth, inside);
  return r.either(() => simple(r, inside), () => simple(r, inside),
    () => ({ and: r.list(1, 3, () => condition(r, depth - 1, inside)) }), () => ({ or: r.list(1, 3, () => condition(r, depth - 1, inside)) }),
    () => ({ '!': r.chance(0.5) ? [condition(r, depth - 1, inside)] : condition(r, depth - 1, inside) }),
    () => ({ '!!': [condition(r, depth - 1, inside)] }), () => ({ $ref: r.pick(['staff', 'adult', 'both']) }));
}

const simple = (r, inside) => r.either(
  () => ({ [r.pick(['==', '===', '!=', '!=='])]: r.chance(0.5) ? [variable(r, inside), scalar(r)] : [scalar(r), variable(r, inside)] }),
  () => ({ in: [variable(r, inside), r.list(0, 4, () => scalar(r))] }),
  () => ({ in: [r.pick(strings), variable(r, inside)] }),
  () => ({ [r.pick(['<', '<=', '>', '>='])]: [variable(r, inside), r.pick(numbers)] }),
  () => ({ '<=': [r.pick(numbers), variable(r, inside), r.pick(numbers)] }),
  () => ({ [r.pick(['starts_with', 'ends_with'])]: [variable(r, inside), r.pick(strings)] }),
  () => version(r), () => version(r),
  () => ({ missing: r.list(1, 3, () => path(r, inside)) }), () => ({ missing_some: [r.below(3), r.list(1, 3, () => path(r, inside))] }),
  () => ({ [r.pick(['filter', 'some', 'none', 'all'])]: [{ var: inside ? '../../tags' : r.pick(['tags', 'items']) }, { '==': [{ var: r.pick(['', 's', '../index']) }, r.pick([...strings, 1, 0])] }] }),
  () => ({ '==': [scalar(r), { if: [r.either(() => variable(r, inside), () => ({ in: [variable(r, inside), ['a', 1]] })), r.pick([...strings, ...numbers]), variable(r, inside)] }] }));

function targeting(r) {
  const serve = () => r.either(() => r.pick(variants), () => r.pick(variants), () => fractional(r, 1, false), () => null, () => expression(r, 2, false));
  return r.either(
    () => ({ if: r.list(1, 3, () => [condition(r, 2, false), serve()]).flat().concat(r.chance(0.8) ? [serve()] : []) }),
    () => ({ if: r.list(1, 3, () => [condition(r, 2, false), serve()]).flat().concat(r.chance(0.8) ? [serve()] : []) }),
    () => fractional(r, 2, false), () => condition(r, 3, false), () => expression(r, 3, false), () => expression(r, 3, false),
    () => r.pick([{}, null, [], 'on', true, 5, ['on'], [1, 'x']]));
}

// --- flag files ----------------------------------------------------------------------

function flag(r) {
  const values = r.either(() => () => r.chance(0.5), () => () => r.pick(strings), () => () => r.pick(numbers), () => () => ({ x: scalar(r) }), () => () => anything(r));
  const result = { state: r.chance(0.95) ? 'ENABLED' : 'DISABLED', variants: {} };
  for (const name of variants) if (r.chance(0.75)) result.variants[name] = values();
  const there = Object.keys(result.variants);
  if (there.length > 0 && r.chance(0.8)) result.defaultVariant = r.pick(there);
  else if (r.chance(0.5)) result.defaultVariant = r.pick([null, '']);
  if (r.chance(0.9)) result.targeting = targeting(r);
  if (r.chance(0.3)) result.metadata = Object.fromEntries(r.list(0, 2, () => [r.pick(metadata), scalar(r)]));
  return result;
}

function flagFile(r) {
  const flags = {};
  for (let i = 0; i < FLAGS; i++) flags[`flag-${i}${r.chance(0.1) ? 'ß' : ''}`] = flag(r);
  return { flags, metadata: r.chance(0.5) ? { owner: 'set', set: 1 } : {}, $evaluators: {
    both: { and: [{ $ref: 'staff' }, { $ref: 'adult' }] },
    staff: { ends_with: [{ var: 'email' }, '@example.com'] }, adult: simple(r, false) } };
}

// --- the SDK --------------------------------------------------------------------------

const calls = { boolean: ['resolveBooleanEvaluation', false], string: ['resolveStringEvaluation', 'fallback'], number: ['resolveNumberEvaluation', -1], object: ['resolveObjectEvaluation', { fallback: 1 }] };

function sdk(file, interpreted) {
  const result = new FlagdCore(new MemoryStorage(quiet, { disableDynamicCodeGeneration: interpreted }), quiet);
  result.setConfigurations(JSON.stringify(file));
  return result;
}

function ask(client, key, type, context) {
  const [call, fallback] = calls[type];
  const d = client[call](key, fallback, context, quiet);
  return { value: d.value, variant: d.variant ?? null, reason: d.reason, errorCode: d.errorCode ?? null, metadata: d.flagMetadata };
}

// Give each flag variants of the names that its targeting comes to, so that what it
// comes to is seen.
function nameResults(file, contexts) {
  const client = sdk(file, options.engine === 'interpreted');
  for (const [key, definition] of Object.entries(file.flags)) {
    const asked = new Set();
    const flag = client.getFlag(key);
    const get = flag.variants.get.bind(flag.variants);
    flag.variants.get = (name) => asked.add(name) && get(name);
    for (const context of contexts) flag.evaluate(context, quiet);
    const value = Object.values(definition.variants)[0] ?? 'value';
    for (const name of asked) {
      if (typeof name === 'string' && name.length > 0 && name.length < 60 && !/\p{Surrogate}/u.test(name) && !(name in definition.variants)) definition.variants[name] = value;
    }
  }
}

// The flag's own values decide which type most calls want.
function typeFor(definition) {
  const first = Object.values(definition.variants)[0];
  const own = first === null || first === undefined ? 'object' : typeof first;
  return random.chance(0.85) ? own : random.pick(Object.keys(calls));
}

// --- both --------------------------------------------------------------------------------

const escaped = (text) => text.replace(/\\/g, '\\\\');

// What a batch of questions comes to in the database: numbers of questions, and answers.
function answers(file, questions) {
  const script = `BEGIN;
SET LOCAL client_min_messages = warning;
CREATE TEMP TABLE file (content jsonb);
COPY file FROM STDIN;
${escaped(JSON.stringify(file))}
\\.
CREATE TEMP TABLE questions (content jsonb);
COPY questions FROM STDIN;
${questions.map((q) => escaped(JSON.stringify(q))).join('\n')}
\\.
CREATE TEMP TABLE made AS SELECT ff_project_create('differential', environments => '{test}');
CREATE TEMP TABLE imported AS SELECT i.* FROM file, ff_import('flagd', content, 'test', '${JSON.stringify({ engine: options.engine, generation: options.generation })}', 'differential') i;
CREATE TEMP TABLE asked AS SELECT content -> 'number' AS number, content ->> 'flag' AS flag, content ->> 'type' AS type, content -> 'fallback' AS fallback, content -> 'context' AS context, content -> 'answer' AS answer,
  CASE jsonb_typeof(content -> 'context' -> 'targetingKey') WHEN 'string' THEN content -> 'context' ->> 'targetingKey' END AS user_key FROM questions;
SELECT a.number, a.got FROM (SELECT number, answer, jsonb_build_object('value', coalesce(d.value, fallback), 'variant', d.variation, 'reason', coalesce(d.provider_reason ->> 'reason', d.reason),
    'errorCode', d.error_code, 'metadata', d.metadata) AS got
  FROM asked, ff_evaluate_detail(user_key, flag, context, 'test', fallback, 'differential', type) d OFFSET 0) a WHERE a.got IS DISTINCT FROM a.answer;
ROLLBACK;
`;
  const psql = spawnSync(process.env.PSQL || 'psql', ['-XAtq', '-F', '\t', '-v', 'ON_ERROR_STOP=1', options.connection, '-f', '-'], {
    input: script, encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  if (psql.status !== 0) throw new Error(`psql: ${psql.stderr}\n${psql.stdout.slice(0, 2000)}`);
  return psql.stdout.split('\n').filter(Boolean).map((line) => line.split('\t')).map(([number, got]) => [Number(number), JSON.parse(got)]);
}

// Operators whose code the SDK leaves without parentheses, though it may be the
// operand of another: `'' + a ? b : c` is not cat of what is chosen.
const BARE = ['and', 'or', 'all', 'missing', 'missing_some', '/'];
const operatorOf = (logic) => (logic && typeof logic === 'object' && !Array.isArray(logic) ? Object.keys(logic)[0] : undefined);
function lacksParentheses(logic) {
  if (Array.isArray(logic)) return logic.some(lacksParentheses);
  const operator = operatorOf(logic);
  if (operator === undefined) return false;
  const operands = Array.isArray(logic[operator]) ? logic[operator] : [];
  const bare = (operand) => BARE.includes(operatorOf(operand));
  if (operator === 'cat' && operands.some(bare)) return true;
  if (operator === 'in' && bare(operands[1])) return true;
  if (['map', 'filter', 'some', 'none', 'reduce'].includes(operator) && bare(operands[0])) return true;
  return lacksParentheses(logic[operator]);
}

// Why a difference is none of ours; undefined where nothing explains it.  By the
// documentation of JsonLogic the operands of an operator are its own.
function explanation(logic) {
  return options.engine !== 'interpreted' && lacksParentheses(logic) ? 'the code that the SDK makes lacks parentheses around a part' : undefined;
}

// What $ref stands for, as far as it is defined.
const resolved = (logic, evaluators) => (operatorOf(logic) === '$ref' && logic.$ref in evaluators ? resolved(evaluators[logic.$ref], evaluators)
  : Array.isArray(logic) ? logic.map((part) => resolved(part, evaluators)) : logic && typeof logic === 'object'
    ? Object.fromEntries(Object.entries(logic).map(([key, part]) => [key, resolved(part, evaluators)])) : logic);

let pairs = 0;
let differences = 0;
const shown = new Set();
const explained = new Map();
while (pairs < Number(options.pairs)) {
  const file = flagFile(random);
  const contexts = random.list(CONTEXTS, CONTEXTS, attributes);
  nameResults(file, contexts);
  const client = sdk(file, options.engine === 'interpreted');
  const questions = Object.keys(file.flags).flatMap((key) => contexts.map((context) => {
    const type = typeFor(file.flags[key]);
    return { flag: key, type, fallback: calls[type][1], context, answer: ask(client, key, type, context) };
  }));
  questions.forEach((question, i) => { question.number = i; });
  for (const [number, got] of answers(file, questions)) {
    const question = questions[number];
    const definition = file.flags[question.flag];
    const reason = explanation(resolved(definition.targeting, file.$evaluators));
    if (reason) {
      explained.set(reason, (explained.get(reason) ?? 0) + 1);
      continue;
    }
    differences++;
    if (shown.has(definition) || shown.size >= SHOWN) continue;
    shown.add(definition);
    console.log(JSON.stringify({ flag: definition, evaluators: file.$evaluators, key: question.flag, type: question.type, context: question.context, sdk: question.answer, ours: got }));
  }
  pairs += questions.length;
}
for (const [reason, count] of explained) console.log(`${count} explained: ${reason}`);
console.log(`flagd: ${pairs} pairs, ${differences} differences, ${[...explained.values()].reduce((a, b) => a + b, 0)} explained`);
process.exitCode = differences > 0 ? 1 : 0;
