#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""calls.py [-p] GOLDEN KERNEL NAME=FILE...

Compares what tests/attack/calls.c has printed with a golden table of tests/attack/golden/ and prints
each difference; status 1 if there is one. KERNEL is the version of the kernel that answered (6.1.0).
NAME is a column of GOLDEN, FILE what the probe has printed there, or - for standard input.

GOLDEN: its first line that is no comment names the columns: "key filter NAME...". A row:
    KEY     a number, a range of them, or NAME(ARGUMENT); behind a slash what it is called
    FILTER  what the filter of berth answers. The same on every kernel.
    RESULT  one for each NAME: what the kernel makes of it. Of several, with commas between, each is
            right: they depend on how the kernel was built. * is anything.
    since=VERSION   at the end: kernels before that do not have it and, if the filter lets it pass,
            answer ENOSYS
A KEY with a * in it is a pattern, for what has no row of its own; the first that fits counts. What
is in no row is a difference, and so, without -p, is a row for which FILE has nothing.
"""
import fnmatch
import re
import sys


def version(text):
    return tuple(int(n) for n in re.findall(r"\d+", text)[:2])


def keys_of(word):
    word = word.split("/")[0]
    found = re.fullmatch(r"(\d+)-(\d+)", word)
    if found:
        return [str(n) for n in range(int(found[1]), int(found[2]) + 1)]
    return [word]


def read_golden(path):
    columns, rows = None, {}
    with open(path, encoding="ascii") as file:
        for line in file:
            words = line.split("#")[0].split()
            if not words:
                continue
            if columns is None:
                columns = words
                continue
            since = None
            if words[-1].startswith("since="):
                since = version(words.pop())
            if len(words) != len(columns):
                sys.exit(f"{path}: not as many words as columns: {line}")
            for key in keys_of(words[0]):
                if key in rows:
                    sys.exit(f"{path}: {key} twice")
                rows[key] = (dict(zip(columns, words)), since, words[0])
    return rows


def row_for(rows, key):
    if key in rows:
        return key
    patterns = (name for name in rows if "*" in name)
    return next((name for name in patterns if fnmatch.fnmatchcase(key, name)), None)


def fits(got, wanted):
    return wanted == "*" or got in wanted.split(",")


def compare(rows, kernel, column, lines, partial):
    tried, differences = set(), []
    for line in lines:
        key, filtered, result = line.split()
        found = row_for(rows, key)
        if found is None:
            differences.append(f"{column}: {key}: is in no row; got {filtered} {result}")
            continue
        tried.add(found)
        row, since, name = rows[found]
        wanted = row[column]
        if since is not None and kernel < since and row["filter"] == "pass":
            wanted = "ENOSYS"
        if not fits(filtered, row["filter"]) or not fits(result, wanted):
            differences.append(f"{column}: {key} ({name}): got {filtered} {result}, "
                               f"wanted {row['filter']} {wanted}")
    if not tried:
        return [f"{column}: nothing was tried"]
    return differences + [f"{column}: {key} ({rows[key][2]}): not tried"
                          for key in rows if key not in tried and not partial]


def main():
    words = sys.argv[1:]
    partial = words[0] == "-p"
    golden, kernel, *files = words[partial:]
    rows = read_golden(golden)
    differences = []
    for word in files:
        column, path = word.split("=", 1)
        with open(0 if path == "-" else path, encoding="ascii") as file:
            lines = file.read().splitlines()
        differences += compare(rows, version(kernel), column, lines, partial)
    print("\n".join(differences), end="\n" if differences else "")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
