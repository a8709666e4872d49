# The sections of bench/run. Each writes samples to a file, one line
# "name <tab> round <tab> microseconds" a sample, and prints its lines by
# bench/ratio. Sourced, not run.

ATTRIBUTES='{"age": 42, "plan": "pro", "country": "DE", "email": "user-77@example.com", "beta": true, "locale": "de-DE", "device": "phone", "version": "2.4.1", "signed_up": "2024-05-01T00:00:00Z", "score": 17.25}'

heading() {
  printf '\n%s\n%-66s %8s %-15s %-5s %6s\n' "$1" '' median min-max unit goal
}

# line SECTION TITLE UNIT FORMULA [GOAL]
line() {
  local section=$1
  shift
  "$BENCH/ratio" "$WORK/$section.tsv" "$@"
}

# timed SECTION ARGUMENTS: the list of statements on standard input
timed() {
  local section=$1
  shift
  run "$WORK/clock" "$@" -n "$ROUNDS" > "$WORK/$section.tsv"
}

# calls SECTION DATABASE ROUND NAME...: the scripts $WORK/NAME.sql in one
# session of pgbench, drawn at random one transaction at a time; of the
# latencies of each, the mean of the middle four fifths
calls() {
  local section=$1 database=$2 round=$3 name names=("${@:4}") scripts=()
  for name in "${names[@]}"; do
    scripts+=(-f "$WORK/$name.sql")
  done
  rm -f "$WORK"/log.*
  run pgbench -n -M prepared -T "$LENGTH" -D key=user-77 -D flag=flag-42 -D attrs="$ATTRIBUTES" \
    --log --log-prefix="$WORK/log" "${scripts[@]}" "$database" > /dev/null
  sort -k4,4n -k3,3n "$WORK"/log.* | awk -v names="${names[*]}" -v round="$round" '
    function finish(  i, first, last, sum) {
      first = int(count / 10); last = count - first
      for (i = first; i < last; i++) sum += latency[i]
      if (count) printf "%s\t%d\t%.3f\n", name[script + 1], round, sum / (last - first)
    }
    BEGIN { split(names, name, " ") }
    $4 != script { finish(); script = $4; count = 0 }
    { latency[count++] = $3 }
    END { finish() }' >> "$WORK/$section.tsv"
}

script() {
  printf '%s;\n' "$2" > "$WORK/$1.sql"
}

# The forms that are compared must give the flag to the same users.
check_answers() {
  local different
  different=$(run psql -XAt -d flags100 -c "SELECT count(*) FROM few_users
    WHERE ff_is_enabled(id, 'flag-42', attrs) IS DISTINCT FROM bench_probe(id, attrs)")
  [ "$different" = 0 ] || die "ff_is_enabled and the probe differ for $different users"
}

# Every form over one tenth of the table after the other, so that they are
# compared some milliseconds apart and a round still covers all rows.
tenths() {
  local tenth pages scan
  pages=$(run psql -XAt -d flags100 -c "SELECT pg_relation_size('users') / 8192 / 10 + 1")
  for tenth in 0 1 2 3 4 5 6 7 8 9; do
    scan="dbname=flags100	SELECT count(*) FROM users WHERE ctid >= '($((tenth * pages)),0)' AND ctid < '($(((tenth + 1) * pages)),0)'"
    cat <<-EOF
	scan	$scan
	noop	$scan AND bench_noop(id, 'flag-42')
	noop3	$scan AND bench_noop(id, 'flag-42', attrs)
	probe	$scan AND bench_probe(id, attrs)
	ff	$scan AND ff_is_enabled(id, 'flag-42', attrs)
	again	$scan AND bench_probe(id, attrs)
	EOF
  done
}

# 1. one evaluation a row of a query
section_1() {
  database flags100 100
  check_answers
  local few="dbname=flags100	SELECT count(*) FROM few_users"
  { tenths; cat; } <<-EOF | timed 1
	few	$few
	typed	$few WHERE attrs->>'country' IN ('DE', 'FR', 'GB', 'US') AND attrs->>'plan' = 'pro' AND (attrs->>'age')::int >= 30 AND abs(hashtextextended('flag-42:' || id, 0) % 100000) < 50000
	hand	$few WHERE hand_is_enabled(id, 'flag-42', attrs)
	EOF
  heading "1. One evaluation a row: $USERS users, 100 flags, rule of three conditions and split, net of the scan"
  line 1 'ff_is_enabled(id, flag, attrs) / hard-wired C probe' x '({ff} - {scan}) / ({probe} - {scan})' 1.5
  line 1 'A/A: the probe / the same again' x '({again} - {scan}) / ({probe} - {scan})'
  line 1 'count(*) alone, a row' ns "{scan} * 10000 / $USERS"
  line 1 'C function that does nothing, two arguments' ns "({noop} - {scan}) * 10000 / $USERS"
  line 1 'C function that does nothing, attributes too' ns "({noop3} - {scan}) * 10000 / $USERS"
  line 1 'hard-wired C probe' ns "({probe} - {scan}) * 10000 / $USERS"
  line 1 'ff_is_enabled' ns "({ff} - {scan}) * 10000 / $USERS"
  line 1 'the rule typed by hand into WHERE' ns "({typed} - {few}) * 1000 / $FEW_USERS"
  line 1 'hand-written PL/pgSQL' ns "({hand} - {few}) * 1000 / $FEW_USERS"
  line 1 'hand-written PL/pgSQL / ff_is_enabled' x "({hand} - {few}) * $USERS / 10 / $FEW_USERS / ({ff} - {scan})"
}

# One call a transaction, before and after edits under an old snapshot.
one_call() {
  local round
  for (( round = 1; round <= ROUNDS; round++ )); do
    calls "$1" flags100 "$round" noop noop_again is_enabled
  done
  line "$1" 'ff_is_enabled(key, flag) above the no-op' us '{is_enabled} - {noop}' 3
  line "$1" 'A/A: the no-op above itself' us '{noop_again} - {noop}'
  line "$1" 'the no-op itself' us '{noop}'
}

# 2. one evaluation a statement
section_2() {
  database flags100 100
  script noop 'SELECT bench_noop(:key, :flag)'
  script noop_again 'SELECT bench_noop(:key, :flag)'
  script is_enabled 'SELECT ff_is_enabled(:key, :flag)'
  heading '2. One call of two text arguments by pgbench -M prepared'
  one_call 2
  hold_snapshot
  printf '%s\n' '\set n random(1, 100)' '\set percentage random(0, 100)' \
    "SELECT ff_flag_rollout('flag-' || :n, :percentage);" > "$WORK/edit.sql"
  run pgbench -n -c 1 -t 10000 -f "$WORK/edit.sql" flags100 > "$WORK/edits.log"
  heading '2. The same after 10,000 edits under an old snapshot'
  one_call 2-edited
  release_snapshot
  quiet -d flags100 -c VACUUM
}

# A transaction whose snapshot keeps all row versions alive.
hold_snapshot() {
  coproc SNAPSHOT { run psql -XAt -d flags100; }
  printf 'BEGIN ISOLATION LEVEL REPEATABLE READ;\nSELECT 1;\n' >&"${SNAPSHOT[1]}"
  read -r _ <&"${SNAPSHOT[0]}"
  read -r _ <&"${SNAPSHOT[0]}"
}

release_snapshot() {
  local pid=$SNAPSHOT_PID
  printf 'COMMIT;\n\\q\n' >&"${SNAPSHOT[1]}"
  wait "$pid"
}

# 3. all flags of a user in one statement
section_3() {
  local round
  database flags100 100
  script one 'SELECT 1'
  script one_again 'SELECT 1'
  script bootstrap 'SELECT ff_bootstrap(:key, :attrs::jsonb)'
  script rows 'SELECT * FROM bench_rows()'
  script rows_again 'SELECT * FROM bench_rows()'
  script all 'SELECT * FROM ff_evaluate_all(:key, :attrs::jsonb)'
  for (( round = 1; round <= ROUNDS; round++ )); do
    calls 3 flags100 "$round" one one_again bootstrap rows rows_again all
  done
  heading '3. 100 flags of one user in one statement by pgbench -M prepared'
  line 3 'ff_bootstrap(key, attrs) / SELECT 1' x '{bootstrap} / {one}' 5
  line 3 'A/A: SELECT 1 / the same again' x '{one_again} / {one}'
  line 3 'ff_evaluate_all(key, attrs) / C function of 100 constant rows' x '{all} / {rows}' 1.5
  line 3 'A/A: the constant rows / the same again' x '{rows_again} / {rows}'
  line 3 'SELECT 1' us '{one}'
  line 3 'ff_bootstrap' us '{bootstrap}'
  line 3 'constant rows' us '{rows}'
  line 3 'ff_evaluate_all' us '{all}'
}

# 4. the first evaluation of a new backend
section_4() {
  local target='dbname=flags10000'
  database flags10000 10000
  timed 4 -f -r 40 <<-EOF
	first	$target	SELECT ff_is_enabled('user-77', 'flag-42', '$ATTRIBUTES')
	again	$target	SELECT ff_is_enabled('user-77', 'flag-42', '$ATTRIBUTES')
	noop	$target	SELECT bench_noop('user-77', 'flag-42', '$ATTRIBUTES')
	one	$target	SELECT 1
	EOF
  heading '4. First evaluation in a new backend, 10,000 flags defined, no preload'
  line 4 'first ff_is_enabled / making the connection' x '{first} / {first_connect}' 0.5
  line 4 'A/A: the same again' x '{again} / {again_connect}'
  line 4 'making the connection' us '{first_connect}'
  line 4 'first ff_is_enabled' us '{first}'
  line 4 'first call of the C no-op (library loaded, function looked up)' us '{noop}'
  line 4 'first SELECT 1' us '{one}'
}

# 5. memory of a backend that used 100 of 10,000 flags
section_5() {
  database flags10000 10000
  cat > "$WORK/5.sql" <<-'EOF'
	SELECT 'before', 1, sum(total_bytes) FROM pg_backend_memory_contexts;
	SELECT count(ff_is_enabled('user-77', 'flag-' || n)) AS evaluated FROM generate_series(1, 100) AS n \gset
	SELECT 'after', 1, sum(total_bytes) FROM pg_backend_memory_contexts;
	SELECT 'cache', 1, sum(total_bytes) FROM pg_backend_memory_contexts
	WHERE name LIKE 'featureflow%' OR parent LIKE 'featureflow%';
	EOF
  run psql -XAtq -F $'\t' -d flags10000 -f "$WORK/5.sql" > "$WORK/5.tsv"
  heading '5. Memory of a backend, 100 of 10,000 flags used'
  line 5 'contexts named featureflow' kB '{cache} / 1024' 1024
  line 5 'all contexts, growth (catalog caches and plans too)' kB '({after} - {before}) / 1024'
}

# 6. the cost of one evaluation by the number of flags
section_6() {
  local flags round target list=
  for flags in 10 100 1000 10000; do
    database "flags$flags" "$flags"
    target="dbname=flags$flags	SELECT count(*) FROM few_users"
    list+="-	dbname=flags$flags	SELECT ff_enabled_flags('user-77', '$ATTRIBUTES')
scan_$flags	$target
rows_$flags	$target WHERE ff_is_enabled(id, 'flag-7', attrs)
again_$flags	$target WHERE ff_is_enabled(id, 'flag-7', attrs)
"
    script "noop_$flags" "SELECT bench_noop(:key, 'flag-7')"
    script "call_$flags" "SELECT ff_is_enabled(:key, 'flag-7')"
  done
  timed 6 -r 9 <<< "$list"
  for (( round = 1; round <= ROUNDS; round++ )); do
    for flags in 10 100 1000 10000; do
      calls 6 "flags$flags" "$round" "noop_$flags" "call_$flags"
    done
  done
  heading '6. One evaluation by the number of flags, all of them compiled'
  for flags in 100 1000 10000; do
    line 6 "a row, net of the scan: $flags flags / 10 flags" x \
      "({rows_$flags} - {scan_$flags}) / ({rows_10} - {scan_10})" "$([ $flags != 10000 ] || echo 1.2)"
  done
  line 6 'A/A: 10,000 flags / the same again' x '({again_10000} - {scan_10000}) / ({rows_10000} - {scan_10000})'
  for flags in 10 100 1000 10000; do
    line 6 "one call above the no-op, $flags flags" us "{call_$flags} - {noop_$flags}"
  done
  after_edits
}

# What the first evaluation pays after another session's edit of another flag,
# compared with one that follows a pause of the other session.
after_edits() {
  local flags list= call="SELECT ff_is_enabled('user-77', 'flag-7')"
  for flags in 10 10000; do
    list+="-	dbname=flags$flags	SELECT ff_enabled_flags('user-77', '$ATTRIBUTES')
edit_$flags	dbname=flags$flags application_name=editor	SELECT ff_flag_rollout('flag-3', (random() * 100)::int)
edited_$flags	dbname=flags$flags	$call
pause_$flags	dbname=flags$flags application_name=editor	SELECT pg_sleep(0.003)
rested_$flags	dbname=flags$flags	$call
"
  done
  timed 6-edits -o -r 20 <<< "$list"
  for flags in 10 10000; do
    line 6-edits "first call after an edit above one after a pause, $flags flags" us "{edited_$flags} - {rested_$flags}"
    line 6-edits "the edit itself, $flags flags" us "{edit_$flags}"
  done
}

# 8. lists of a million, and the application's own table
section_8() {
  local visits="dbname=application	SELECT count(*) FROM visits"
  database application 100
  say "filling the application's tables"
  quiet -d application -v rows="$USERS" -v few="$((USERS / 5))" -f "$BENCH/application.sql"
  timed 8 <<-EOF
	all	dbname=application	SELECT count(*) FROM customers
	all_listed	dbname=application	SELECT count(*) FROM customers WHERE ff_is_enabled(id, 'listed')
	all_again	dbname=application	SELECT count(*) FROM customers WHERE ff_is_enabled(id, 'listed')
	scan	$visits
	listed	$visits WHERE ff_is_enabled(customer, 'listed')
	listed_again	$visits WHERE ff_is_enabled(customer, 'listed')
	-	dbname=application application_name=nested	SET enable_hashjoin = off
	-	dbname=application application_name=nested	SET enable_mergejoin = off
	exists	dbname=application application_name=nested	SELECT count(*) FROM visits v JOIN ff.segment_members m ON m.segment_id = (SELECT id FROM ff.segments WHERE key = 'million') AND m.user_key = v.customer COLLATE "C"
	source	$visits WHERE ff_is_enabled(customer, 'flag-42')
	source_again	$visits WHERE ff_is_enabled(customer, 'flag-42')
	join	$visits v JOIN customers c ON c.id = v.customer WHERE ff_is_enabled(c.id, 'flag-42', jsonb_build_object('country', c.country, 'plan', c.plan, 'age', c.age))
	outer	$visits v LEFT JOIN customers c ON c.id = v.customer WHERE ff_is_enabled(v.customer, 'flag-42', to_jsonb(c))
	EOF
  heading "8. The application's own data: a list of 1 M, $USERS customers and $((USERS / 5)) of their visits"
  line 8 'is a customer in the list, customers as they are stored, net of the scan' us "({all_listed} - {all}) / $USERS" 1
  line 8 'A/A: the same again' us "({all_again} - {all}) / $USERS"
  line 8 'is a visitor in the list, in no order' us "({listed} - {scan}) / ($USERS / 5)"
  line 8 'A/A: the same again' us "({listed_again} - {scan}) / ($USERS / 5)"
  line 8 'the same by hand, by a nested loop over the index' us "({exists} - {scan}) / ($USERS / 5)"
  line 8 'three attributes by a context source / join and jsonb_build_object by hand' x '{source} / {join}' 1.5
  line 8 'A/A: by a context source / the same again' x '{source} / {source_again}'
  line 8 'by a context source / join and to_jsonb(row) by hand' x '{source} / {outer}'
  line 8 'by a context source, a row net of the scan' us "({source} - {scan}) / ($USERS / 5)"
}

# writers CLIENTS ROUND NAME...: each script $WORK/NAME.sql by that many clients
# for a while, one script after the other; the time of a transaction is the
# whole time by the number of transactions
writers() {
  local clients=$1 round=$2 name rate
  for name in "${@:3}"; do
    rate=$(run pgbench -n -M prepared -c "$clients" -j 2 -T "$LENGTH" -f "$WORK/$name.sql" audit |
      sed -n 's/^tps = \([0-9.]*\) .*/\1/p')
    printf '%s_%s\t%d\t%.3f\n' "$name" "$clients" "$round" "$(awk -v rate="$rate" 'BEGIN { print 1000000 / rate }')" >> "$WORK/7.tsv"
  done
}

# 7. what an entry in the chain costs a writer
section_7() {
  local round name
  run createdb audit
  quiet -d audit -c 'CREATE EXTENSION featureflow' -f "$BENCH/audit.sql"
  for name in bare chained plain again; do
    printf '\\set n :client_id %% 8 + 1\nSELECT bench_%s(:n);\n' "${name/again/plain}" > "$WORK/${name}.sql"
    printf 'SELECT bench_%s(1);\n' "${name/again/plain}" > "$WORK/${name}_one.sql"
  done
  printf "\\\\set n :client_id %% 8 + 1\nSELECT bench_whole(:n);\n" > "$WORK/whole.sql"
  for (( round = 1; round <= ROUNDS; round++ )); do
    writers 1 "$round" bare plain chained again whole
    writers 8 "$round" plain chained again plain_one chained_one again_one
  done
  heading '7. UPDATE of a flag setting on copies of the table: our audit trigger with its chain / a plain PL/pgSQL audit trigger'
  line 7 '1 writer' x '{chained_1} / {plain_1}'
  line 7 '8 writers over 8 projects' x '{chained_8} / {plain_8}'
  line 7 '8 writers over one project' x '{chained_one_8} / {plain_one_8}'
  line 7 'A/A: the plain trigger / the same again, 1 writer' x '{again_1} / {plain_1}'
  line 7 'A/A: 8 writers over 8 projects' x '{again_8} / {plain_8}'
  line 7 'A/A: 8 writers over one project' x '{again_one_8} / {plain_one_8}'
  line 7 'no trigger, 1 writer' us '{bare_1}'
  line 7 'plain trigger, 1 writer' us '{plain_1}'
  line 7 'our trigger, 1 writer' us '{chained_1}'
  line 7 'ff.flag_settings itself: version, checks, history, chain, notification' us '{whole_1}'
  verify_million
}

# The time to verify the entries that were written, a million of them.
verify_million() {
  cat > "$WORK/verify.sql" <<-'EOF'
	SELECT count(*) AS entries FROM ff.audit_log \gset
	SELECT clock_timestamp() AS before \gset
	SELECT count(*) AS problems FROM ff_audit_verify() \gset
	SELECT 'verify', 1, extract(epoch FROM clock_timestamp() - :'before') / :entries * 1000000, :problems;
	EOF
  run psql -XAtq -F $'\t' -d audit -f "$WORK/verify.sql" > "$WORK/7-verify.tsv"
  [ "$(cut -f4 "$WORK/7-verify.tsv")" = 0 ] || die "the chain is broken"
  line 7-verify 'ff_audit_verify of a million such entries' s '{verify}'
}

# 9. flags of other systems in their dialects, the same flag as the native one
section_9() {
  local provider scan="dbname=imported	SELECT count(*) FROM users"
  local providers=(launchdarkly unleash)
  database imported 100
  quiet -d imported -f "$BENCH/imported.sql"
  { cat; for provider in "${providers[@]}"; do
      printf '%s\t%s WHERE ff_is_enabled(id, '\'%s\'', attrs)\n' "$provider" "$scan" "$provider"
    done; } <<-EOF | timed 9
	scan	$scan
	native	$scan WHERE ff_is_enabled(id, 'flag-42', attrs)
	again	$scan WHERE ff_is_enabled(id, 'flag-42', attrs)
	EOF
  heading "9. One evaluation a row: $FEW_USERS users, three conditions and a split as another system has them, net of the scan"
  for provider in "${providers[@]}"; do
    line 9 "$provider / the native flag" x "({$provider} - {scan}) / ({native} - {scan})" 2
  done
  line 9 'A/A: the native flag / the same again' x '({again} - {scan}) / ({native} - {scan})'
  line 9 'the native flag' ns "({native} - {scan}) * 1000 / $FEW_USERS"
  for provider in "${providers[@]}"; do
    line 9 "$provider" ns "({$provider} - {scan}) * 1000 / $FEW_USERS"
  done
}
