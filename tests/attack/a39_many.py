#!/usr/bin/env python3
# Calls a program that refuses, again and again, as a user:
#   a39_many.py USER COUNT AT-ONCE STATUS PROGRAM ARGS...
# Prints "REFUSED OTHERS SECONDS MEDIAN-MICROSECONDS" (of one call), and on stderr the first few that
# ended with another status than STATUS, or said something else than the first one.
import os
import pwd
import subprocess
import sys
import threading
import time

user, count, at_once, wanted = pwd.getpwnam(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
program = sys.argv[5:]
took, others, first = [], [], []


def call_all(n):
    for _ in range(n):
        began = time.monotonic()
        end = subprocess.run(program, env={}, stdin=subprocess.DEVNULL, capture_output=True, timeout=120, check=False)
        took.append(time.monotonic() - began)
        first.append(end.stderr) if not first else None
        if end.returncode != wanted or end.stderr != first[0] or end.stdout:
            others.append((end.returncode, end.stderr))


os.initgroups(user.pw_name, user.pw_gid)
os.setresgid(user.pw_gid, user.pw_gid, user.pw_gid)
os.setresuid(user.pw_uid, user.pw_uid, user.pw_uid)
os.chdir("/")
start = time.monotonic()
threads = [threading.Thread(target=call_all, args=(count // at_once,)) for _ in range(at_once)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
spent = time.monotonic() - start
for status, said in others[:5]:
    print(status, said, file=sys.stderr)
print(len(took) - len(others), len(others), int(spent) + 1, int(sorted(took)[len(took) // 2] * 1e6))
