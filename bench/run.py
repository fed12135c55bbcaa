#!/usr/bin/env python3
"""Measures the product end to end, beside its peers, in one run; writes docs/benchmarks.md's tables.

  bench/run.py [--harness ../shared/bench] [--quick] [--peers grammy-bullmq,...] [--scenarios flood,...] [--no-write]
               [--without-ours] [--resume]        (in pieces: --resume keeps the rows of the pieces before)

API and two workers as Release processes on a private Postgres (synchronous_commit on, fsync on) and Redis, the fake model
and platform, the load generator; everything on loopback. State, builds and logs lie in .bench. Ends only what it started."""
import argparse, json, os, pwd, shutil, signal, socket, subprocess, sys, time, urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
STATE = os.environ.get("BENCH_STATE", f"{ROOT}/.bench")
API, FAKE = "http://127.0.0.1:8090", "http://127.0.0.1:5080"
PG_PORT, REDIS_PORT = "5491", "6391"
KEY, SECRET = "bench-admin-key-0123456789", "bench-secret"
started = []

def sh(*a, **k): return subprocess.run(a, check=True, stdout=sys.stderr, **k)

def post(path, body):
    r = urllib.request.Request(API + path, json.dumps(body).encode(), {"Content-Type": "application/json", "X-Api-Key": KEY})
    return json.load(urllib.request.urlopen(r, timeout=30))

def up(url, seconds=60):
    end = time.time() + seconds
    while time.time() < end:
        try: urllib.request.urlopen(url, timeout=2).read(); return
        except Exception: time.sleep(0.1)
    raise SystemExit(f"{url} did not come up; see {STATE}/logs")

def start(name, argv, env=None, user=None):
    log = open(f"{STATE}/logs/{name}.log", "ab")
    p = subprocess.Popen(argv, env={**os.environ, **(env or {})}, stdout=log, stderr=log, start_new_session=True, user=user, cwd=STATE)
    started.append((name, p))
    return p

def stop_all():
    for name, p in reversed(started):
        if p.poll() is None:
            p.send_signal(signal.SIGINT if name == "postgres" else signal.SIGTERM)
            try: p.wait(15)
            except subprocess.TimeoutExpired: p.kill(); p.wait()

def postgres():
    with socket.socket() as s:
        if s.connect_ex(("127.0.0.1", int(PG_PORT))) == 0: raise SystemExit(f"Port {PG_PORT} is in use: another benchmark runs on this machine.")
    bin = next(d for d in ("/usr/lib/postgresql/%d/bin" % v for v in range(20, 11, -1)) if os.path.exists(d))
    user = "postgres" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name
    data = f"/var/tmp/chat-bench-pg-{PG_PORT}"
    shutil.rmtree(data, ignore_errors=True); os.makedirs(data)
    if os.getuid() == 0: shutil.chown(data, user)
    u = user if os.getuid() == 0 else None
    subprocess.run([f"{bin}/initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"], check=True, stdout=subprocess.DEVNULL, user=u, cwd="/")
    p = start("postgres", [f"{bin}/postgres", "-D", data, "-p", PG_PORT, "-k", data, "-c", "listen_addresses=127.0.0.1", "-c", "shared_buffers=256MB",
                           "-c", "max_wal_size=4GB", "-c", "synchronous_commit=on", "-c", "fsync=on"], user=u)
    for _ in range(200):
        if subprocess.run([f"{bin}/psql", "-h", "127.0.0.1", "-p", PG_PORT, "-U", "postgres", "-c", "create database chat"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0: return p
        time.sleep(0.1)
    raise SystemExit("Postgres did not come up")

def build(quick):
    if os.path.exists(f"{STATE}/out/Worker") and quick: return
    for name in ("ApiService", "Worker"):
        sh("dotnet", "publish", f"{ROOT}/ChatOrchestrator.{name}", "-c", "Release", "-o", f"{STATE}/out/{name}", "--artifacts-path", f"{STATE}/obj-own", "-v", "q", "-p:RunAnalyzers=false", "-p:PublishSbom=false")

def fake(harness):
    if not os.path.exists(f"{STATE}/out/fake/FakeBackend.dll"):
        sh("dotnet", "publish", f"{harness}/fake", "-c", "Release", "-o", f"{STATE}/out/fake", "--artifacts-path", f"{STATE}/obj", "-v", "q")
    p = start("fake", ["dotnet", f"{STATE}/out/fake/FakeBackend.dll", "--port", "5080"])
    open(f"{STATE}/fake.pid", "w").write(str(p.pid))
    up(FAKE + "/stats")

# Ingress before answers (ADR 0012): CPU weights of the API and of the workers. Each process here has a session, and so a
# scheduling group, of its own; -10 is nine times the ordinary weight, -3 twice, 3 half, 19 a seventieth.
BURSTS, BALANCED = (-10, 19), (-3, 3)   # docs/operations.md, "Bursts on one machine"; what deploy/compose has without it

def weigh(pid, nice):
    try: open(f"/proc/{pid}/autogroup", "w").write(str(nice))
    except OSError: print("No scheduling groups on this machine: all processes have the same weight.", file=sys.stderr)

def weigh_all(pids, api, workers):
    for pid, nice in zip(pids, (api, workers, workers)): weigh(pid, nice)

def own(more={}, migrate=False):
    env = {"ASPNETCORE_ENVIRONMENT": "Production", "Admin__ApiKey": KEY, "Ai__Endpoint": FAKE + "/v1", "Ai__ApiKey": "sk-fake", "Ai__Model": "fake-1",
           "ConnectionStrings__chatdb": f"Host=127.0.0.1;Port={PG_PORT};Username=postgres;Database=chat", "ConnectionStrings__redis": f"127.0.0.1:{REDIS_PORT}",
           "Platforms__Telegram__ApiBaseUrl": FAKE, "PublicUrl": "https://chat.example", **more}
    api_program, worker_program = (f"{STATE}/out/{name}/ChatOrchestrator.{name}" for name in ("ApiService", "Worker"))
    if migrate: sh(api_program, "migrate", env={**os.environ, **env})   # as a deployment does, in a process of its own
    api = start("api", [api_program, "--urls", API], env)
    workers = [start(f"worker{i}", [worker_program, "--urls", f"http://127.0.0.1:{8091 + i}"], env) for i in range(2)]
    pids = [api.pid] + [w.pid for w in workers]
    weigh_all(pids, *BALANCED)   # from the start, as a container's weight
    for url in (API, *(f"http://127.0.0.1:{8091 + i}" for i in range(2))): up(url + "/health/ready")
    return pids

def connection(more={}):
    bot = post("/api/v1/bots", {"name": "Bench", "ai": {"systemPrompt": "You are the helpful assistant of a small shop. Answer briefly and politely."}, "processing": {"quietPeriodMs": 0, **more}})
    made = post(f"/api/v1/bots/{bot['id']}/connections", {"platform": "telegram", "displayName": "Bench", "secrets": {"botToken": "777000777:fake", "webhookSecret": SECRET}})
    return made["id"]

def harness_run(harness, *a):
    out = subprocess.run([sys.executable, f"{harness}/run.py", *map(str, a)], env={**os.environ, "BENCH_STATE": STATE}, stdout=subprocess.PIPE, text=True)
    lines = [l for l in out.stdout.splitlines() if l.startswith("{")]
    r = json.loads(lines[-1]) if lines else {"error": out.stdout}
    r["args"] = a
    return r

KILL_HEAD = "| | lost | out of order | twice | slowest answer s | answer p50 / p99 ms |\n|---|---|---|---|---|---|"

def kill_row(name, r):
    if "e2e_ms" not in r: return f"| {name} | failed: {r.get('error')} |"
    return f"| {name} | {r['lost']} | {r['out_of_order']} | {r['duplicated']} | {r['e2e_ms']['max'] / 1000:.1f} | {r['e2e_ms']['p50']:.0f} / {r['e2e_ms']['p99']:.0f} |"

def killed(pids, messages, rate, after, down):
    """Our API and workers get SIGKILL while messages come in at a steady rate, and are started again."""
    connection_id = connection()
    urllib.request.urlopen(urllib.request.Request(FAKE + "/config?ai_ms=200&ai_jitter=0&tg_ms=0&tg429=0&ai500=0", data=b"", method="POST"), timeout=5).read()
    load = subprocess.Popen(["dotnet", f"{STATE}/out/loadgen/LoadGen.dll", "--messages", str(messages), "--chats", "200", "--concurrency", "64", "--rate", str(rate), "--run", str(int(time.time()) % 2000 + 50),
                             "--settle", "30", "--linger", "3", "--url", f"{API}/webhooks/telegram/{connection_id}", "--secret", SECRET], stdout=subprocess.PIPE, text=True)
    time.sleep(after)
    for p in pids: os.kill(p, signal.SIGKILL)
    for _, p in started:
        if p.pid in pids: p.wait()
    time.sleep(down)
    own()
    return json.loads(load.communicate(timeout=180)[0])

def row(name, r):
    if "e2e_per_s" not in r: return f"| {name} | failed: {r.get('error')} |"
    return (f"| {name} | {r['e2e_per_s']:.0f} | {r['e2e_ms']['p50']:.0f} / {r['e2e_ms']['p99']:.0f} | {r['acks_per_s']:.0f} | {r['ack_ms']['p50']:.1f} / {r['ack_ms']['p99']:.1f} | "
            f"{r['peer_cpu_s_per_1000'] + r['store_cpu_s_per_1000']:.2f} ({r['peer_cpu_s_per_1000']:.2f} + {r['store_cpu_s_per_1000']:.2f}) | {r['lost']} / {r['duplicated']} / {r['out_of_order']} | {' + '.join(map(str, r['peer_rss_mib_peak']))} |")

def middle(runs):
    """The machine's speed changes by a fifth within minutes: of several runs the median of each measure, the peaks' peak, and what all of them lost, repeated or put out of order. One that failed is what is shown."""
    failed = [r for r in runs if "e2e_per_s" not in r]
    if failed: return failed[0]
    def of(values):
        if isinstance(values[0], dict): return {k: of([v[k] for v in values]) for k in values[0] if all(k in v for v in values)}
        if isinstance(values[0], list): return [of(list(v)) for v in zip(*values)]
        return sorted(values)[len(values) // 2] if isinstance(values[0], (int, float)) else values[0]
    return {**of([{k: v for k, v in r.items() if k != "args"} for r in runs]), **{k: sum(r[k] for r in runs) for k in ("lost", "duplicated", "out_of_order")},
            "peer_rss_mib_peak": [max(p) for p in zip(*(r["peer_rss_mib_peak"] for r in runs))]}

def write(name, text):
    """Puts a table between its markers in docs/benchmarks.md."""
    path = f"{ROOT}/docs/benchmarks.md"
    old = open(path).read()
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    open(path, "w").write(old[:old.index(begin) + len(begin)] + "\n\n" + text + "\n\n" + old[old.index(end):])

HEAD = "| | answered/s | answer p50 / p99 ms | acknowledged/s | ack p50 / p99 ms | CPU-s per 1,000 (processes + stores) | lost / twice / out of order | peak MiB |\n|---|---|---|---|---|---|---|---|"

OURS, COLD, COMPOSE = "**ChatOrchestrator** (API + 2 workers)", "ChatOrchestrator, just started", "ChatOrchestrator, CPU weights as deploy/compose comes"   # as in all scenarios but the flood

def scenarios(messages): return {
    "flood": ("AI 0 ms, as fast as it goes", ["--ai-ms", 0, "--messages", messages]),
    "ai200": ("AI 200 ms, as fast as it goes (200 chats: at most 1,000/s)", ["--ai-ms", 200, "--messages", messages]),
    "paced": ("AI 0 ms, 100 messages/s", ["--ai-ms", 0, "--rate", 100, "--messages", 2000]),
    "kill": ("AI 200 ms, 150 messages/s, all processes killed after 10 s and started again a second later",
             ["--ai-ms", 200, "--rate", 150, "--kill", 10, "--messages", 3000, "--settle", 70, "--linger", 3, "--tries", 1])}

def measure_ours(chosen, messages, harness, keep):
    pg = postgres()
    redis = start("redis", ["redis-server", "--port", REDIS_PORT, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
    pids = own(migrate=True)
    weigh_all(pids, *BURSTS)
    def run(label, *args):
        return harness_run(harness, "attached", "--url", f"{API}/webhooks/telegram/{connection()}", "--secret", SECRET,
                           "--pids", ",".join(map(str, pids)), "--store-pids", f"{pg.pid},{redis.pid}", "--label", label, "--tries", 1, *args)
    # The run-time compiler needs more than the 2,000 messages with which every system is warmed; the first run is kept as "cold".
    cold = run("cold", "--ai-ms", 0, "--messages", messages)
    if "flood" in chosen: keep("flood", COLD, row(COLD, cold))
    run("warm", "--ai-ms", 0, "--messages", messages)
    def several(key, name, count):
        runs = [run(key, *scenarios(messages)[key][1]) for _ in range(count)]
        for r in runs: print(key, row("a run", r), flush=True)
        keep(key, name, row(name, middle(runs)))
    if "flood" in chosen: several("flood", OURS, 5)
    weigh_all(pids, *BALANCED)
    if "flood" in chosen: several("flood", COMPOSE, 3)
    if "ai200" in chosen: several("ai200", OURS, 3)
    if "paced" in chosen: several("paced", OURS, 1)
    if "kill" in chosen: keep("kill", OURS, kill_row(OURS, killed(pids, 3000, 150, 10, 1)))   # last: those that were warmed are gone then

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--harness", default=f"{ROOT}/../shared/bench"); p.add_argument("--quick", action="store_true"); p.add_argument("--no-write", action="store_true")
    p.add_argument("--peers", default="grammy-bullmq,grammy-bullmq-ordered,chat-sdk-queue-x2,agents-sdk"); p.add_argument("--messages", type=int, default=10000)
    p.add_argument("--scenarios", default="flood,ai200,paced,kill")
    p.add_argument("--without-ours", action="store_true"); p.add_argument("--resume", action="store_true")
    a = p.parse_args()
    harness, peers, chosen = os.path.abspath(a.harness), [x for x in a.peers.split(",") if x], a.scenarios.split(",")
    os.makedirs(f"{STATE}/logs", exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    kept = f"{STATE}/rows.json"
    rows = json.load(open(kept)) if a.resume and os.path.exists(kept) else {}
    def keep(key, name, text):
        rows.setdefault(key, {})[name] = text
        print(key, text, flush=True)
        json.dump(rows, open(kept, "w"), indent=1)
    try:
        if not a.without_ours: build(a.quick)
        if peers or not a.without_ours: fake(harness)
        if not a.without_ours: measure_ours(chosen, a.messages, harness, keep)
        for key in chosen:
            for peer in peers:
                keep(key, peer, (kill_row if key == "kill" else row)(peer, harness_run(harness, peer, "--label", key, *(["--protocol", "botframework"] if peer == "agents-sdk" else []), *scenarios(a.messages)[key][1])))
        order = lambda name: (name != OURS, name != COMPOSE, name != COLD, name)
        tables = [f"### {title}\n\n{KILL_HEAD if key == 'kill' else HEAD}\n" + "\n".join(rows[key][name] for name in sorted(rows[key], key=order))
                  for key, (title, _) in scenarios(a.messages).items() if key in rows]
        if not a.no_write: write("tables", "\n\n".join(tables))
    finally:
        stop_all()

if __name__ == "__main__": main()
