// Random flags, cohorts and contexts: what the SDK of PostHog for Node answers by
// local evaluation against what an installed extension answers after import.
//
//   node test/sdk/posthog.mjs [--seed N] [--pairs N] [--connection CONNSTR]
//
// Prints "posthog: N pairs, N differences", the first differences in full, and
// fails on any.  What the SDK leaves to the flags service, since a property is
// missing or a value is one that it cannot tell from another, is counted apart,
// and so is what PostHog's own service answers otherwise (see explained below).

import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { PostHog } from 'posthog-node';
import { Random } from './random.mjs';

process.env.TZ = 'UTC';
const { values: args } = parseArgs({
  options: { seed: { type: 'string', default: '1' }, pairs: { type: 'string', default: '100000' }, connection: { type: 'string' } },
});
const FLAGS = 30;
const CONTEXTS = 70;
const SHOWN = 10;

const random = new Random(Number(args.seed));
const one = (list) => random.pick(list);
const chance = (p) => random.chance(p);
const some = (least, most, make) => random.list(least, most, make);
const maybe = (object, name, p, make) => { if (chance(p)) object[name] = make(); };

// --- flags and cohorts -------------------------------------------------------------

const HOUR = 3600000;
const ago = (ms) => new Date(Date.now() - ms).toISOString();
const TEXTS = ['DE', 'de', 'FR', 'é', 'É', 'straße', 'STRASSE', 'ΟΔΟΣ', 'οδος', 'İ', 'i̇', '日本', '𝒳', '', ' ', 'true', 'True', 'false', 'FALSE', 'null', 'user@example.com', 'USER@EXAMPLE.COM', 'a b', '[]', '7', '1.5', 'a\nb', 'x'.repeat(300), '"', '\\'];
const NUMBERS = ['1', '1.0', '01', ' 1 ', '-1', '0', '', '1e3', '1000', '0x10', '.5', '5.', '+2', 'Infinity', '-Infinity', 'NaN', 'abc', '12abc', '1 2', '1_0', '99999999999999999999', '1e-7', '٣', 1, 0, -1, 2.5, 1000, 1e21, 1e-7, 12, 3.14];
const VERSIONS = ['1.2.3', '1.2.4', '1.10.0', 'v1.2.3', 'V1.2.3', ' v1.2.3 ', '1.2', '1', '1.2.3-rc.1', '1.2.3+build', '1.2.3-rc.1+b', '01.2.3', '1.02.3', '1.2.3.4', '1..3', '.1', '', 'abc', '1.x', '=1.2.3', '9007199254740993.0.0', '0.2.3', '0.2.9', '0.3.0', '0.0.3', '0.0.4', '2.0.0', '1.2.', '-1', 1.2, 'vv1'];
const WILDCARDS = ['1.*', '1.2.*', '*', '1.*.*', '0.*', '1.2.3.*', '1', '1.2', 'v1.*', '1*', 'x', '', '.*', '01.*', '1.a.*'];
const TIMES = ['2020-01-01', '2020-01-01T00:00:00Z', '2020-01-01T00:00:00.001Z', '2020-01-01T00:00:00.0019Z', '2020-01-01T02:00:00+02:00', '2020-01-01T00:00:00', '2020-01-01 00:00:00', '2020-01', '2020', '2019-12-31T24:00:00Z', '2099-01-01T00:00:00Z', '1999-12-31T23:59:59.999Z', '2020-01-01T00:00Z', '2020-13-01', '2020-01-01T25:00:00Z', '', 'abc', '2020-01-01T00:00:00-0330', '2020/01/01', '01/01/2020', '1/2/2020 3:04 PM', 'Jan 1, 2020', '1 Jan 2020', 'January 1, 2020 00:00:00', 'Wed, 01 Jan 2020 00:00:00 GMT', '2020/1/1 10:00', '2020-01-01T10:00:00.5Z', 1577836800000, 1577836800, 0, -1, 1577836800000.5];
const RELATIVE = ['-7d', '7d', '-1h', '24h', '-2w', '-1m', '-13m', '-1y', '0d', '-9999d', '10000d', '-5x', '3 days', 'd', '-01d', '7D', '1.5d'];
const PATTERNS = ['^DE$', 'de', '^user', '@example\\.com$', '^.$', '^..$', '\\d', '\\w+', '[^a]', '', '(a+)+$', '[a-z]+@', 'D|F', '^$', '(', '[', 'a**', '^[A-Z]{2}$', '\\s', '(?:DE|FR)$', '(DE)\\1', '(?=D)DE', '\\bDE\\b', '日', 'a.b', 'x{300}', '\\.', '^\\S+$', '[[:alpha:]]', '(?i)de', 'a{2'];
const DATES = ['is_date_before', 'is_date_after'];
const SEMVER = ['semver_eq', 'semver_neq', 'semver_gt', 'semver_gte', 'semver_lt', 'semver_lte', 'semver_tilde', 'semver_caret', 'semver_wildcard'];
const PROPERTIES = {
  country: [['exact', 'is_not', 'icontains', 'not_icontains', 'starts_with', 'not_starts_with', 'ends_with', 'not_ends_with', 'regex', 'not_regex', 'is_set', 'is_not_set', undefined], TEXTS],
  email: [['icontains', 'not_icontains', 'starts_with', 'ends_with', 'regex', 'not_regex', 'exact', 'is_not'], TEXTS],
  'größe': [['exact', 'is_not', 'is_set'], TEXTS],
  age: [['gt', 'gte', 'lt', 'lte'], NUMBERS],
  joined: [DATES, TIMES],
  version: [SEMVER, VERSIONS],
  paid: [['exact', 'is_not'], ['true', 'True', 'false', true, false, 'yes', ['true'], [true, 'false'], [], 1.5, null]],
};

const NAMES = Object.keys(PROPERTIES);
const ODD = [null, 0, 1.5, true, false, ['a', 'b'], [], ['true'], { a: 1 }, { b: 'x', aa: [0.5, null] }, [1.5, 'DE']];

function constant(name, operator) {
  if (operator === 'is_set' || operator === 'is_not_set') return one(['is_set', undefined]);
  if (operator.includes('regex')) return one(PATTERNS);
  if (operator === 'semver_wildcard') return one(WILDCARDS);
  if (DATES.includes(operator)) return one(chance(0.5) ? RELATIVE : TIMES);
  if (chance(0.05)) return one(ODD);
  if ((operator === 'exact' || operator === 'is_not') && chance(0.5)) return some(0, 4, () => one(PROPERTIES[name][1]));
  return one(PROPERTIES[name][1]);
}

function property(extra) {
  const key = chance(0.05) ? one(['distinct_id', 'missing']) : one(NAMES);
  const operator = PROPERTIES[key] ? one(chance(0.95) ? PROPERTIES[key][0] : PROPERTIES.country[0]) : one(['exact', 'icontains', 'regex']);
  const result = { key, type: 'person', ...extra };
  if (operator !== undefined) result.operator = operator;
  const value = constant(PROPERTIES[key] ? key : 'country', operator ?? 'exact');
  if (value !== undefined) result.value = value;
  return result;
}

function cohortFilter(last) {
  const result = chance(0.12) && last > 1 ? { key: 'id', type: 'cohort', value: 1 + random.below(last - 1), operator: one(['in', 'not_in', undefined]) } : property({});
  maybe(result, 'negation', 0.3, () => chance(0.7));
  return result;
}

const cohortGroup = (last, depth) => {
  if (chance(0.02)) return {};
  const type = one(['AND', 'OR', depth > 0 ? 'property' : 'OR']);
  return { type, values: depth < 2 && chance(0.5) ? some(1, 3, () => cohortGroup(last, depth + 1)) : some(0, 3, () => cohortFilter(last)) };
};

function filter(i, group) {
  if (group !== undefined) return property({ type: 'group', group_type_index: group });
  if (chance(0.12)) return { key: 'id', type: 'cohort', value: 1 + random.below(6), operator: one(['in', 'not_in', 'in']) };
  if (chance(0.15) && i > 0) {
    const key = `flag-${random.below(i)}`;
    return { key, type: 'flag', operator: 'flag_evaluates_to', value: one([true, false, 'a', 'b', 'true', 1]), dependency_chain: [key] };
  }
  return property({});
}

const share = () => one([0, 10, 25, 33.3, 50, 50, 66.67, 75, 90, 100, 100, null, '50', 0.1]);

function condition(i, group) {
  const result = {};
  const own = group === undefined && chance(0.1) ? one([0, 1]) : group;
  maybe(result, 'properties', 0.95, () => some(0, chance(0.6) ? 1 : 3, () => filter(i, own)));
  if (own !== group) result.aggregation_group_type_index = own;
  maybe(result, 'rollout_percentage', 0.8, share);
  maybe(result, 'variant', 0.25, () => one(['a', 'b', 'c', 'none', null]));
  return result;
}

function flag(i) {
  const group = chance(0.15) ? one([0, 1, 1, 7]) : undefined;
  const filters = { groups: some(0, 4, () => condition(i, group)) };
  if (group !== undefined) filters.aggregation_group_type_index = group;
  if (chance(0.6))
    filters.multivariate = { variants: some(0, 4, () => 0).map((_, n) => ({ key: one(['a', 'b', 'c', 'on', 'off', 'd é']) + (n > 2 ? n : ''), rollout_percentage: one([50, 25, 20, 10, 33.3, 0, 100, 5]) })) };
  maybe(filters, 'payloads', 0.3, () => ({ true: one(['{"x": 1}', 'text', '"s"', '1.50']), a: '[1]', b: 'not json {' }));
  maybe(filters, 'early_exit', 0.15, () => chance(0.8));
  maybe(filters, 'holdout', 0.1, () => one([{ id: 7, exclusion_percentage: 10 }, { id: 8, exclusion_percentage: 100 }, { id: 9, exclusion_percentage: 50 }, null, { id: null, exclusion_percentage: 10 }, { id: 3, exclusion_percentage: 'x' }, { id: 4, exclusion_percentage: '30' }]));
  const result = { id: 100 + i, key: i === 3 ? '日本-3' : `flag-${i}`, active: chance(0.95), filters };
  maybe(result, 'bucketing_identifier', 0.1, () => one(['device_id', 'distinct_id', null]));
  maybe(result, 'ensure_experience_continuity', 0.03, () => chance(0.5));
  return result;
}

// The flags that lead to a flag, those first that others of them ask.
function chains(flags) {
  const byKey = new Map(flags.map((f) => [f.key, f]));
  const filtersOf = (f) => f.filters.groups.flatMap((g) => g.properties ?? []).filter((p) => p.type === 'flag');
  const chain = (key, seen) => {
    if (byKey.has(key)) for (const p of filtersOf(byKey.get(key))) chain(p.key, seen);
    if (!seen.includes(key)) seen.push(key);
    return seen;
  };
  const lacking = new Set();
  for (const f of flags) {
    for (const p of filtersOf(f)) p.dependency_chain = chain(p.key, []);
    if (filtersOf(f).some((p) => p.dependency_chain.some((key) => !byKey.has(key) || lacking.has(key)))) lacking.add(f.key);
  }
  return lacking;
}

// --- contexts -----------------------------------------------------------------------

function propertyValue(name) {
  if (chance(0.05)) return one(ODD);
  if (name === 'joined' && chance(0.5)) return ago(one([1, 6.9, 7.1, 13, 15, 27, 32, 364, 367, 400]) * 24 * HOUR + one([1, -1]) * HOUR);
  return one(PROPERTIES[name][1].filter((v) => v !== undefined));
}

function properties() {
  const result = {};
  for (const name of NAMES) maybe(result, name, 0.93, () => propertyValue(name));
  return result;
}

function context() {
  const result = { distinctId: `user-${random.below(100000)}${one(['', '', '', 'é', '日'])}`, groups: {}, personProperties: properties(), groupProperties: {} };
  maybe(result.personProperties, '$device_id', 0.8, () => one(['', `device-${random.below(1000)}`, `device-${random.below(1000)}`]));
  maybe(result.personProperties, 'distinct_id', 0.03, () => 'another');
  for (const type of ['company', 'größe'])
    if (chance(0.85)) {
      result.groups[type] = `${type}-${random.below(500)}`;
      result.groupProperties[type] = properties();
    }
  return result;
}

// --- the SDK ---------------------------------------------------------------------------

const offline = { host: 'http://127.0.0.1:9', personalApiKey: 'none', fetch: async () => ({ status: 500, text: async () => '', json: async () => ({}) }) };

// The class behind the client, which is not among the exports.
async function pollerClass() {
  const client = new PostHog('none', offline);
  const found = client.featureFlagsPoller.constructor;
  await client.shutdown();
  return found;
}

const poller = new (await pollerClass())({ ...offline, projectApiKey: 'none', pollingInterval: null });
let open = false;
const plainMatch = poller.isConditionMatch.bind(poller);
poller.isConditionMatch = async (...given) => {
  try {
    return await plainMatch(...given);
  } catch (error) {
    open = true;
    throw error;
  }
};

// Its answer; undefined where it leaves that, or a condition, to the service.
async function ask(config, key, subject) {
  const groupProperties = Object.fromEntries(Object.entries(subject.groups).map(([type, group]) => [type, { $group_key: group, ...subject.groupProperties[type] }]));
  open = false;
  try {
    const result = await poller.computeFlagAndPayloadLocally(config.flags.find((f) => f.key === key), { distinctId: subject.distinctId, groups: subject.groups,
      personProperties: { distinct_id: subject.distinctId, ...subject.personProperties }, groupProperties, evaluationCache: {} }, { skipLoadCheck: true });
    return open ? undefined : result;
  } catch {
    return undefined;
  }
}

async function makeBatch() {
  const flags = Array.from({ length: FLAGS }, (_, i) => flag(i));
  const lacking = chains(flags);
  const cohorts = Object.fromEntries([1, 2, 3, 4, 5].map((id) => [id, cohortGroup(id, 0)]));
  const config = JSON.parse(JSON.stringify({ flags, cohorts, group_type_mapping: { 0: 'company', 1: 'größe' }, ...one([{}, { property_matching_version: 2 }, { property_matching_version: 1 }]) }));
  poller.updateFlagState(config);
  const cases = [];
  const counts = { left: 0, explained: 0 };
  for (let i = 0; i < CONTEXTS; i++) {
    const subject = JSON.parse(JSON.stringify(context()));
    for (const { key } of config.flags) {
      const answer = await ask(config, key, subject);
      if (answer === undefined) {
        counts.left++;
        continue;
      }
      // The service turns a flag off that depends on one that is not there; the
      // SDK may have met another condition before.
      if (lacking.has(key)) {
        counts.explained++;
        continue;
      }
      cases.push({ flag: key, user_key: subject.distinctId, wanted: answer,
        attributes: { ...subject.personProperties, $groups: subject.groups, $group_properties: subject.groupProperties } });
    }
  }
  return { config, cases, counts };
}

// --- the database --------------------------------------------------------------------------

const literal = (json) => `'${JSON.stringify(json).replaceAll("'", "''")}'`;

function differences({ config, cases }) {
  const script = `SET standard_conforming_strings = on; SET client_min_messages = warning;
BEGIN;
SELECT ff_project_create('differential', environments => '{production}') \\g /dev/null
SELECT * FROM ff_import('posthog', ${literal(config)}, 'production', project => 'differential') \\g /dev/null
WITH cases AS MATERIALIZED (SELECT c.value AS item, c.ordinality AS place FROM jsonb_array_elements(${literal(cases)}) WITH ORDINALITY c),
answers AS MATERIALIZED (
	SELECT c.place, c.item, d.value, d.metadata, d.error_code FROM cases c
	CROSS JOIN LATERAL ff_evaluate_detail(c.item ->> 'user_key', c.item ->> 'flag', c.item -> 'attributes', 'production', project => 'differential') d)
SELECT a.place - 1, jsonb_build_object('value', a.value, 'payload', a.metadata -> 'payload', 'error', a.error_code) FROM answers a
WHERE a.value IS DISTINCT FROM a.item #> '{wanted,value}' OR a.error_code IS NOT NULL
	OR coalesce(a.metadata -> 'payload', 'null') IS DISTINCT FROM a.item #> '{wanted,payload}'
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
let different = 0;
const counts = { left: 0, explained: 0 };
while (pairs < Number(args.pairs)) {
  const batch = await makeBatch();
  for (const difference of differences(batch))
    if (different++ < SHOWN) {
      const found = batch.config.flags.find((f) => f.key === difference.wanted.flag);
      console.log(JSON.stringify({ ...difference, flag: found, cohorts: batch.config.cohorts, version: batch.config.property_matching_version }));
    }
  pairs += batch.cases.length;
  counts.left += batch.counts.left;
  counts.explained += batch.counts.explained;
}
console.log(`posthog: ${pairs} pairs, ${different} differences (${counts.left} more were left to the service by the SDK, ${counts.explained} are explained)`);
process.exit(different > 0 ? 1 : 0);
