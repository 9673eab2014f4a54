#!/usr/bin/env python3
# Prints, sorted and a fact a line, all that a refused attack must leave as it is: see oracle.sh.
import hashlib
import os
import stat
import sys

DIRS = ["/etc", "/run", "/tmp", "/var/lib", "/usr/local", "/home"]
# The arena's own: its log grows, the build directory is large. The rate limit of the log is the
# one file that a refusal may write to (security.md, invariant 3).
SKIP = {"/run/arena", "/var/lib/berth/audit-rate"}


def text(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def own_chain():
    """This process and those that wait for it: how a snapshot is taken is no finding."""
    chain, pid = set(), os.getpid()
    while pid > 1:
        chain.add(pid)
        pid = int(text(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()[1])
    return chain


def processes():
    chain = own_chain()
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = dict(
                line.split(":\t", 1) for line in text(f"/proc/{pid}/status").splitlines() if ":\t" in line
            )
            if int(pid) in chain or fields["State"].startswith("Z"):
                continue
            # The other side of a pipe behind this process ("| diff") is a sibling of it.
            if int(fields["PPid"]) in chain and fields["Name"] in ("diff", "sed", "bash"):
                continue
            caps = {key: fields[key] for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")}
            if "0" in fields["Uid"].split() or any(int(value, 16) for value in caps.values()):
                # A job's first process is root of its user namespace only: its map tells.
                if text(f"/proc/{pid}/uid_map").split()[:3] == ["0", "0", "4294967295"]:
                    yield f"process {pid} {fields['Name']} uid {fields['Uid']}"
        except (FileNotFoundError, ProcessLookupError):
            continue


def files():
    for top in DIRS:
        for folder, names, leaves in os.walk(top):
            names[:] = [name for name in names if os.path.join(folder, name) not in SKIP]
            for name in names + leaves:
                path = os.path.join(folder, name)
                if path in SKIP:
                    continue
                try:
                    info = os.lstat(path)
                    digest = ""
                    if top == "/etc" and stat.S_ISREG(info.st_mode):
                        with open(path, "rb") as file:
                            digest = hashlib.sha256(file.read()).hexdigest()[:16]
                except FileNotFoundError:
                    continue
                if info.st_uid == 0 or info.st_mode & 0o6000:
                    # A directory's time moves when a user makes a file in it, as in /tmp.
                    when = 0 if stat.S_ISDIR(info.st_mode) else info.st_mtime_ns
                    yield f"file {path} {info.st_mode:o} {info.st_uid}:{info.st_gid} {when} {digest}"


def cgroups():
    for folder, _, _ in os.walk("/sys/fs/cgroup"):
        try:
            info = os.stat(folder)
        except FileNotFoundError:
            continue
        yield f"cgroup {folder} {info.st_mode:o} {info.st_uid}:{info.st_gid}"


def lines(kind, path):
    try:
        for line in text(path).splitlines():
            yield f"{kind} {line}"
    except FileNotFoundError:
        return


def devices():
    for name in os.listdir("/sys/class/net"):
        yield f"link {name}"
    for name in os.listdir("/sys/block"):
        if os.path.exists(f"/sys/block/{name}/loop"):
            yield f"loop {name}"


def keys():
    # Time-outs and counters change by themselves, and how many keys a keyring has; serial, owner and
    # description do not.
    for line in lines("key", "/proc/keys"):
        fields = line.split()
        yield " ".join(fields[:2] + fields[5:]).rsplit(": ", 1)[0]


facts = set()
for source in (processes(), files(), cgroups(), lines("mount", "/proc/1/mountinfo"), devices(), keys()):
    facts.update(source)
sys.stdout.write("".join(fact + "\n" for fact in sorted(facts)))
