#!/usr/bin/env python3
"""Does understanding make anybody wait for an answer? In one run, by turns: a bot that does not ask for it and one that does,
100 messages a second; writes docs/benchmarks.md's understanding table.

  bench/understanding.py [--harness ../shared/bench] [--quick] [--messages 800] [--rate 100] [--rounds 2] [--judge-ms 100] [--no-write]
                         [--resume]        (in pieces: --resume adds to the rounds of the pieces before)

Same processes, Postgres and load as bench/run.py. Who judges is a model of its own (another provider, here in this script),
which takes its time and answers by the schema. Exit code 1: not all was understood, or an answer was lost."""
import argparse, asyncio, json, os, signal, statistics, sys, threading, time, urllib.request
import run as bench
from scale import psql

JUDGE = 5081

class Judge:
    """An OpenAI-compatible server for the one structured call."""
    def __init__(self, delay):
        self.delay, self.asked = delay, 0
        threading.Thread(target=lambda: asyncio.run(self.serve()), daemon=True).start()
    async def serve(self):
        server = await asyncio.start_server(self.talk, "127.0.0.1", JUDGE)
        await server.serve_forever()
    async def talk(self, reader, writer):
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                if "content-length:" in head: body = await reader.readexactly(int(head.split("content-length:")[1].split("\r")[0]))
                else: body = await self.chunks(reader)
                asked = json.loads(body)
                schema = asked["response_format"]["json_schema"]["schema"]["properties"]
                self.asked += 1
                await asyncio.sleep(self.delay)
                said = {"sentiment": (self.asked % 3 - 1) * 0.5, "intent": schema["intent"]["enum"][self.asked % len(schema["intent"]["enum"])], "language": "en", "urgency": schema["urgency"]["enum"][self.asked % 3]}
                answer = json.dumps({"id": f"chatcmpl-{self.asked}", "object": "chat.completion", "created": int(time.time()), "model": asked["model"],
                                     "choices": [{"index": 0, "message": {"role": "assistant", "content": json.dumps(said), "refusal": None}, "finish_reason": "stop"}],
                                     "usage": {"prompt_tokens": 200, "completion_tokens": 30, "total_tokens": 230}}).encode()
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(answer) + answer)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError): pass
        finally: writer.close()
    @staticmethod
    async def chunks(reader):
        body = b""
        while (size := int(await reader.readline(), 16)) > 0: body += (await reader.readexactly(size + 2))[:-2]
        await reader.readline()
        return body

def understood(): return int(psql("SELECT count(*) FROM insights WHERE source = 1 AND failure IS NULL"))

def forget(connection):
    """The next run is to have nobody who wants to be understood."""
    bot = psql(f"SELECT bot_id FROM connections WHERE id = '{connection}'")
    r = urllib.request.Request(f"{bench.API}/api/v1/bots/{bot}", json.dumps({"processing": {"understanding": None}}).encode(), {"Content-Type": "application/json", "X-Api-Key": bench.KEY}, method="PATCH")
    urllib.request.urlopen(r, timeout=30).read()
    if psql(f"SELECT jsonb_typeof(processing->'understanding') FROM bots WHERE id = '{bot}'") == "object":
        raise SystemExit("The bot still wants to be understood.")

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--harness", default=f"{bench.ROOT}/../shared/bench"); p.add_argument("--quick", action="store_true"); p.add_argument("--no-write", action="store_true")
    p.add_argument("--messages", type=int, default=800, help="a multiple of the 200 chats"); p.add_argument("--rate", type=int, default=100); p.add_argument("--rounds", type=int, default=2); p.add_argument("--judge-ms", type=int, default=100)
    p.add_argument("--resume", action="store_true")
    a = p.parse_args()
    harness = os.path.abspath(a.harness)
    os.makedirs(f"{bench.STATE}/logs", exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    wanted = {"understanding": {"model": "judge", "intents": [{"name": n, "examples": [n]} for n in ("refund", "delivery", "praise", "human")]}}
    kept = f"{bench.STATE}/understanding.json"
    runs = json.load(open(kept)) if a.resume and os.path.exists(kept) else {"off": [], "on": []}
    try:
        bench.build(a.quick); bench.fake(harness)
        judge = Judge(a.judge_ms / 1000)
        pg = bench.postgres()
        redis = bench.start("redis", ["redis-server", "--port", bench.REDIS_PORT, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
        pids = bench.own({"Ai__Providers__judge__Endpoint": f"http://127.0.0.1:{JUDGE}/v1", "Ai__Providers__judge__ApiKey": "sk-fake", "Ai__Models__judge__Provider": "judge"})
        def run(on, messages, *more):
            connection, before = bench.connection(wanted if on else {}), understood()
            r = bench.harness_run(harness, "attached", "--url", f"{bench.API}/webhooks/telegram/{connection}", "--secret", bench.SECRET, "--pids", ",".join(map(str, pids)),
                                  "--store-pids", f"{pg.pid},{redis.pid}", "--label", "understanding", "--ai-ms", 0, "--messages", messages, "--warm", 0, "--tries", 1, *more)
            if "e2e_per_s" not in r or r["lost"] or r["out_of_order"]: raise SystemExit(f"understanding {on}: {r}")
            during, end = understood() - before, time.time() + 30
            while on and understood() - before < messages and time.time() < end: time.sleep(0.2)
            if understood() - before != (messages if on else 0): raise SystemExit(f"{understood() - before} of {messages} messages were understood.")
            if on: forget(connection)
            return r, during
        # Both ways are compiled before anything is measured.
        run(False, 6000)
        run(True, 400, "--rate", a.rate)
        for i in range(a.rounds):
            for on in (False, True) if i % 2 == 0 else (True, False):
                r, during = run(on, a.messages, "--rate", a.rate)
                name, one = "on" if on else "off", (r["e2e_ms"]["p50"], r["e2e_ms"]["p99"], r["ack_ms"]["p50"], r["ack_ms"]["p99"], during / a.messages)
                runs[name].append(one)
                print(f"understanding {name}: answer {one[0]:.1f} / {one[1]:.1f} ms, ack {one[2]:.1f} / {one[3]:.1f} ms, {one[4]:.0%} understood by its end", flush=True)
        json.dump(runs, open(kept, "w"))
        columns = {name: list(zip(*runs[name])) for name in runs}
        off, on = ([statistics.median(c) for c in columns[name]] for name in ("off", "on"))
        cells = lambda name: " | ".join(f"{statistics.median(c):.1f} ({min(c):.1f}–{max(c):.1f})" for c in columns[name][:4])
        text = ("| understanding | answer p50 ms | answer p99 ms | ack p50 ms | ack p99 ms | understood by the end of the run |\n|---|---|---|---|---|---|\n"
                f"| off | {cells('off')} | none |\n| on | {cells('on')} | {on[4]:.0%} |\n"
                f"| ratio | {on[0] / off[0]:.2f} | {on[1] / off[1]:.2f} | {on[2] / off[2]:.2f} | {on[3] / off[3]:.2f} | |")
        print(text, f"{judge.asked} calls, {len(runs['on'])} rounds", sep="\n", flush=True)
        if not a.no_write: bench.write("understanding", text)
    finally:
        bench.stop_all()

main()
