#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Judges the coverage of the trusted base: every line is run by the unit tests, and every branch but
those that stand in tests/audit/uncovered.list, each with a reason. A branch that is not covered and not
in the list is an error, and so is one that is in the list and covered; what decides (WHOLE) has no
business there.

usage: uncovered.py COVERAGE.json    (as gcovr --json writes it; `make cover`)
"""

import json
import sys
from collections import Counter
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
LIST = TOP / "tests/audit/uncovered.list"
BRANCHES = 98  # of 100, at least
# Whatever the others may leave: the decision, the parsers, the ids.
WHOLE = {"common/" + name + ".c" for name in (
    "allowlist", "decide", "entitlement", "hostconf", "idmap", "inistrict", "path", "policy", "when")}


def read_list():
    """{(file, line of code): how many of its branches are not covered}"""
    known, entry = {}, {}
    for line in LIST.read_text().splitlines() if LIST.exists() else []:
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(": ")
        entry[word] = rest
        if word == "why":
            if not rest:
                sys.exit(f"uncovered: {LIST.name}: no reason: {entry}")
            known[entry["file"], entry["line"]] = int(entry["branches"])
    return known


def main():
    missing, total, lines, wrong = Counter(), 0, 0, []
    for file in json.loads(Path(sys.argv[1]).read_text())["files"]:
        name = file["file"]
        text = (TOP / name).read_text().splitlines()
        for line in file["lines"]:
            if line.get("gcovr/noncode"):
                continue
            code = " ".join(text[line["line_number"] - 1].split())
            lines += 1
            total += len(line["branches"])
            uncovered = sum(branch["count"] == 0 for branch in line["branches"])
            if line["count"] == 0:
                wrong.append(f"never run: {name}: {code}")
            elif uncovered:
                missing[name, code] += uncovered
    known = read_list()
    for key in sorted(missing.keys() | known.keys()):
        if missing[key] != known.get(key, 0):
            wrong.append(f"{key[0]}: {key[1]}: {missing[key]} branches are not covered, "
                         f"{LIST.name} says {known.get(key, 0)}")
        elif key[0] in WHOLE:
            wrong.append(f"{key[0]} must be covered as a whole: {key[1]}")
    rate = 100 - 100 * sum(missing.values()) / max(total, 1)
    if lines == 0 or rate < BRANCHES:
        wrong.append(f"{lines} lines, {rate:.1f} % of their branches; {BRANCHES} are wanted")
    for line in wrong:
        print(line)
    print(f"{lines} lines, {total} branches, {rate:.1f} % of them covered; "
          f"{sum(missing.values())} are not, for the reasons in {LIST.name}")
    return not wrong


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
