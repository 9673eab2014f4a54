#!/usr/bin/env python3
# Joins samples of hyperfine, and prints one table of them with ratios.
# usage: table.py JOINED.json SAMPLE.json...
import json
import sys

PEER = "bubblewrap --unshare-all"


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


results = []
for name in sys.argv[2:]:
    with open(name, encoding="utf-8") as file:
        results += json.load(file)["results"]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump({"results": results}, file, indent=1)

medians = {row["command"]: row["median"] for row in results}
floor = results[0]["median"] if results else None
peer = medians.get(PEER)
print(f"{'what':28} {'p50 ms':>8} {'p99 ms':>8} {'x floor':>8} {'x bwrap':>8}")
for row in results:
    middle = row["median"]
    against = f"{middle / peer:8.2f}" if peer else f"{'-':>8}"
    print(
        f"{row['command']:28} {middle * 1e3:8.2f} {percentile(row['times'], 0.99) * 1e3:8.2f}"
        f" {middle / floor:8.1f} {against}"
    )
