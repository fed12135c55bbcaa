#!/usr/bin/env python3
"""What the resident memory of processes is made of: bench/memory.py PID... (sums /proc/PID/smaps; MiB).

Referenced: what was touched since `echo 1 > /proc/PID/clear_refs` (or the start)."""
import json, os, re, sys

def runtime(directory):
    """The files of the framework, where it is published with the process."""
    deps = [f for f in os.listdir(directory) if f.endswith(".deps.json")] if os.path.isdir(directory) else []
    targets = [t for f in deps for t in json.load(open(f"{directory}/{f}"))["targets"].values()]
    return {os.path.basename(f) for t in targets for name, p in t.items() if name.startswith("runtimepack.") for f in p.get("runtime", {})}

frameworks = {}

def kind(path):
    name = os.path.basename(path)
    if "doublemapper" in path: return "types and code"
    if not path or path.startswith("["): return "heap and native"
    if name.endswith(".dll"):
        directory = os.path.dirname(path)
        if directory not in frameworks: frameworks[directory] = runtime(directory)
        return "own assemblies" if name.startswith("ChatOrchestrator") else "framework" if "/shared/Microsoft." in path or name in frameworks[directory] else "packages"
    return "libraries"

def read(pid):
    kinds, files, sums, path, key = {}, {}, {}, "", None
    for line in open(f"/proc/{pid}/smaps"):
        if m := re.match(r"[0-9a-f]+-[0-9a-f]+ (\S+) \S+ \S+ \S+\s*(.*)", line): path = m[2].replace(" (deleted)", ""); key = kind(path)
        elif m := re.match(r"(Rss|Pss|Private_Clean|Private_Dirty|Referenced):\s+(\d+)", line):
            mib = int(m[2]) / 1024
            sums[m[1]] = sums.get(m[1], 0) + mib
            if m[1] == "Rss": kinds[key] = kinds.get(key, 0) + mib; files[path] = files.get(path, 0) + mib
    peak = int(re.search(r"VmHWM:\s+(\d+)", open(f"/proc/{pid}/status").read())[1]) / 1024
    return kinds, files, sums, peak

for pid in sys.argv[1:]:
    kinds, files, sums, peak = read(pid)
    print(f"{pid}: resident {sums['Rss']:.0f} (peak {peak:.0f}), shared pages counted once {sums['Pss']:.0f}, private {sums['Private_Clean'] + sums['Private_Dirty']:.0f}, referenced {sums['Referenced']:.0f}")
    print("  " + ", ".join(f"{k} {v:.1f}" for k, v in sorted(kinds.items(), key=lambda x: -x[1])))
    for path, mib in sorted(files.items(), key=lambda x: -x[1])[:12]: print(f"  {mib:6.1f} {path or 'anonymous'}")
