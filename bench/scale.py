#!/usr/bin/env python3
"""Does a message cost the same when much is stored? In one run: the same chats, each with 100 messages of history, in a store
that holds nothing else, and then among a million messages of 10,000 conversations; writes docs/benchmarks.md's scale table.

  bench/scale.py [--harness ../shared/bench] [--quick] [--messages 10000] [--rounds 3] [--conversations 10000] [--no-write]

Same processes, Postgres and load as bench/run.py. Rates and CPU vary with the machine; the rows and pages that Postgres
touches per message do not, so they are counted too. Exit code 1: slower or dearer by more than 10 %."""
import argparse, os, signal, statistics, subprocess, sys, time
import run as bench

CHATS, HISTORY = 200, 100

def psql(sql):
    r = subprocess.run(["psql", "-h", "127.0.0.1", "-p", bench.PG_PORT, "-U", "postgres", "-d", "chat", "-v", "ON_ERROR_STOP=1", "-qAtX", "-F", " "], input=sql, stdout=subprocess.PIPE, text=True)
    if r.returncode: raise SystemExit("psql failed")
    return r.stdout.strip()

def fill(store, connections, conversations):
    """Conversations with HISTORY messages each, written in turns, so that every chat's rows lie among all others'. The first
    CHATS of each connection are those that the load generator's measured run writes to; the rest belong to the first one."""
    total = conversations * HISTORY
    ids = ",".join(f"('{c}'::uuid, {i})" for i, c in enumerate(connections))
    uid = lambda kind, n: f"('{store:08x}-{kind:04x}-7000-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
    psql(f"""
        CREATE TEMP TABLE k AS SELECT v.id, v.place, c.bot_id FROM (VALUES {ids}) AS v(id, place) JOIN connections c ON c.id = v.id;
        CREATE TEMP TABLE chat AS SELECT n, CASE WHEN n < {CHATS * len(connections)} THEN n / {CHATS} ELSE 0 END AS place,
            (CASE WHEN n < {CHATS * len(connections)} THEN 1000020000 + n % {CHATS} ELSE 2000000000 + n END)::text AS chat_id FROM generate_series(0, {conversations - 1}) n;
        INSERT INTO participants (id, connection_id, user_id, display_name, username, language, created_at)
            SELECT {uid(1, 'n')}, k.id, chat_id, 'Robin Example', 'robin_example_' || n % {CHATS}, 'en', now() FROM chat JOIN k USING (place);
        INSERT INTO conversations (id, bot_id, connection_id, chat_id, thread_id, is_group, title, state, forgotten_through, created_at, last_activity_at)
            SELECT {uid(2, 'n')}, k.bot_id, k.id, chat_id, '', false, 'Robin Example', 0, 0, now(), now() FROM chat JOIN k USING (place);
        INSERT INTO messages (id, conversation_id, connection_id, participant_id, author, kind, platform_message_id, text, turn_id, created_at)
            SELECT {uid(3, 'm.n')}, {uid(2, f'm.n % {conversations}')}, k.id, CASE WHEN q THEN {uid(1, f'm.n % {conversations}')} END, CASE WHEN q THEN 0 ELSE 1 END, 0,
                CASE WHEN q THEN 'old' || m.n END, CASE WHEN q THEN 'Hello, I ordered a blue lamp last week and the parcel has not arrived yet, where is it? ' ELSE 'It is on its way and will be with you soon. ' END || m.n,
                CASE WHEN NOT q THEN {uid(4, f'm.n - {conversations}')} END, now() - interval '1 day' + m.n * interval '1 millisecond'
            FROM (SELECT n, n / {conversations} % 2 = 0 AS q FROM generate_series(0, {total - 1}) n) m JOIN chat c ON c.n = m.n % {conversations} JOIN k USING (place) ORDER BY m.n;
        UPDATE messages a SET answers_sequence = a.sequence - {conversations} WHERE a.author = 1 AND a.id >= {uid(3, 0)} AND a.id < {uid(3, total)};
        INSERT INTO turns (id, conversation_id, from_sequence, through_sequence, state, model, prompt_version, input_tokens, output_tokens, attempt, worker, started_at, ended_at)
            SELECT turn_id, conversation_id, answers_sequence, answers_sequence, 0, 'fake-1', 1, 100, 20, 1, 'filled', created_at, created_at
            FROM messages WHERE author = 1 AND id >= {uid(3, 0)} AND id < {uid(3, total)};
        INSERT INTO parts (message_id, ordinal, conversation_id, state, attempts, platform_message_id, sent_at)
            SELECT id, 0, conversation_id, 3, 1, 'sent' || sequence, created_at FROM messages WHERE author = 1 AND id >= {uid(3, 0)} AND id < {uid(3, total)};
        INSERT INTO lanes (conversation_id, lease_token, last_sequence, handled_sequence, outbound_sequence, delivered_sequence, attempts)
            SELECT conversation_id, 1, max(sequence) FILTER (WHERE author = 0), max(sequence) FILTER (WHERE author = 0), max(sequence), max(sequence), 0
            FROM messages WHERE id >= {uid(3, 0)} AND id < {uid(3, total)} GROUP BY conversation_id;
        """)
    psql("VACUUM (ANALYZE); CHECKPOINT")

def touched():
    """Rows read in sequence, rows read by indexes, pages looked at."""
    time.sleep(11)   # idle servers report what they did within ten seconds
    return [float(x) for x in psql("SELECT sum(seq_tup_read), sum(idx_tup_fetch), (SELECT blks_hit + blks_read FROM pg_stat_database WHERE datname = 'chat') FROM pg_stat_user_tables").split()]

def measure(harness, label, connections, pids, stores, messages):
    runs = []
    for i, c in enumerate(connections):
        before = touched()
        # No warm-up of its own: that would be another connection's chats.
        r = bench.harness_run(harness, "attached", "--url", f"{bench.API}/webhooks/telegram/{c}", "--secret", bench.SECRET, "--pids", pids, "--store-pids", stores,
                              "--label", label, "--ai-ms", 0, "--messages", messages, "--chats", CHATS, "--warm", 0, "--tries", 1)
        if "e2e_per_s" not in r or r["lost"] or r["out_of_order"]: raise SystemExit(f"{label}: {r}")
        rows = [(b - a) / messages for a, b in zip(before, touched())]
        runs.append((r["e2e_per_s"], r["peer_cpu_s_per_1000"] + r["store_cpu_s_per_1000"], *rows))
        print(f"{label} {i + 1}: {runs[-1][0]:.0f}/s, {runs[-1][1]:.2f} CPU-s per 1,000, rows {rows[0]:.1f} + {rows[1]:.1f}, pages {rows[2]:.0f} per message", flush=True)
    return [statistics.median(column) for column in zip(*runs)]

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--harness", default=f"{bench.ROOT}/../shared/bench"); p.add_argument("--quick", action="store_true"); p.add_argument("--no-write", action="store_true")
    p.add_argument("--messages", type=int, default=10000); p.add_argument("--rounds", type=int, default=3); p.add_argument("--conversations", type=int, default=10000)
    a = p.parse_args()
    harness = os.path.abspath(a.harness)
    os.makedirs(f"{bench.STATE}/logs", exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        bench.build(a.quick); bench.fake(harness)
        pg = bench.postgres()
        redis = bench.start("redis", ["redis-server", "--port", bench.REDIS_PORT, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        pids, stores = ",".join(map(str, bench.own())), f"{pg.pid},{redis.pid}"
        warm = [bench.connection() for _ in range(2)]
        fill(1, warm, CHATS * len(warm))
        measure(harness, "warm", warm, pids, stores, a.messages)
        psql("TRUNCATE messages, turns, parts, timeline_events, inbox_events, lanes, conversations, participants")
        few = [bench.connection() for _ in range(a.rounds)]
        fill(2, few, CHATS * a.rounds)
        small = measure(harness, "empty", few, pids, stores, a.messages)
        many = [bench.connection() for _ in range(a.rounds)]
        began = time.time()
        fill(3, many, a.conversations)
        stored = psql("SELECT count(*) FROM messages"), psql("SELECT count(*) FROM conversations")
        print(f"{stored[0]} messages in {stored[1]} conversations after {time.time() - began:.0f} s", flush=True)
        large = measure(harness, "full", many, pids, stores, a.messages)
        cell = lambda m: f"{m[0]:.0f} | {m[1]:.2f} | {m[2]:.1f} + {m[3]:.1f} | {m[4]:.0f}"
        text = ("| store | answered/s | CPU-s per 1,000 (processes + stores) | rows read per message (in sequence + by index) | pages touched per message |\n|---|---|---|---|---|\n"
                f"| only the measured chats | {cell(small)} |\n| {int(stored[0]):,} messages, {int(stored[1]):,} conversations | {cell(large)} |\n"
                f"| ratio | {large[0] / small[0]:.2f} | {large[1] / small[1]:.2f} | {(large[2] + large[3]) / (small[2] + small[3]):.2f} | {large[4] / small[4]:.2f} |")
        print(text, flush=True)
        if not a.no_write: bench.write("scale", text)
        if large[0] < 0.9 * small[0] or large[1] > 1.1 * small[1]: raise SystemExit("A message costs more than 10 % more in the full store.")
    finally:
        bench.stop_all()

if __name__ == "__main__": main()
