-- YAML: what is written is read back as it was; what cannot be read says where.
\pset format unaligned
\pset tuples_only on
SELECT ff_yaml('{"flags": {"on": {"state": "ENABLED", "variants": {"yes": true, "n": 2.50}, "list": [1, "two", null, {"a": []}], "none": {}}}}');
SELECT ff_yaml('"007"'), ff_yaml('7'), ff_yaml('[]'), ff_yaml('null'), ff_yaml('"plain text"');
-- Texts that look like something else.
SELECT d, ff_from_yaml(ff_yaml(d)) = d AS same FROM unnest(ARRAY['{"a": ["yes", "No", "~", "", "1", "0x1F", "1e3", ".5", "2020-01-01", "12:30", "-", "? a", "- a", "a: b", "a #b", " a", "a ", "*a", "&a", "!a", "%a", "@a", "`a", "''a''", "\"a\""]}',
	'{"true": false, "": 0, "a\nb": "c\n\td\r", "\u0001": "\u007f"}', '"x"', '12345678901234567890.123456789', '[[], [[]], {}]']::jsonb[]) d;
SELECT ff_from_yaml(E'base: &base {hex: 0x1F, octal: 0o17, half: +.5, zeros: 007, word: yes, date: 2020-01-01}\ncopy: *base\nempty: [~, "~"]\ntext: |\n  two\n  lines\n');
SELECT ff_from_yaml('just text'), ff_from_yaml('"1"'), ff_from_yaml('1'), ff_from_yaml('---' || E'\n');
SELECT ff_from_yaml(NULL) IS NULL, ff_yaml(NULL) IS NULL;
\set VERBOSITY default
SELECT ff_from_yaml('');
SELECT ff_from_yaml(E'a: 1\nb: 2\na: 3');
SELECT ff_from_yaml(E'a: [1,\n  b');
SELECT ff_from_yaml('a: .inf');
SELECT ff_from_yaml(E'a: 1\n---\nb: 2');
SELECT ff_from_yaml('"a\0b"');
SELECT ff_from_yaml('? [a]
: b');
SELECT ff_from_yaml('a: *nowhere');
SELECT ff_from_yaml('&a [*a]');
-- A few lines that stand for a billion.
SELECT ff_from_yaml('a: &a [x, x, x, x, x, x, x, x, x, x]
b: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]
c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b, *b]
d: &d [*c, *c, *c, *c, *c, *c, *c, *c, *c, *c]
e: &e [*d, *d, *d, *d, *d, *d, *d, *d, *d, *d]
f: &f [*e, *e, *e, *e, *e, *e, *e, *e, *e, *e]
g: [*f, *f, *f]');
