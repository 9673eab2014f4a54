#!/usr/bin/env python3
"""Judges what the programs of berth executed and mapped. SPDX-License-Identifier: ISC

c11_trace.py FILE COMMAND...   FILE is a trace of "strace -f -y --pidns-translation" with these calls: execve, execveat, mmap,
mprotect, open, openat, openat2, seccomp, pivot_root, clone, clone3, fork, vfork. COMMANDs are what was to
be executed in jobs. Prints a line for each thing that must not be, then what was seen, for controls.
"""
import os
import re
import sys

OWN = {"/usr/local/bin/berth", *(f"/usr/local/libexec/berth/berth-{name}" for name in ("launcher", "engine", "archive"))}
HELPERS = {"/usr/bin/newuidmap", "/usr/bin/newgidmap"}
STATIC = {name for name in OWN if not name.endswith("archive")}
READ_INSIDE = {"/etc/passwd", "/etc/group"}
commands = set(sys.argv[2:])
programs, namespaces, filtered, parents = {}, {}, {}, {}
seen, executed, read = set(), [], set()
FORK = re.compile(r"(clone3?|fork|vfork)\(")


class Namespace:
    """Of mounts: who changes its root does so for all in it."""

    inside = False


def is_inside(pid):
    return namespaces[pid].inside


def say(pid, what):
    print(f"{programs.get(pid, '?')} ({'in the job' if is_inside(pid) else 'outside'}): {what}")


def born(pid):
    parent, text = parents.get(pid, (None, ""))
    namespaces[pid] = namespaces[parent] if parent in namespaces and "CLONE_NEWNS" not in text else Namespace()
    for table in (programs, filtered):
        if parent in table:
            table[pid] = table[parent]


def judge_exec(pid, text, good):
    target = re.match(r'execve\("([^"]*)"', text) or re.match(r"execveat\(\d+<([^>]*)>", text)
    path = target.group(1) if target else text
    by = programs.get(pid)
    if by in OWN:
        if is_inside(pid):
            if path not in commands or not filtered.get(pid):
                say(pid, f"executes {path}{'' if filtered.get(pid) else ' before its filter'}")
            elif good:
                executed.append(path)
        elif path not in OWN | HELPERS:
            say(pid, f"executes {path}")
    if good:
        programs[pid] = path if not is_inside(pid) else "a command"
        seen.add(programs[pid])


def judge(pid, text):
    call, result = text.split("(", 1)[0], text.rsplit(" = ", 1)[-1]
    good = not result.startswith("-1") and result != text
    if call in ("execve", "execveat"):
        judge_exec(pid, text, good)
    elif call in ("mmap", "mprotect") and "PROT_EXEC" in text:
        if programs.get(pid) in STATIC or (programs.get(pid) in OWN and is_inside(pid)):
            say(pid, text)
    elif call == "pivot_root" and good:
        namespaces[pid].inside = True
        seen.add("a root")
    elif call == "seccomp" and good and "FILTER" in text:
        filtered[pid] = True
    elif call in ("openat", "openat2", "open") and good and is_inside(pid) and programs.get(pid) in OWN and not re.search("O_PATH|O_DIRECTORY", text):
        path = re.search(r" = \d+<([^>]*)>", text)
        if path and not re.match(r"/home/[a-z]*/|/proc/|/dev/|\w+:", path.group(1)):
            read.add(path.group(1))


def calls():
    """Number and text of each call that has ended, "" for another line."""
    pending = {}
    for line in open(sys.argv[1]):
        pid, text = line.rstrip("\n").split(None, 1)
        resumed = re.match(r"<\.\.\. \w+ resumed>(.*)", text)
        if text.endswith("<unfinished ...>"):
            pending[pid] = text[: -len("<unfinished ...>")]
            text = ""
        elif resumed:
            text = pending.pop(pid, "?(") + resumed.group(1)
        yield pid, text


# Who is whose comes first: a child can be heard of before its parent's call has ended.
for pid, text in calls():
    child = FORK.match(text) and re.search(r" = (\d+)(?: /\* (\d+) in strace's PID NS \*/)?$", text)
    if child:
        parents[child.group(2) or child.group(1)] = pid, text
for pid, text in calls():
    if pid not in namespaces:
        born(pid)
    if re.match(r"\w+\(", text):
        judge(pid, text)
for path in sorted(read - READ_INSIDE):
    print(f"a program of berth reads {path} of the image")
print("seen:", " ".join(sorted(os.path.basename(name) for name in seen if name in OWN or name.startswith("a "))))
print("executed:", " ".join(executed))
