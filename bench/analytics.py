#!/usr/bin/env python3
"""How long do numbers take about a million messages, and how long does it take to add them up? On a private Postgres, with the
API of the last build (Debug; the time is the store's); every fourth question was understood. Prints a table and the plan of
the dearest statement.

  bench/analytics.py [--messages 1000000] [--conversations 10000] [--days 30]"""
import argparse, json, os, statistics, subprocess, sys, time, urllib.request
import run as bench

def psql(sql):
    r = subprocess.run(["psql", "-h", "127.0.0.1", "-p", bench.PG_PORT, "-U", "postgres", "-d", "chat", "-v", "ON_ERROR_STOP=1", "-qAtX"], input=sql, stdout=subprocess.PIPE, text=True)
    if r.returncode: raise SystemExit("psql failed")
    return r.stdout.strip()

def get(path):
    r = urllib.request.Request(bench.API + path, headers={"X-Api-Key": bench.KEY})
    return json.load(urllib.request.urlopen(r, timeout=30))

def fill(connections, messages, conversations, days):
    """Questions and answers in turns, spread evenly over the days."""
    ids = ",".join(f"('{c}'::uuid, {i})" for i, c in enumerate(connections))
    uid = lambda kind, n: f"('00000001-{kind:04x}-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
    psql(f"""
        CREATE TEMP TABLE k AS SELECT v.id, v.place, c.bot_id FROM (VALUES {ids}) AS v(id, place) JOIN connections c ON c.id = v.id;
        INSERT INTO participants (id, connection_id, user_id, created_at)
            SELECT {uid(1, 'n')}, k.id, 'u' || n, now() FROM generate_series(0, {conversations - 1}) n JOIN k ON place = n % {len(connections)};
        INSERT INTO conversations (id, bot_id, connection_id, chat_id, thread_id, is_group, state, forgotten_through, created_at, last_activity_at)
            SELECT {uid(2, 'n')}, k.bot_id, k.id, 'c' || n, '', false, 0, 0, now(), now() FROM generate_series(0, {conversations - 1}) n JOIN k ON place = n % {len(connections)};
        CREATE TEMP TABLE said AS SELECT n, (n / 2)::bigint * 7919 % {conversations} AS chat, n % 2 = 0 AS asked,
            now() - interval '{days} days' + n * (interval '{days} days' / {messages}) + CASE WHEN n % 2 = 0 THEN interval '0' ELSE random() * interval '5 seconds' END AS at FROM generate_series(0, {messages - 1}) n;
        INSERT INTO messages (id, conversation_id, connection_id, participant_id, author, kind, text, turn_id, created_at)
            SELECT {uid(3, 's.n')}, {uid(2, 'chat')}, k.id, CASE WHEN asked THEN {uid(1, 'chat')} END, CASE WHEN asked THEN 0 ELSE 1 END, 0, 'Where is my parcel? It should have come on Monday.',
                CASE WHEN NOT asked THEN {uid(4, 's.n')} END, at FROM said s JOIN k ON place = chat % {len(connections)} ORDER BY s.n;
        INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, model, prompt_version, input_tokens, output_tokens, attempt, started_at, ended_at)
            SELECT turn_id, conversation_id, sequence - 1, sequence - 1, 0, 'fake-1', 1, 100, 20, 1, created_at, created_at FROM messages WHERE author = 1;
        INSERT INTO insights (message_id, sequence, conversation_id, bot_id, message_at, sentiment, sentiment_score, intent, language, urgency, source, created_at)
            SELECT m.id, m.sequence, m.conversation_id, c.bot_id, m.created_at, m.sequence / 8 % 3, m.sequence / 8 % 3 - 1, nullif('intent' || m.sequence / 8 % 8, 'intent0'), 'en', m.sequence / 8 % 3, 1, m.created_at
            FROM messages m JOIN conversations c ON c.id = m.conversation_id WHERE m.author = 0 AND m.sequence % 8 = 1;
        """)
    psql("VACUUM (ANALYZE)")

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--messages", type=int, default=1_000_000); p.add_argument("--conversations", type=int, default=10_000); p.add_argument("--days", type=int, default=30)
    a = p.parse_args()
    os.makedirs(f"{bench.STATE}/logs", exist_ok=True)
    try:
        bench.postgres()
        dll = f"{bench.ROOT}/ChatOrchestrator.ApiService/bin/Debug/net10.0/ChatOrchestrator.ApiService.dll"
        env = {"ASPNETCORE_ENVIRONMENT": "Production", "Admin__ApiKey": bench.KEY, "Analytics__RollUpSeconds": "0.5",
               "ConnectionStrings__chatdb": f"Host=127.0.0.1;Port={bench.PG_PORT};Username=postgres;Database=chat"}
        bench.start("api", ["dotnet", dll, "--urls", bench.API], env)
        bench.up(bench.API + "/health/ready")
        bots = [bench.post("/api/v1/bots", {"name": f"Bot {i}"})["id"] for i in range(2)]
        connections = [bench.post(f"/api/v1/bots/{bots[i % 2]}/connections", {"platform": "webchat"})["id"] for i in range(4)]
        began = time.time()
        fill(connections, a.messages, a.conversations, a.days)
        filled = time.time()
        print(f"{a.messages:,} messages, {a.conversations:,} conversations, {a.days} days: written in {filled - began:.0f} s", flush=True)
        count = 0
        while count < a.messages:
            time.sleep(0.2)
            count = int(psql("SELECT COALESCE(sum(inbound + by_bot), 0) FROM analytics_hours"))
            if time.time() - filled > 85: raise SystemExit(f"Only {count:,} were added up in time.")
        while (due := int(psql("SELECT (SELECT count(*) FROM insights) - (SELECT COALESCE(sum(messages), 0) FROM analytics_insights)"))) > 0:
            if time.time() - filled > 85: raise SystemExit(f"{due:,} insights were not added up in time.")
            time.sleep(0.2)
        print(f"added up {time.time() - filled:.0f} s later, pauses included, with {psql('SELECT count(*) FROM insights')} insights", flush=True)
        psql("VACUUM (ANALYZE) analytics_hours, analytics_answer_times, analytics_actives, analytics_insights")
        print("| request | median ms of 20 | slowest |\n|---|---|---|")
        for path in ("summary", f"summary?botId={bots[0]}", "series?step=day&groupBy=bot,platform", "series?step=hour"):
            times = []
            for _ in range(21):
                t = time.perf_counter(); got = get(f"/api/v1/analytics/{path}"); times.append((time.perf_counter() - t) * 1000)
            print(f"| `{path.replace(bots[0], 'BOT')}` | {statistics.median(times[1:]):.0f} | {max(times[1:]):.0f} |", flush=True)
            if path == "summary": numbers = got["numbers"]
        print(json.dumps(numbers))
        print(psql("SELECT relname || ': ' || n_live_tup || ' rows, ' || pg_size_pretty(pg_total_relation_size(relid)) FROM pg_stat_user_tables WHERE relname IN ('messages', 'analytics_hours', 'analytics_answer_times', 'analytics_actives', 'analytics_insights', 'insights') ORDER BY 1"))
        print(psql("EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) SELECT count(*) FROM (SELECT DISTINCT subject FROM analytics_actives WHERE (kind = 0 OR kind = 1) AND grain = 1 AND kind = 0 "
                   f"AND slot >= extract(epoch FROM now())::int / 86400 - {a.days} AND slot < extract(epoch FROM now())::int / 86400) s"))
    finally:
        bench.stop_all()

main()
