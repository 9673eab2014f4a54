#!/usr/bin/env python3
# Lets single system calls of berth-admin fail, or kills or stops it there, and judges what is left of
# /etc/berth: tests/fault/verbs.t runs it in an arena as root.
#   verbs.py SCENE SEED COUNT [KIND,... [CALL,...]]    as faults.py; scenes: see SCENES at the end
# Environment: FAULT (the program fault), ADMIN.
import os
import shutil
import signal
import sys

from faultlib import (ENDLESS, FAULT, KINDS, NEVER_HAPPENED, Tally, call_names, counted, listed, named,
                      read, run, sample, until, wanted)

ADMIN = os.environ["ADMIN"]
ETC, STATE, SAVED = "/etc/berth", "/var/lib/berth", "/run/arena/saved"
LAUNCHER = "/usr/local/libexec/berth/berth-launcher"
NAMES = call_names()
# What a killed one may leave for the next to take away: writefile.c. What one that did not come to its
# end leaves for the next to complete: ending.c; check says so.
NOTE = f"{ETC}/allow/.ending-uid-1000.conf"
TEMPORARY = {f"{ETC}/.new", f"{ETC}/allow/.new", NOTE}
# An end that is the same whenever it is asked for.
DATE = "--until=2099-01-01T00:00Z"


def administer(*words):
    return run([ADMIN, *words], "root")


def tree():
    """path: (type and mode, owner, content) of everything of berth's but its lock."""
    found = {}
    for folder, names, leaves in os.walk(ETC):
        for path in [folder] + [os.path.join(folder, name) for name in names + leaves]:
            info = os.lstat(path)
            content = read(path) if os.path.isfile(path) else ""
            found[path] = (oct(info.st_mode), info.st_uid, info.st_gid, content)
    info = os.lstat(LAUNCHER)
    found[LAUNCHER] = (oct(info.st_mode), info.st_uid, info.st_gid, "")
    found.pop(f"{ETC}/.lock", None)
    return found


def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def steady(content):
    """Without what is of this moment."""
    return "\n".join(line for line in content.splitlines() if not line.startswith("revoked"))


class Verb:
    """One command on one state of /etc/berth. before: the commands that make it; victims: whose calls."""

    def __init__(self, command, before=(), changes=True, victims=range(256)):
        self.command, self.before, self.changes, self.victims = command, before, changes, victims

    def prepare(self):
        shutil.rmtree(ETC, ignore_errors=True)
        for words in self.before:
            status, _, said = administer(*words)
            if status != 0:
                sys.exit(f"{words} ends with {status}: {said}")
        shutil.rmtree(SAVED, ignore_errors=True)
        if os.path.isdir(ETC):
            shutil.copytree(ETC, SAVED)
        self.old, self.mode = tree(), os.lstat(LAUNCHER).st_mode & 0o7777
        status, self.answer, said = administer(*self.command)
        if status != 0:
            sys.exit(f"{self.command} ends with {status}: {said}")
        self.new = tree()
        self.reset()

    def reset(self):
        """As it was before the command."""
        end_engines()
        os.chmod(LAUNCHER, self.mode)
        shutil.rmtree(ETC, ignore_errors=True)
        if not self.before:
            for name in os.listdir(STATE):
                remove(f"{STATE}/{name}")
        if os.path.isdir(SAVED):
            shutil.copytree(SAVED, ETC)

    def calls(self):
        calls = listed(run([FAULT, "run", "0", "0", "0", "none", ADMIN, *self.command], "root")[2])
        self.reset()
        # What is before is the loader's part: main() begins with its standard streams. One that cannot
        # look at them has nobody to tell.
        first = min(number for who, number, call, _, argument in calls
                    if who == 0 and NAMES.get(call) == "fcntl" and argument == 2)
        return [call for (who, number, *_), call in zip(calls, counted(calls))
                if who in self.victims and (who > 0 or number > first)]

    def perform(self, who, number, kind):
        return run([FAULT, "run", "0", str(who), str(number), kind, ADMIN, *self.command], "root")

    def is_whole(self, path, entry):
        """The old file, or the new one: its type, mode and owner, and all of its content."""
        for state in (self.old, self.new):
            good = state.get(path)
            if good is not None and (*entry[:3], steady(entry[3])) == (*good[:3], steady(good[3])):
                return True
        # The record of ids only grows, a line at a time; so does what a new one begins with.
        if path == f"{ETC}/ids" and path in self.new and entry[:3] == self.new[path][:3]:
            return self.new[path][3].startswith(entry[3]) and \
                entry[3].startswith(self.old.get(path, ("", 0, 0, ""))[3]) and entry[3][-1:] in ("", "\n")
        return False

    def judge(self, kind, call, status, out, said):
        here = tree()
        if status == -1:
            yield "hangs"
        died = kind in ("kill", "stop")
        # libc itself ends a program that is refused memory where it does not ask, or its own signal mask.
        crashed = (call, status) in (("brk", 139), ("mmap", 139), ("rt_sigprocmask", 134))
        if not died and status not in (0, 1, 64, 69, 70, 71, 77, 78) and not crashed:
            yield f"ends with status {status}"
        if not died and status != 0 and not out + said and not crashed:
            yield "says nothing"
        for path, entry in here.items():
            if path in TEMPORARY and (died or path == NOTE and status != 0):
                continue
            # From the change of its owner to the next one of its mode it is no setuid program.
            if path == LAUNCHER and entry[:3] == ("0o100755", 0, 0):
                continue
            # Made, not filled: its owner was refused before a word was in it.
            if path == f"{ETC}/ids" and entry[3] == "" and path not in self.old and entry[1:3] == (0, 0):
                continue
            if not self.is_whole(path, entry):
                yield f"half-written: {path} {entry}"
        yield from (f"gone: {path}" for path in self.old if path not in here and path in self.new)
        if not self.changes and here != self.old:
            yield "it has changed something"
        if status == 0 and not died and self.changes and not self.is_new(here):
            yield "it says that it is done, and it is not"
        yield from self.afterwards(here)
        self.reset()

    def is_new(self, here):
        wanted = {path: (*entry[:3], steady(entry[3])) for path, entry in self.new.items()}
        return {path: (*entry[:3], steady(entry[3])) for path, entry in here.items()} == wanted

    def afterwards(self, here):
        # The launcher and everybody else read it as it is.
        if f"{ETC}/berth.conf" in here and any("/allow/uid-" in path for path in here):
            status, said, _ = administer("check")
            if NOTE in here:
                if status != 78 or "may not have ended" not in said:
                    yield f"check does not see the note: {status}: {said}"
            elif "rror" in said or status not in (0, 1):
                yield f"check says {status}: {said}"
        # Done before it died, the same cannot be done again: then it says so.
        status, said, error = administer(*self.command)
        if status != 0 and not (self.command[0] == "revoke" and (status == 1 or "not granted" in error)):
            yield f"the next one ends with {status}: {error}"
        after = tree()
        yield from (f"stays: {path}" for path in TEMPORARY if path in after)
        if not self.is_new(after):
            wrong = [path for path in set(after) | set(self.new) if after.get(path) != self.new.get(path)]
            yield f"the next one does not do it: {[(path, after.get(path)) for path in wrong]}"


def end_engines():
    for pid in named("berth-engine", "berth-launcher"):
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    until(lambda: not named("berth-engine", "berth-launcher"))


GRANT = ("grant", "alice", "security.confined", "--root=/home/alice/state", "-q")
MORE = ("grant", "alice", "network.host", "mount=/srv/a b:ro", DATE, "--timeout=5m", "--engine=any", "-q")
BOB = ("grant", "bob", "--root=/home/bob/state", "-q")
SCENES = {
    # The first one on a host makes everything.
    "first grant": Verb(GRANT),
    "second grant": Verb(BOB, [GRANT]),
    "wider grant": Verb(MORE, [GRANT, BOB]),
    # What ends earlier than before: what runs on it is ended too.
    "narrower grant": Verb(("grant", "alice", "mount=/srv/x", DATE, "-q"), [GRANT]),
    "grant without an end": Verb(("grant", "alice", "--until=none", "-q"), [GRANT, MORE]),
    "grant again": Verb(GRANT, [GRANT, ("revoke", "alice", "-q")]),
    "revoke": Verb(("revoke", "alice", "-q"), [GRANT, BOB]),
    "revoke a part": Verb(("revoke", "alice", "network.host", "-q"), [GRANT, MORE]),
    # Its own processes: the start itself is a scene of faults.py.
    "daemon start": Verb(("daemon", "start", "--allow-user=alice", "--root=/home/alice/state",
                          "--entitlements=security.confined", "-q"), victims=range(3)),
    "grants": Verb(("grants", "--format=json"), [GRANT, MORE, BOB], changes=False),
    "check": Verb(("check",), [GRANT, MORE, BOB], changes=False),
}


def main():
    name, seed, count = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    kinds = sys.argv[4].split(",") if len(sys.argv) > 4 else KINDS
    verb = SCENES[name]
    verb.prepare()
    chosen = [(kind, who, number, NAMES.get(call, str(call)), f"{kind}:{call}")
              for who, number, call, _, _ in verb.calls() for kind in kinds if NAMES.get(call) not in ENDLESS]
    chosen = wanted(sys.argv[5] if len(sys.argv) > 5 else "", seed)(chosen)
    tally = Tally(kinds)

    def perform(chosen):
        kind, who, number, call, fault = chosen
        status, out, said = verb.perform(who, number, fault)
        if status == NEVER_HAPPENED:
            verb.reset()
        else:
            tally.add(kind, status != 0, f"{call} {number} of process {who} (status {status})",
                      list(verb.judge(kind, call, status, out, said)))
        return status != NEVER_HAPPENED
    sample(chosen, kinds, count, seed, perform)
    tally.tell(name, len(chosen))
    sys.exit(1 if tally.bad else 0)


main()
