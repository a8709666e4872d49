// Random configurations of Flagsmith and random identities: what the engine of the
// Node SDK answers, against what an installed extension answers.
//
//   node test/sdk/flagsmith.mjs [--seed N] [--pairs N] [--connection CONNSTR]
//
// A pair is a flag and a context, or a segment and a context. Half of the
// configurations are environment documents, half evaluation contexts. Prints each of
// the first differences in full and "flagsmith: N pairs, N differences"; the status
// tells whether there were any.
//
// The Node engine lags Flagsmith's own specification, its Python engine, in how some
// values are compared: see LAGS. Where it does, for the context at hand, the condition
// is replaced by one that is always or never true, as the specification has it, and the
// Node engine evaluates all the rest. How often that was needed is told by its reason.

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const sdk = (file) => import(new URL(`node_modules/flagsmith-nodejs/build/esm/flagsmith-engine/${file}`, import.meta.url));
const { getEvaluationResult } = await sdk('index.js');
const { traitsMatchSegmentCondition } = await sdk('segments/evaluators.js');
const { getHashedPercentageForObjIds } = await sdk('utils/hashing/index.js');
const { buildEnvironmentModel } = await sdk('environments/util.js');
const { getEvaluationContext } = await sdk('evaluation/evaluationContext/mappers.js');

const { values: args } = parseArgs({ options: {
  seed: { type: 'string', default: '1' },
  pairs: { type: 'string', default: '10000' },
  connection: { type: 'string', default: '' },
} });
const BATCH = 50;
const CONTEXTS = 12;
const SHOWN = 5;

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
const many = (least, most, make) => Array.from({ length: least + below(most - least + 1) }, (_, i) => make(i));

// --- configurations ----------------------------------------------------------------

const TEXTS = ['a', 'b', 'ab', 'abc', 'A', '', 'True', 'true', 'False', 'false', '1', '0', '1.0', '10', '9', 'é', 'É', '日本', '𝒳', '\ue000', 'a,b', '["a","b"]', '["a"', '[1, 2.5, true, null]', '"a"', 'None', ' a ', 'x:semver', '1.2.3', 'null', 'a\\b', "it's", 'x'.repeat(120)];
const NUMBERS = ['0', '1', '-1', '2', '10', '9', '1.0', '2.5', '-2.5', '1e3', '0x10', '12abc', ' 12 ', '1_000', '+5', '', 'abc', 'inf', 'nan', '.5', '5.', '9007199254740993', '123456789012345678901234567890', '-0', '00012', 'Infinity'];
const VERSIONS = ['1.2.3', '1.2.4', '1.10.0', '1.2.3-rc.1', '1.2.3-rc.2', '1.2.3-rc.10', '1.2.3-alpha', '1.2.3+b1', '1.2.3-rc.1+b2', 'v1.2.3', '1.2', '01.2.3', '', 'abc', '2.0.0', '0.0.1', '1.2.3-', 'rc.1', 'b1'];
const PATTERNS = ['a', '^a', 'b$', 'a.c', '[a-c]+$', '\\d+', '\\d*[13579]$', '', '(a|b)+', '(', 'é', '.$', 'true', 'True', '[^a]', '(?=a)a', '1\\.2', 'x{120}$', '(a)\\1', '日'];
const MODULI = ['2|0', '2|1', '3|0', '-3|-1', '-3|0', '4|3', '2.5|0', '0.5|0', '0|0', '2', '2|0|1', '|', 'a|b', '', ' 2 | 1 ', '2|1.0', '1e1|5'];
const SHARES = ['0', '10', '25', '50', '75', '99.5', '100', '', 'abc', '12abc', ' 50 ', '-1', '33.333'];
const TRAITS = ['name', 'age', 'ratio', 'active', 'version', 'größe', 'a.b', '$.  no query', 'never'];
const ENVIRONMENTS = [{ key: 'test_env', name: 'Test' }, { key: 'n9fbf9h3v4', name: 'Production' }, { key: 'ключ', name: 'Среда' }];
const IDENTIFIERS = ['user-1', 'user-2', 'é', '用户', '𝒳', 'a b', 'O\'Reilly', '42', '0', 'x'.repeat(200), 'true'];

const scalar = () => one([() => one(TEXTS), () => below(5), () => one([0.5, 2.5, -1.25, 1e21 / 1e20 + 0.1]), () => chance(0.5), () => null])();

function value(operator) {
  if (operator === 'MODULO') return one(MODULI);
  if (operator === 'REGEX') return one(PATTERNS);
  if (operator === 'PERCENTAGE_SPLIT') return one(SHARES);
  if (operator === 'IN' && chance(0.4)) return chance(0.5) ? many(0, 4, () => one([...TEXTS, ...NUMBERS])) : JSON.stringify(many(0, 4, () => one([one(TEXTS), below(20), chance(0.5), 2.5])));
  if (operator === 'IN' && chance(0.5)) return many(1, 4, () => one([...TEXTS, ...NUMBERS])).join(',');
  return one([() => one(TEXTS), () => one(NUMBERS), () => `${one(VERSIONS)}:semver`])();
}

const PATHS = ['$.environment.name', '$.environment.key', '$.identity.identifier', '$.identity.key', "$.identity.traits['age']", '$.identity.traits.name', '$.identity', '$.nowhere.at.all', '$.environment.nothing'];
const OPERATORS = ['EQUAL', 'NOT_EQUAL', 'GREATER_THAN', 'GREATER_THAN_INCLUSIVE', 'LESS_THAN', 'LESS_THAN_INCLUSIVE', 'CONTAINS', 'NOT_CONTAINS', 'REGEX', 'MODULO', 'IN', 'IS_SET', 'IS_NOT_SET', 'PERCENTAGE_SPLIT'];

function condition() {
  const operator = chance(0.02) ? 'NO_OPERATOR' : one(OPERATORS);
  const property = chance(0.75) ? one(TRAITS) : chance(0.85) ? one(PATHS) : '';
  return { property: operator === 'PERCENTAGE_SPLIT' && chance(0.6) ? one(['', '$.identity.key', '$.identity.identifier']) : property, operator, value: property.startsWith('$.env') && chance(0.5) ? one(ENVIRONMENTS)[one(['key', 'name'])] : value(operator) };
}

function rule(depth) {
  const made = { type: chance(0.02) ? 'SOME' : one(['ALL', 'ANY', 'ANY', 'NONE']) };
  if (chance(0.9)) made.conditions = many(0, 2, condition);
  if (depth < 3 && chance(0.5)) made.rules = many(0, 2, () => rule(depth + 1));
  return made;
}

function variants() {
  if (chance(0.5)) return undefined;
  const weight = one([() => below(60), () => one([33.3, 12.5, 0.01, 54.54]), () => 50, () => 100])
  return many(1, 4, (i) => ({ value: scalar(), weight: weight(), priority: chance(0.5) ? below(4) : i }));
}

const FEATURES = ['checkout', 'search', 'größe', 'banner', 'limit'];

function feature(name, number) {
  const made = { key: one([`${1000 + number}`, `key-${number}`, 'ключ']), name, enabled: chance(0.5), value: scalar() };
  const options = variants();
  if (options) made.variants = options;
  if (chance(0.5)) made.metadata = { id: number, note: one(['x', null, 1.5]) };
  return made;
}

function override(name, number) {
  const made = feature(name, number);
  if (chance(0.7)) made.priority = below(4);
  return made;
}

// jsonb puts the members of an object in order of length, then of bytes, and the SDK
// in the order given: keys of one length, in order, are the same in both.
function evaluationContext() {
  const segments = {};
  many(1, 6, (i) => {
    const key = `s${i}`;
    segments[key] = { key: one([key, `${100 + i}`, 'ключ']), name: one([`segment ${i}`, `Gruppe ü${i}`]), rules: chance(0.05) ? [] : many(1, 2, () => rule(1)) };
    if (chance(0.8)) segments[key].overrides = many(1, 2, () => override(one(FEATURES), 500 + i));
  });
  const features = {};
  FEATURES.forEach((name, i) => { features[name] = feature(name, i); });
  return { environment: one(ENVIRONMENTS), features, segments };
}

// --- environment documents ------------------------------------------------------------

const hex = (n) => many(n, n, () => one([...'0123456789abcdef'])).join('');
const uuid = () => `${hex(8)}-${hex(4)}-${hex(4)}-${hex(4)}-${hex(12)}`;

function featureState(name, number, own) {
  const made = {
    django_id: chance(0.7) ? 1000 + number : null, featurestate_uuid: uuid(), enabled: chance(0.5), feature_state_value: scalar(),
    feature: { id: FEATURES.indexOf(name) + 1, name, type: 'STANDARD' }, multivariate_feature_state_values: [] };
  if (chance(0.5)) {
    const places = chance(0.5);
    made.multivariate_feature_state_values = many(1, own ? 1 : 4, (i) => ({
      id: places ? 50 - i : null, mv_fs_value_uuid: uuid(), percentage_allocation: own ? 100 : one([below(60), 12.5, 100]),
      multivariate_feature_option: { id: i, value: scalar() } }));
  }
  return made;
}

const documentRule = (made) => ({ type: made.type, rules: (made.rules ?? []).map(documentRule), conditions: (made.conditions ?? [])
  .map((c) => ({ property_: c.property, operator: c.operator, value: c.value })) });

function environmentDocument() {
  const environment = one(ENVIRONMENTS);
  return {
    id: 1, api_key: environment.key, name: environment.name, use_identity_composite_key_for_hashing: true, hide_disabled_flags: null,
    project: {
      id: 1, name: 'p', hide_disabled_flags: false, organisation: { id: 1, name: 'o', feature_analytics: false, stop_serving_flags: false, persist_trait_data: true },
      segments: many(1, 6, (i) => ({ id: 10 + i, name: `segment ${i}`, rules: many(0, 2, () => documentRule(rule(1))),
        feature_states: many(0, 2, () => ({ ...featureState(one(FEATURES), 500 + i, false), feature_segment: { priority: below(4) } })) })) },
    feature_states: FEATURES.map((name, i) => featureState(name, i, false)),
    identity_overrides: many(0, 4, (i) => ({ identifier: IDENTIFIERS[2 * i], identity_uuid: uuid(), environment_api_key: environment.key, created_date: '2024-01-01T00:00:00Z',
      identity_traits: [], identity_features: FEATURES.filter(() => chance(0.3)).map((name) => featureState(name, 900, true)) })) };
}

// --- subjects -------------------------------------------------------------------------

function trait(name) {
  if (name === 'age' || name === 'ratio') return chance(0.8) ? one([0, 1, 2, -1, 10, 9, 12, 16, 1000, 9007199254740991]) : one(['1', '12', true]);
  if (name === 'version') return chance(0.9) ? one(VERSIONS) : 1.5;
  if (name === 'active') return chance(0.8) ? chance(0.5) : one(['true', 1, 0]);
  return one([() => one(TEXTS), () => one(TEXTS), () => one(TEXTS), () => below(20), () => one([1.5, 2.5, -0.5, 0.1]), () => chance(0.5)])();
}

function subject() {
  if (chance(0.03)) return null;
  const traits = {};
  for (const name of TRAITS) if (name !== 'never' && chance(0.8)) traits[name] = chance(0.03) ? null : trait(name);
  const made = { identifier: one(IDENTIFIERS), traits };
  if (chance(0.3)) made.key = one(['32103708', 'test_env_x', 'ключ']);
  return made;
}

// --- the specification, where the Node engine lags it -------------------------------------

const python = (v) => v === true ? 'True' : v === false ? 'False' : v === null ? 'None' : String(v);
const toInt = (text) => /^\s*[+-]?\d+(_\d+)*\s*$/.test(text) ? BigInt(text.trim().replace(/^\+/, '').replaceAll('_', '')) : undefined;
const toFloat = (text) => {
  const word = text.trim().toLowerCase().replace(/^([+-]?)infinity$/, '$1inf');
  if (/^[+-]?nan$/.test(word)) return NaN;
  if (/^[+-]?inf$/.test(word)) return word[0] === '-' ? -Infinity : Infinity;
  return /^[+-]?(\d+(_\d+)*\.?(\d+(_\d+)*)?|\.\d+(_\d+)*)(e[+-]?\d+)?$/.test(word) ? Number(word.replaceAll('_', '')) : undefined;
};
const SEMVER = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-((?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(?:\.(?:0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*))?(?:\+([0-9a-zA-Z-]+(?:\.[0-9a-zA-Z-]+)*))?$/;
const points = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b));

function versions(a, b) {
  for (let i = 1; i <= 3; i++) if (BigInt(a[i]) !== BigInt(b[i])) return BigInt(a[i]) < BigInt(b[i]) ? -1 : 1;
  if (a[4] === b[4]) return 0;
  if (!a[4] || !b[4]) return a[4] ? -1 : 1;
  const [x, y] = [a[4].split('.'), b[4].split('.')];
  for (let i = 0; i < Math.min(x.length, y.length); i++) {
    const [m, n] = [/^\d+$/.test(x[i]), /^\d+$/.test(y[i])];
    const order = m && n ? Number(x[i]) - Number(y[i]) : m !== n ? (m ? -1 : 1) : x[i] < y[i] ? -1 : x[i] > y[i] ? 1 : 0;
    if (order) return order;
  }
  return x.length - y.length;
}

// -1, 0, 1, NaN where both are numbers without an order; undefined: cannot be cast.
function compare(v, text) {
  if (typeof v === 'boolean') return Number(v) - Number(text !== 'False' && text !== 'false');
  if (typeof v === 'number' && Number.isInteger(v)) {
    const other = toInt(text);
    return other === undefined ? undefined : BigInt(v) < other ? -1 : BigInt(v) > other ? 1 : 0;
  }
  if (typeof v === 'number') {
    const other = toFloat(text);
    return other === undefined ? undefined : v < other ? -1 : v > other ? 1 : v === other ? 0 : NaN;
  }
  if (!text.endsWith(':semver')) return points(v, text);
  const [a, b] = [SEMVER.exec(v), SEMVER.exec(text.slice(0, -7))];
  return a && b ? versions(a, b) : undefined;
}

const COMPARISONS = { EQUAL: (c) => c === 0, NOT_EQUAL: (c) => c !== undefined && c !== 0, GREATER_THAN: (c) => c > 0, GREATER_THAN_INCLUSIVE: (c) => c >= 0,
  LESS_THAN: (c) => c < 0, LESS_THAN_INCLUSIVE: (c) => c <= 0 };

function elements(list) {
  if (typeof list === 'string') {
    let parsed;
    try { parsed = JSON.parse(list); } catch { parsed = undefined; }
    list = Array.isArray(parsed) ? parsed : list.split(',');
  }
  return list.map(python);
}

function modulo(v, text) {
  const parts = text.split('|').map(toFloat);
  if (typeof v !== 'number' || parts.length !== 2 || parts.includes(undefined) || parts[0] === 0) return false;
  let rest = v % parts[0];
  if (rest !== 0 && (rest < 0) !== (parts[0] < 0)) rest += parts[0];
  return rest === parts[1];
}

function pattern(v, text) {
  try { return new RegExp(`^(?:${text})`, 'u').test(python(v)); } catch { return false; }
}

// Whether a condition holds for a value of the context, undefined where it is not set.
function specified({ operator, value: text, property }, v, segmentKey, identityKey) {
  const set = v !== undefined && v !== null;
  if (operator === 'IN') return (typeof v === 'string' || Number.isInteger(v)) && elements(text).includes(python(v));
  if (operator === 'PERCENTAGE_SPLIT') {
    const [hashed, share] = [property ? v : identityKey, toFloat(text)];
    return hashed !== undefined && hashed !== null && share !== undefined && getHashedPercentageForObjIds([segmentKey, python(hashed)]) <= share;
  }
  if (operator === 'IS_SET' || operator === 'IS_NOT_SET') return set === (operator === 'IS_SET');
  if (!set) return false;
  if (operator === 'MODULO') return modulo(v, text);
  if (operator === 'REGEX') return pattern(v, text);
  if (operator === 'NOT_CONTAINS') return typeof v === 'string' && !v.includes(text);
  if (operator === 'CONTAINS' && text.endsWith(':semver'))
    return typeof v === 'string' && (SEMVER.exec(v)?.slice(4) ?? []).includes(text.slice(0, -7));
  if (operator === 'CONTAINS') return typeof v === 'string' && v.includes(text);
  return COMPARISONS[operator]?.(compare(v, text)) ?? false;
}

// Why the Node engine may differ; a difference that none of these covers is one.
const LAGS = [
  ['a percentage by a trait: the SDK looks it up as a query and finds none', (c) => c.operator === 'PERCENTAGE_SPLIT' && TRAITS.includes(c.property)],
  ['a percentage that begins with a number: the SDK takes that', (c) => c.operator === 'PERCENTAGE_SPLIT' && toFloat(c.value) === undefined],
  ['no property: nothing is set; the SDK says neither', (c) => c.operator === 'IS_NOT_SET' && c.property === ''],
  ['a percentage of a value that JavaScript takes for false or writes otherwise', (c, v) => c.operator === 'PERCENTAGE_SPLIT' && (!v || typeof v === 'boolean')],
  ['text casts to a whole number as int() does: the SDK takes what begins with a number', (c, v) => c.operator in COMPARISONS && Number.isInteger(v)],
  ['text casts to a number as float() does: the SDK takes what begins with a number', (c, v) => c.operator in COMPARISONS && typeof v === 'number'],
  ['texts are in order of characters: in the SDK, of UTF-16 units', (c, v) => /THAN/.test(c.operator) && typeof v === 'string' && /[\ud800-\udfff]/.test(v + c.value)],
  ['versions are strict, and NOT_EQUAL and CONTAINS go by them: the SDK takes v1.2.3, and compares these as texts', (c, v) => /:semver$/.test(c.value) && typeof v === 'string'],
  ['a version is not compared with a truth or number: :semver is a part of the text', (c, v) => /:semver$/.test(c.value) && typeof v !== 'string'],
  ['the empty text contains the empty text', (c, v) => c.operator === 'CONTAINS' && v === ''],
  ['a regular expression begins where the text does, and is not empty for the SDK', (c) => c.operator === 'REGEX'],
  ['MODULO is of numbers alone, has the sign of its divisor and casts as float() does', (c) => c.operator === 'MODULO'],
  ['in lists are texts and whole numbers: in the SDK neither zero nor the empty text, but fractions', (c, v) => c.operator === 'IN' && (typeof v === 'number' || v === '')],
  ['the elements of a list are texts, whatever they were in JSON', (c) => c.operator === 'IN' && c.value[0] === '['],
];

// --- the SDK's answer --------------------------------------------------------------------

function contextOf(config, who) {
  const context = config.feature_states ? getEvaluationContext(buildEnvironmentModel(structuredClone(config)), undefined) : structuredClone(config);
  return who === null ? context : { ...context, identity: structuredClone(who) };
}

function valueOf(property, context) {
  const { identity, environment } = context;
  if (!property.startsWith('$.') || Object.hasOwn(identity.traits, property)) return property === '' ? undefined : identity.traits[property];
  const known = { '$.environment.name': environment.name, '$.environment.key': environment.key, '$.identity.identifier': identity.identifier,
    '$.identity.key': identity.key || `${environment.key}_${identity.identifier}`, "$.identity.traits['age']": identity.traits.age, '$.identity.traits.name': identity.traits.name };
  return known[property];
}

const lagged = new Map();

// Replace what the Node engine takes otherwise than the specification, and count it.
function correct(context) {
  if (!context.identity) return;
  const { environment, identity } = context;
  const enriched = { ...context, identity: { ...identity, key: valueOf('$.identity.key', { identity: { ...identity, traits: {} }, environment }) } };
  const walk = (made, key) => {
    (made.conditions ?? []).forEach((c, i) => {
      const v = valueOf(c.property, context);
      const wanted = specified(c, v, key, enriched.identity.key);
      if (traitsMatchSegmentCondition(c, key, enriched) === wanted) return;
      const reason = LAGS.find(([, covers]) => covers(c, v))?.[0];
      if (!reason) throw new Error(`not explained: ${JSON.stringify(c)} of ${JSON.stringify(v)} has to be ${wanted}`);
      lagged.set(reason, (lagged.get(reason) ?? 0) + 1);
      made.conditions[i] = { property: '$.environment.key', operator: wanted ? 'IS_SET' : 'IS_NOT_SET', value: '' };
    });
    (made.rules ?? []).forEach((inner) => walk(inner, key));
  };
  for (const segment of Object.values(context.segments ?? {}))
    if (segment.metadata?.source !== 'identity_override') segment.rules.forEach((made) => walk(made, segment.key));
}

function answer(config, who) {
  const context = contextOf(config, who);
  correct(context);
  const { flags, segments } = getEvaluationResult(context);
  const names = new Set(segments.map((s) => s.name));
  return {
    flags: Object.fromEntries(Object.values(flags).map((f) => [f.name, { value: f.value ?? null, enabled: f.enabled, reason: f.reason, metadata: f.metadata ?? null }])),
    segments: Object.entries(context.segments).filter(([, s]) => s.metadata?.source !== 'identity_override').map(([key, s]) => [key, names.has(s.name)]) };
}

// --- the extension's -------------------------------------------------------------------------

const copied = (table, rows) => `COPY ${table} FROM STDIN;\n${rows.map((row) => `${JSON.stringify(row).replaceAll('\\', '\\\\')}\n`).join('')}\\.\n`;

const script = (cases) => `
SET client_min_messages = warning;
SET jit = off;
CREATE TEMP TABLE cases (body jsonb, number bigserial);
${copied('cases (body)', cases)}
SELECT ff_project_delete('sdk', true) IS NULL WHERE EXISTS (SELECT FROM ff.projects WHERE key = 'sdk');
SELECT ff_project_create('sdk', environments => ARRAY(SELECT 'case-' || number FROM cases ORDER BY number)) IS NULL;
SELECT count(*) FILTER (WHERE i.action IS NULL) FROM cases c CROSS JOIN LATERAL ff_import('flagsmith', c.body -> 'config', 'case-' || c.number, project => 'sdk') i;
CREATE TEMP TABLE asked AS SELECT 'case-' || c.number AS home, c.number, a.ordinality - 1 AS place, a.value -> 'answer' AS answer, a.value ->> 'user_key' AS user_key,
	a.value -> 'attributes' AS attributes FROM cases c CROSS JOIN LATERAL jsonb_array_elements(c.body -> 'asked') WITH ORDINALITY a;
CREATE TEMP TABLE pairs AS
SELECT a.number, a.place, f.key, f.value AS wanted, jsonb_build_object('value', d.value, 'enabled', ff_is_enabled(a.user_key, f.key, a.attributes, a.home, project => 'sdk'),
	'reason', d.provider_reason, 'metadata', d.metadata -> 'metadata') AS found
FROM asked a CROSS JOIN LATERAL jsonb_each(a.answer -> 'flags') f
CROSS JOIN LATERAL ff_evaluate_detail(a.user_key, f.key, a.attributes, a.home, project => 'sdk') d
UNION ALL
SELECT a.number, a.place, 'segment ' || (s ->> 0), s -> 1, coalesce(to_jsonb(ff_in_segment(a.user_key, s ->> 0, a.attributes, a.home, 'sdk')), 'null')
FROM asked a CROSS JOIN LATERAL jsonb_array_elements(a.answer -> 'segments') s;
UPDATE pairs SET found = jsonb_set(found, '{metadata}', 'null') WHERE NOT found ? 'metadata' AND jsonb_typeof(found) = 'object';
SELECT jsonb_build_object('pairs', count(*), 'differences', count(*) FILTER (WHERE wanted IS DISTINCT FROM found)) FROM pairs;
SELECT jsonb_build_object('case', number - 1, 'asked', place, 'key', key, 'wanted', wanted, 'found', found) FROM pairs
WHERE wanted IS DISTINCT FROM found ORDER BY number, place, key LIMIT ${SHOWN};
SELECT ff_project_delete('sdk', true) IS NULL;
`;

function run(cases) {
  const options = ['-XAtq', '-v', 'ON_ERROR_STOP=1', ...(args.connection ? ['-d', args.connection] : [])];
  const { status, stdout, stderr, error } = spawnSync('psql', options, { input: script(cases), encoding: 'utf8', maxBuffer: 1 << 30, env: { ...process.env, PGCLIENTENCODING: 'UTF8' } });
  if (error) throw error;
  if (status !== 0) throw new Error(stderr);
  return stdout.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
}

function makeCase() {
  const config = chance(0.5) ? environmentDocument() : evaluationContext();
  const asked = many(CONTEXTS, CONTEXTS, () => {
    const who = subject();
    const attributes = who && { ...who.traits, ...(who.key && { '$.identity.key': who.key }) };
    return { user_key: who?.identifier ?? null, attributes, answer: answer(config, who) };
  });
  return { config, asked };
}

let [pairs, differences] = [0, 0];
while (pairs < Number(args.pairs)) {
  const cases = many(BATCH, BATCH, makeCase);
  const [totals, ...shown] = run(cases);
  for (const found of shown) {
    if (differences === 0 || differences < SHOWN) {
      const { user_key, attributes } = cases[found.case].asked[found.asked];
      console.log(JSON.stringify({ ...found, user_key, attributes, config: cases[found.case].config }));
    }
  }
  pairs += totals.pairs;
  differences += totals.differences;
}
for (const [reason, count] of [...lagged].sort((a, b) => b[1] - a[1])) console.log(`${count} conditions as specified: ${reason}`);
console.log(`flagsmith: ${pairs} pairs, ${differences} differences`);
process.exit(differences ? 1 : 0);
