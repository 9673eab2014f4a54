#!/usr/bin/env python3
"""Starts jobs, one after the other. SPDX-License-Identifier: ISC

starts.py COUNT ARGS...   runs "berth ARGS" COUNT times with empty input; in ARGS {} is the number, from 0
on. Prints a line for each: number, status ("hung" after 30 s), what it printed, what it said; with tabs
between these four and blanks for line ends in them.
"""
import subprocess
import sys


def line(data):
    return " ".join(data.decode(errors="replace").replace("\t", " ").splitlines())


for number in range(int(sys.argv[1])):
    command = ["berth", *(word.replace("{}", str(number)) for word in sys.argv[2:])]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
        result = done.returncode, line(done.stdout), line(done.stderr)
    except subprocess.TimeoutExpired:
        result = "hung", "", ""
    print(number, *result, sep="\t", flush=True)
