# A role without any right on schema ff evaluates wherever SQL is evaluated,
# and can do nothing else.

use strict;
use warnings FATAL => 'all';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use Session;

my $node = PostgreSQL::Test::Cluster->new('main');
$node->init;
$node->start;
$node->safe_psql('postgres', q{
	CREATE EXTENSION featureflow;
	SELECT ff_segment_create('staff', '{"attribute": "user_key", "op": "eq", "value": "ann"}');
	SELECT ff_flag_create('needed'), ff_flag_default('needed', 'true');
	SELECT ff_flag_create('beta', client_visible => true), ff_flag_rules('beta', '[{"when": {"segment": "staff"}, "serve": true}]'), ff_flag_require('beta', 'needed');
	SELECT ff_override('beta', 'on', user_key => 'bob'), ff_flag_plan('beta', 'free');
	CREATE ROLE visitor LOGIN;
	CREATE ROLE admin LOGIN;
	SELECT ff_grant('admin', 'admin');
	CREATE TABLE orders (id int GENERATED ALWAYS AS IDENTITY, customer text, beta boolean);
	INSERT INTO orders (customer) VALUES ('ann'), ('bob'), ('cid');
	GRANT SELECT, INSERT, UPDATE ON orders TO visitor;
	ALTER TABLE orders ENABLE ROW LEVEL SECURITY;
	CREATE POLICY everybody ON orders TO visitor USING (true);
	CREATE FUNCTION stamp() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.beta := ff_is_enabled(NEW.customer, 'beta'); RETURN NEW; END $$;
	CREATE TRIGGER stamp BEFORE INSERT OR UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION stamp();
	CREATE VIEW beta_orders AS SELECT customer FROM orders WHERE ff_is_enabled(customer, 'beta');
	CREATE VIEW own_beta_orders WITH (security_invoker) AS SELECT customer FROM orders WHERE ff_is_enabled(customer, 'beta');
	GRANT SELECT ON beta_orders, own_beta_orders TO visitor});

my $visitor = Session->new($node, 'postgres', user => 'visitor');
is($visitor->query(q{SELECT string_agg(customer, ',' ORDER BY id) FROM orders WHERE ff_is_enabled(customer, 'beta')}), 'ann,bob', 'in WHERE');
is($visitor->query(q{SELECT string_agg(customer, ',' ORDER BY customer) FROM beta_orders}), 'ann,bob', 'in a view');
is($visitor->query(q{SELECT string_agg(customer, ',' ORDER BY customer) FROM own_beta_orders}), 'ann,bob', 'in a view of the invoker');
is($visitor->query(q{INSERT INTO orders (customer) VALUES ('ann'), ('cid') RETURNING beta}), "t\nf", 'in a trigger');
$node->safe_psql('postgres', q{DROP POLICY everybody ON orders; CREATE POLICY beta ON orders TO visitor USING (ff_is_enabled(customer, 'beta'))});
is($visitor->query(q{SELECT string_agg(DISTINCT customer, ',') FROM orders}), 'ann,bob', 'in a policy');
my $admin = Session->new($node, 'postgres', user => 'admin');
$admin->query(q{SELECT ff_segment_update('staff', '{"attribute": "user_key", "op": "eq", "value": "cid"}')});
is($admin->error, '', 'an administrator changes what it answers');
is($visitor->query(q{SELECT string_agg(DISTINCT customer, ',') FROM orders}), 'bob,cid', 'and the policy follows');
is($visitor->query(q{SELECT ff_bootstrap('cid'), ff_enabled_flags('cid'), (SELECT count(*) FROM ff_evaluate_all('cid')), (SELECT count(*) FROM ff_public_flags()),
	(ff_evaluate_detail('cid', 'beta')).reason, ff_evaluate('cid', 'beta'), ff_version() > 0, ff_bucket('a', 'b') >= 0}),
	'{"beta": true}|{beta,needed}|2|1|TARGETING_MATCH|true|t|t', 'every evaluation function');

foreach my $refused (
	'SELECT * FROM ff.flags', 'SELECT * FROM ff.versions', 'SELECT * FROM ff.audit_log', 'SELECT * FROM ff.flag_versions', 'SELECT * FROM ff.overrides',
	'SELECT * FROM ff.flags_overview', q{UPDATE ff.flag_settings SET enabled = false}, q{INSERT INTO ff.audit_log DEFAULT VALUES}, 'TRUNCATE ff.flags',
	q{SELECT nextval('ff.version_numbers')}, q{SELECT setval('ff.version_numbers', 1)}, q{SELECT ff_flag_create('x')}, q{SELECT ff_flag_default('beta', 'true')},
	q{SELECT ff_flag_kill('beta')}, q{SELECT ff_override('beta', 'on', user_key => 'x')}, q{SELECT ff_explain('cid', 'beta')},
	q{SELECT ff_flag_history('beta')}, q{SELECT ff_grant('visitor', 'admin')}, q{SELECT ff_pre_restore()}, q{SELECT ff_post_restore()},
	q{SELECT ff._lock_project('ff000000-0000-4000-8000-000000000002')}, q{SELECT ff._check_now('flag', 'ff000000-0000-4000-8000-000000000002')},
	q{SELECT ff._record_version(NULL, NULL, 'x')}, q{CALL ff._watch('orders', NULL, false)}, q{SET featureflow.allow_overrides = on},
	q{CREATE TRIGGER t BEFORE INSERT ON ff.flags FOR EACH ROW EXECUTE FUNCTION stamp()}, q{CREATE TABLE ff.mine (i int)})
{
	$visitor->query($refused);
	like($visitor->error, qr/permission denied|must be owner/, "refused: $refused");
}
foreach my $refused (
	'UPDATE ff.audit_log SET reason = NULL', 'DELETE FROM ff.audit_log', 'INSERT INTO ff.audit_log SELECT * FROM ff.audit_log', 'UPDATE ff.flag_versions SET version = 1',
	'DELETE FROM ff.flag_versions', 'UPDATE ff.versions SET version = 1', 'TRUNCATE ff.audit_log', q{SELECT ff_pre_restore()}, q{SELECT ff_grant('visitor', 'admin')})
{
	$admin->query($refused);
	like($admin->error, qr/permission denied|must be owner|only superusers/, "refused to an administrator: $refused");
}
is($admin->query(q{UPDATE ff.flag_settings SET enabled = false WHERE flag_id = (SELECT id FROM ff.flags WHERE key = 'needed') AND environment_id = 'ff000000-0000-4000-8000-000000000013'
	RETURNING enabled}), 'f', 'an administrator may write to the tables');
is($visitor->query(q{SELECT count(*) FROM orders}), '0', 'which the policy follows too');
is($admin->query(q{SELECT acting_role, action FROM ff.audit_log ORDER BY number DESC LIMIT 1}), 'admin|update', 'under its own name');

# Settings of superusers that a session set before they were known are not
# taken over.
my $bold = Session->new($node, 'postgres', user => 'admin');
$bold->query(q{SET featureflow.restoring = on; SET featureflow.authenticators = 'admin'; SET request.jwt.claims = '{"sub": "forged"}'});
$bold->query(q{UPDATE ff.flag_settings SET enabled = true WHERE environment_id = 'ff000000-0000-4000-8000-000000000013'});
is($bold->query(q{SELECT acting_role, account IS NULL FROM ff.audit_log ORDER BY number DESC LIMIT 1}), 'admin|t', 'an administrator cannot still the audit, nor forge a claim');
is($bold->query(q{SELECT current_setting('featureflow.restoring'), current_setting('featureflow.authenticators')}), 'off|authenticator', 'the settings are as they were');
$bold->query(q{SET featureflow.restoring = on});
like($bold->error, qr/permission denied/, 'and are refused');
$bold->quit;

# The library is not loaded before the first call; settings cannot be forged
# by placeholders.
my $forger = Session->new($node, 'postgres', user => 'visitor');
$forger->query(q{SET featureflow.allow_overrides = on; SET featureflow.override = 'beta=on'});
is($forger->query(q{SELECT ff_is_enabled('nobody', 'beta')}), 'f', 'a superuser setting is not taken from a session that set it before loading');
is($forger->query(q{SELECT current_setting('featureflow.allow_overrides')}), 'off', 'it is off');

$_->quit foreach $visitor, $admin, $forger;
# Functions in a schema of their own: the grant reaches them.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->safe_psql('elsewhere', q{
	CREATE SCHEMA "My app"; CREATE EXTENSION featureflow SCHEMA "My app"; CREATE ROLE far LOGIN;
	SELECT "My app".ff_grant('far', 'evaluate')});
is($node->safe_psql('elsewhere', q{SELECT "My app".ff_is_enabled('u', 'nothing'), "My app".ff_track('u', 'seen')},
	extra_params => [ '-U', 'far' ]), 'f|', 'evaluation and events where the functions are in a schema of their own');

$node->stop;
done_testing();
