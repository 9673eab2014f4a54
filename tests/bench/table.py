#!/usr/bin/env python3
# Joins samples of hyperfine and the other figures, and prints them in one table, with ratios to the
# peer in the same run and beside the targets.
# usage: table.py JOINED.json FIGURES.json SAMPLE.json...    joins, and prints
#        table.py --check JOINED.json    exit status 1 when a target is missed by more than a quarter
import json
import statistics
import sys

FLOOR = "floor: fork and exec"
PLAIN, FEW, MANY = "directory as it is", "other ids, 10 files", "other ids, many files"
PEER = "bubblewrap --unshare-all"
SLACK = 1.25
MIB = 1024

# What is compared, how, and with what: the share of the peer's time, except where a unit says more.
TARGETS = {
    "P1": ("first call", "at most", 1.2, "x bubblewrap"),
    "P2": ("next call", "at most", 0.5, "x bubblewrap"),
    "P2c": ("next call", "at most", 0.25, "x crun run"),
    "P3": ("--once", "at most", 1.2, "x bubblewrap"),
    "P4": ("throughput, 8 at a time", "at least", 1.5, "x bubblewrap"),
    "P5": ("idle engine, what is made ahead included", "at most", 3.0, "MiB"),
    "P5p": ("resident privileged processes", "at most", 0.0, ""),
    "P5j": ("a sleeping job beyond its command", "at most", 0.5, "MiB"),
    "P8": ("a directory with another owner", "at most", 5.0, "ms more"),
    "P8c": ("the same with many files", "at most", 1.2, "x with 10 files"),
    "P10": ("the engine's growth in 1,000 jobs", "at most", 1.0, "KiB"),
    "P10d": ("descriptors more after the jobs", "at most", 0.0, ""),
    "exec": ("berth exec", "at most", 1.0, "x crun exec"),
    "execp": ("berth exec", "at most", 0.1, "x podman exec"),
}


def label(key):
    """P5 for P5, P5p and P5j."""
    return key.rstrip("abcdefghijklmnopqrstuvwxyz") or "exec"


def percentile(times, share):
    return sorted(times)[min(len(times) - 1, int(share * len(times)))]


def join(files):
    """One list of samples for each name, in the order in which the names come first."""
    rows = {}
    for name in sorted(files, key=lambda path: int(path.rsplit("/", 1)[-1].split(".")[0])):
        with open(name, encoding="utf-8") as file:
            for result in json.load(file)["results"]:
                rows.setdefault(result["command"], []).extend(result["times"])
    order = sorted(rows, key=lambda row: statistics.median(rows[row]))
    return {name: rows[name] for name in order}


def measured(rows, figures):
    """The values to compare with the targets, as far as there are any."""
    values = {}
    peer = statistics.median(rows[PEER]) if PEER in rows else None
    for name, times in rows.items():
        if peer and name[:2] in TARGETS:
            values[name[:2]] = statistics.median(times) / peer
    for key, ours, theirs in (
        ("P2c", "P2 berth, next call", "crun run"),
        ("exec", "berth exec", "crun exec"),
        ("execp", "berth exec", "podman exec"),
    ):
        if ours in rows and theirs in rows:
            values[key] = statistics.median(rows[ours]) / statistics.median(rows[theirs])
    if PLAIN in rows and FEW in rows and MANY in rows:
        values["P8"] = (statistics.median(rows[MANY]) - statistics.median(rows[PLAIN])) * 1e3
        values["P8c"] = statistics.median(rows[MANY]) / statistics.median(rows[FEW])
    through, memory, growth = figures["throughput"], figures["memory"], figures["growth"]
    if through["berth_us"]:
        # memory comes in pages of 4 KiB
        values["P10"] = max(0.0, growth["kib"] - 4) / through["jobs"] * 1000
        values["P10d"] = float(growth["descriptors"])
    if through["berth_us"] and through["bubblewrap_us"]:
        values["P4"] = through["bubblewrap_us"] / through["berth_us"]
    values["P5"] = memory["engine_kib"] / MIB
    values["P5p"] = float(memory["privileged"])
    if memory["job_kib"] >= 0:
        values["P5j"] = memory["job_kib"] / MIB
    return values


def missed(key, value):
    _, how, target, _ = TARGETS[key]
    return value > target * SLACK if how == "at most" else value * SLACK < target


def print_times(rows):
    floor = statistics.median(rows[FLOOR]) if FLOOR in rows else None
    peer = statistics.median(rows[PEER]) if PEER in rows else None
    print(f"{'what':28} {'runs':>5} {'p50 ms':>8} {'p99 ms':>8} {'x floor':>8} {'x bwrap':>8}")
    for name, times in rows.items():
        middle = statistics.median(times)
        ratios = "".join(f" {middle / other:8.2f}" if other else f" {'-':>8}" for other in (floor, peer))
        print(f"{name:28} {len(times):5} {middle * 1e3:8.2f} {percentile(times, 0.99) * 1e3:8.2f}{ratios}")


def print_figures(figures):
    through, memory = figures["throughput"], figures["memory"]
    for name in ("berth", "bubblewrap"):
        if through[name + "_us"]:
            rate = through["jobs"] / through[name + "_us"] * 1e6
            print(f"{through['jobs']} jobs, 8 at a time: {name:12} {rate:8.0f} jobs/s")
    if figures["handed"]["chown_ms"] >= 0:
        print("chown -R of {files} files: {chown_ms} ms".format(**figures["handed"]))
    print(f"idle engine: {memory['engine_kib']} KiB PSS; resident privileged processes: {memory['privileged']}")
    if memory["job_kib"] >= 0:
        print(
            f"a sleeping job: {memory['job_kib']} KiB PSS of supervisor and client,"
            f" {memory['command_kib']} KiB of its command"
        )
    if memory["job_charged_kib"] >= 0:
        print(f"charged to the grant's cgroup for it, the kernel's share included: {memory['job_charged_kib']} KiB")


def print_targets(values):
    print(f"{'target':50} {'measured':>9}")
    for key, (what, how, target, unit) in TARGETS.items():
        value = values.get(key)
        if value is None:
            shown, verdict = f"{'-':>9}", "not measured"
        else:
            shown = f"{value:9.2f}"
            over = value > target if how == "at most" else value < target
            verdict = "missed" if missed(key, value) else "within a quarter" if over else "met"
        print(f"{label(key):4} {what:45} {shown}  {how} {target:g} {unit}: {verdict}".rstrip())


def check(path):
    with open(path, encoding="utf-8") as file:
        values = json.load(file)["values"]
    late = [key for key, value in values.items() if missed(key, value)]
    for key in late:
        what, how, target, unit = TARGETS[key]
        print(f"bench-check: {label(key)} {what}: {values[key]:.2f}, wanted {how} {target:g} {unit}", file=sys.stderr)
    return 1 if late else 0


def main():
    if sys.argv[1] == "--check":
        return check(sys.argv[2])
    with open(sys.argv[2], encoding="utf-8") as file:
        figures = json.load(file)
    rows = join(sys.argv[3:])
    values = measured(rows, figures)
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        json.dump({"times": rows, "figures": figures, "values": values}, file, indent=1)
    print_times(rows)
    print()
    print_figures(figures)
    print()
    print_targets(values)
    return 0


sys.exit(main())
