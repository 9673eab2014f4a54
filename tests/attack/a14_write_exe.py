#!/usr/bin/env python3
# Runs in a job: tries to write the program of every process that it sees, in each way there is.
#   a14_write_exe.py [--until FILE] PROC...   for each procfs PROC, over and over until FILE is there; prints
#                              "PROC WAY" for what could be opened for writing, or could but for its running
#                              just then, and is none of this job's own files, then "tried N" and "busy" when
#                              a program of its own said that it is running (what would be the way in)
import errno
import os
import sys

tried, busy, found = 0, False, set()
own = {os.stat("/bin/sh").st_dev, os.stat("/").st_dev, os.stat("/tmp").st_dev}


def attempt(path, how, flags):
    global tried, busy
    tried += 1
    try:
        fd = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        if error.errno != errno.ETXTBSY:
            return
        busy = True
        try:
            if os.stat(path).st_dev not in own:
                found.add(f"{how}, running")
        except OSError:
            pass
        return
    if os.fstat(fd).st_dev not in own:
        found.add(f"{how} {os.readlink(f'/proc/self/fd/{fd}')}")
    os.close(fd)


def look(proc):
    for pid in ["self", *filter(str.isdigit, os.listdir(proc))]:
        exe = f"{proc}/{pid}/exe"
        for flags in (os.O_WRONLY, os.O_RDWR, os.O_WRONLY | os.O_TRUNC, os.O_WRONLY | os.O_APPEND):
            attempt(exe, f"{proc} exe", flags)
        for flags in (os.O_RDONLY, getattr(os, "O_PATH")):
            try:
                fd = os.open(exe, flags | os.O_CLOEXEC)
            except OSError:
                continue
            attempt(f"/proc/self/fd/{fd}", f"{proc} exe again", os.O_WRONLY)
            attempt(f"{proc}/self/fd/{fd}", f"{proc} exe again", os.O_RDWR)
            os.close(fd)
        for name in ("berth-engine", "berth-launcher", "berth-admin"):
            attempt(f"{proc}/{pid}/root/usr/local/libexec/berth/{name}", f"{proc} root", os.O_WRONLY)
        try:
            for name in os.listdir(f"{proc}/{pid}/map_files"):
                attempt(f"{proc}/{pid}/map_files/{name}", f"{proc} map_files", os.O_WRONLY)
        except OSError:
            pass


procs, until = sys.argv[1:], None
if procs[0] == "--until":
    until, procs = procs[1], procs[2:]
if until:
    print("looking", flush=True)
while True:
    for proc in procs:
        look(proc)
    if until is None or os.path.exists(until):
        break
for line in sorted(found):
    print(line)
print("tried", tried, "busy" if busy else "")
