#!/usr/bin/env python3
"""The steps of the hot path one by one (BenchmarkDotNet, about two minutes) on a private Postgres; writes docs/benchmarks.md's micro table.

  bench/micro.py [--filter '*'] [--no-write]"""
import argparse, glob, os, shutil, signal, subprocess, sys
import run as bench

def main():
    p = argparse.ArgumentParser()
    p.add_argument("--filter", default="*"); p.add_argument("--no-write", action="store_true")
    a = p.parse_args()
    os.makedirs(f"{bench.STATE}/logs", exist_ok=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    artifacts = f"{bench.STATE}/micro"
    shutil.rmtree(artifacts, ignore_errors=True)
    try:
        bench.sh("dotnet", "publish", f"{bench.ROOT}/bench/micro", "-c", "Release", "-o", f"{bench.STATE}/out/micro", "--artifacts-path", f"{bench.STATE}/obj-own", "-v", "q", "-p:RunAnalyzers=false")
        bench.postgres()
        env = {**os.environ, "BENCH_POSTGRES": f"Host=127.0.0.1;Port={bench.PG_PORT};Username=postgres;Database=chat"}
        bench.sh("dotnet", f"{bench.STATE}/out/micro/ChatOrchestrator.MicroBenchmarks.dll", "--filter", a.filter, "--artifacts", artifacts, env=env, cwd=bench.STATE)
        report = glob.glob(f"{artifacts}/results/*-report-github.md")[0]
        rows = [[cell.strip(" *") for cell in line.replace("&#39;", "").strip("|\n ").split("|")] for line in open(report) if line.startswith("|")]
        wanted = [rows[0].index(column) for column in ("Method", "Batch", "Mean", "Error", "Allocated")]
        rows = [[row[i].replace("?", "") for i in wanted] for row in rows]
        table = "\n".join("| " + " | ".join(row) + " |" for row in [["step", "a commit's batch", "mean", "error (99.9 %)", "allocated"], ["---", "---:", "---:", "---:", "---:"], *rows[2:]])
        print(table)
        if "NA" in table: raise SystemExit("A benchmark failed; see " + artifacts)
        if not a.no_write: bench.write("micro", table)
    finally:
        bench.stop_all()

main()
