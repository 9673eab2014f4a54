#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""A second opinion about berth's policy files, written from their description (berth-allow(5),
berth.conf(5)) and not from the parser, and a generator of files to disagree about.

usage: dialect.py SEED COUNT     COUNT generated files, each with this program's opinion of it, on
                                 stdout; tests/unit/test_dialect.c compares them with the parser's
       dialect.py KIND ID < FILE the opinion about one file; KIND is uid, gid or host

A record is: kind (u, g, h), then little-endian 32-bit numbers and bytes:
    id, length of the file, the file, opinion, length of the meaning, the meaning
The opinion is ACCEPTED, or the number of the first line that is wrong, or 0: no line, the whole.
The meaning of an accepted file is what test_dialect.c prints of what the parser made of it.
"""
import calendar
import random
import re
import shlex
import struct
import sys

ACCEPTED = 0xFFFFFFFF
ID_MAX = 2147483646
RESERVED = 2147400000


class Refused(Exception):
    """What is wrong; the line is known to who asked."""


# --- values --------------------------------------------------------------------------------------


def identifier(text):
    if not re.fullmatch(r"0|[1-9][0-9]{0,9}", text) or int(text) > ID_MAX:
        raise Refused("id")
    return int(text)


def reserved(text):
    if not RESERVED <= identifier(text) <= ID_MAX:
        raise Refused("reserved id")
    return int(text)


def span(text):
    match = re.fullmatch(r"([0-9]+):([0-9]+)", text)
    if not match:
        raise Refused("range")
    start, count = map(identifier, match.groups())
    if count == 0 or start < 65536 or start + count > RESERVED:
        raise Refused("range")
    return start, count


def words(text):
    """Words as in sh(1); blanks are the only separators that can be in a line."""
    try:
        return shlex.split(text, comments=False, posix=True)
    except ValueError as error:
        raise Refused("quotes") from error


def is_canonical(path):
    if len(path) >= 4096 or not path.startswith("/"):
        return False
    return path == "/" or not {"", ".", ".."} & set(path[1:].split("/"))


def name(text):
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", text):
        raise Refused("name")
    return text


def root(text):
    found = words(text)
    if len(found) != 1 or not is_canonical(found[0]) or found[0] == "/":
        raise Refused("root")
    return found[0]


PLAIN = """security.confined security.nested security.insecure network.none network.user
           network.host idmap.mount isolation.none""".split()


def entitlement(word):
    key, sign, value = word.partition("=")
    if key in PLAIN:
        if sign:
            raise Refused("a value too many")
        return key, "", False
    if key not in ("mount", "device", "image", "service") or not value:
        raise Refused("entitlement")
    readonly = key == "mount" and len(value) > 3 and value.endswith(":ro")
    if readonly:
        value = value[:-3]
    if key == "mount" and value != "*" and not is_canonical(value):
        raise Refused("mount")
    if key == "device" and not (is_canonical(value) and value.startswith("/dev/")):
        raise Refused("device")
    return key, value, readonly


def entitlements(text):
    found = [entitlement(word) for word in words(text)]
    if len(found) > 256:
        raise Refused("too many")
    return found


def excepted(text):
    found = [identifier(word) for word in words(text)]
    if len(found) > 64:
        raise Refused("too many")
    return found


def automatic(text):
    if text != "auto":
        raise Refused("subids")
    return True


def engine(text):
    if text not in ("shared", "once", "any"):
        raise Refused("engine")
    return ("shared", "once", "any").index(text) + 1


def until(text):
    match = re.fullmatch(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d)(?::(\d\d))?Z", text, re.ASCII)
    if not match:
        raise Refused("date")
    year, month, day, hour, minute, second = (int(group or 0) for group in match.groups())
    if year < 1970 or not 1 <= month <= 12 or hour > 23 or minute > 59 or second > 59:
        raise Refused("date")
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        raise Refused("date")
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if seconds == 0:
        raise Refused("date")
    return seconds


def timeout(text):
    match = re.fullmatch(r"([0-9]+)([smhd]?)", text)
    if not match:
        raise Refused("duration")
    seconds = identifier(match[1]) * {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}[match[2]]
    if not 1 <= seconds <= 366 * 86400:
        raise Refused("duration")
    return seconds


def never(_):
    raise Refused("not here")


ALLOW = {
    "grant": {
        "uid": identifier, "gid": identifier, "name": name, "root": root,
        "entitlements": entitlements, "except-uid": excepted, "subuid": span, "subgid": span,
        "subids": automatic, "owner-id": reserved, "watch-id": reserved, "engine": engine,
        "until": until, "revoked": until, "timeout": timeout,
    },
    "limits": dict.fromkeys(("memory", "cpus", "pids", "jobs"), never),
}  # fmt: skip
# Only a group has members that can be excepted.
GRAMMAR = {
    "gid": ALLOW,
    "uid": {**ALLOW, "grant": {**ALLOW["grant"], "except-uid": never}},
    "host": {"ids": {"base": identifier, "count": identifier, "first-uid": identifier}},
}

# --- files ---------------------------------------------------------------------------------------

PAIR = re.compile(rb"([a-z0-9-]+) *= *(?! )(.*?) *", re.DOTALL)


def read_line(line, grammar, found, section, number):
    """Returns the section that is open after the line."""
    if len(line) > 4096 or re.search(rb"[\x00-\x1f\x7f]", line) or line.startswith(b" "):
        raise Refused("line")
    if line == b"" or line.startswith(b";"):
        return section
    heading = re.fullmatch(rb"\[([a-z0-9-]+)\]", line)
    if heading:
        opened = heading[1].decode()
        if opened not in grammar or opened in found:
            raise Refused("section")
        found[opened] = {}
        return opened
    pair = PAIR.fullmatch(line)
    if not pair or section is None:
        raise Refused("neither comment nor section nor pair")
    key, value = pair[1].decode(), pair[2]
    if value == b"" or value.startswith((b";", b"#")) or b" ;" in value or b" #" in value:
        raise Refused("no value, or a comment behind it")
    if key not in grammar[section] or key in found[section]:
        raise Refused("key")
    found[section][key] = (grammar[section][key](value.decode("latin-1")), number)
    return section


def read(text, grammar):
    """(line, None) of the first error, or (ACCEPTED, {section: {key: (value, line)}})"""
    found, section = {}, None
    if len(text) > 65536:
        return 0, None
    *lines, rest = text.split(b"\n")
    for number, line in enumerate(lines, 1):
        try:
            section = read_line(line, grammar, found, section, number)
        except Refused:
            return number, None
    if rest != b"":
        return len(lines) + 1, None
    return ACCEPTED, found


def host_meaning(ids):
    values = [ids.get(key, (0, 0))[0] for key in ("base", "count", "first-uid")]
    base, count, first = values
    inside = count > 0 and base >= 65536 and base + count <= RESERVED
    if first < base + count and base < first + count // 65536:
        inside = False
    if values != [0, 0, 0] and not (first and inside):
        return None
    return f"pool={base}:{count}\nfirst={first}\n"


def allow_meaning(kind, number, grant):
    def get(key, default=0):
        return grant.get(key, (default, 0))[0]

    other = "gid" if kind == "uid" else "uid"
    if other in grant or get(kind, -1) != number:
        return None
    ids = any(key in grant for key in ("subuid", "subgid", "owner-id", "watch-id"))
    if ids and ("subids" in grant or kind == "gid"):
        return None
    rules, line = grant.get("entitlements", ([], 0))
    if rules and "revoked" in grant:
        return None
    out = f"name={get('name', '')}\nroot={get('root', '')}\nauto={int(get('subids', False))}\n"
    for key in ("subuid", "subgid"):
        out += f"{key}={get(key, (0, 0))[0]}:{get(key, (0, 0))[1]}\n"
    out += f"owner={get('owner-id')}\nwatch={get('watch-id')}\nengine={get('engine', 1)}\n"
    out += f"until={get('until')}\nrevoked={get('revoked')}\ntimeout={get('timeout')}\n"
    out += "".join(f"except={uid}\n" for uid in get("except-uid", []))
    for key, value, readonly in rules:
        out += f"rule={line} {int(readonly)} {key} {value}\n"
    return out


def judge(kind, number, text):
    """(opinion, meaning)"""
    line, found = read(text, GRAMMAR[kind])
    if line != ACCEPTED:
        return line, b""
    if kind == "host":
        meaning = host_meaning(found.get("ids", {}))
    else:
        meaning = allow_meaning(kind, number, found.get("grant", {}))
    return (0, b"") if meaning is None else (ACCEPTED, meaning.encode("latin-1"))


# --- what to disagree about ----------------------------------------------------------------------

GOOD = {
    "name": ["alice", "_x", "a-1", "b" * 32],
    "root": ["/srv", "/home/alice/state", "'/a b'", '"/a\\"b"', "/a\\ b", "/.x", "/a;b", "/a#b"],
    "entitlements": [
        "security.confined", "network.host network.none", "mount=/data:ro 'mount=/a b'",
        "mount=* image=*", "mount=/a:ro:ro device=/dev/kvm", "image=a=b service=x",
        "security.nested   security.insecure", "image='[a-z]*' idmap.mount", "mount=*:ro",
        "\"image=\\x\\\\\"", "image=$HOME", "network.user isolation.none",
    ],
    "except-uid": ["1001", "1001 1002", "'0' 7"],
    "subuid": ["100000:65536", "65536:1", "2147399999:1", "65536:2147334464"],
    "subgid": ["100000:65536", "200000:1"],
    "subids": ["auto"],
    "owner-id": ["2147480001", "2147400000", "2147483646"],
    "watch-id": ["2147480002"],
    "engine": ["shared", "once", "any"],
    "until": [
        "2027-01-01T00:00Z", "2028-02-29T23:59Z", "1970-01-01T00:01Z", "9999-12-31T23:59Z",
        "2027-01-01T00:00:00Z", "1970-01-01T00:00:01Z", "9999-12-31T23:59:59Z",
    ],
    "revoked": ["2026-01-01T00:00Z", "2026-01-01T23:59:59Z"],
    "timeout": ["10m", "1", "90s", "366d", "8784h", "31622400"],
    "base": ["1000000000", "65536"],
    "count": ["65536", "655360000"],
    "first-uid": ["1000", "1"],
}  # fmt: skip

BAD = [
    "", "''", '""', "'", '"', "\\", "'a", "a\\", '"a\\"', "/", "a b", ".", "/a/../b", "/a/", "//",
    "/a/.", "/..a", "-1", "+1", "00", "01", "0x1", "1e3", "4294967295", "4294967296", "2147483647",
    "2147483646", "2147483648", "65535", "65536", "0", "1:0", "0:1", "65535:1", "2147399999:2",
    "1:1:1", ":1", "1:", "auto", "Auto", "shared once", "network.hosts", "network.host=1",
    "mount=", "mount=a", "mount=:ro", "mount=/a/../b:ro", "device=/dev", "device=/etc", "image",
    "security", "security.confined,network.host", "2027-02-29T00:00Z", "1969-12-31T23:59Z",
    "2027-01-01T24:00Z", "2027-01-01T00:00:60Z", "1970-01-01T00:00:00Z", "2027-1-1T0:0Z", "2027-01-01T00:00Z ", "0s", "367d", "1w", "1 h", "0day",
    "A", "b" * 33, "x" * 4080, "image=* " * 256, "image=* " * 257, "1 " * 64, "1 " * 65, "root",
    "; x", "x ; y", "x # y", "#", "#x", "x;y", "\xe9", "\x80", "\xc2\x80", "\xa0", "\x85",
]  # fmt: skip

LINES = [
    "", ";", "; x", ";" + "x" * 4095, ";" + "x" * 4096, " ", "\t", " ; x", "[grant]", "[limits]",
    "[ids]", "[grant", "[grant] ", "[grant];", "[]", "[x]", "grant", "uid", "uid:1000", "= 1",
    "memory = 8G", "#", "x = 1", "UID = 1000", " uid = 1000", "uid = 1000", "gid = 2000",
    "except-uid = 1", "\ufeff", "\x80", "[grant]\r", "timeout=1", "timeout   =   1   ",
    "; \xff\x80", "-", "-=", "- = 1", "base = 65536",
]  # fmt: skip

BYTES = b"\0\t\r\n\n \x1b\x7f\x80\x85\xa0\xff;#=:[]'\"\\/.*0a-"


def good_lines(rng, kind, number):
    if kind == "host":
        keys = [key for key in ("base", "count", "first-uid") if rng.random() < 0.9]
        lines = ["[ids]"]
    else:
        keys = [key for key in GOOD if key in ALLOW["grant"] and rng.random() < 0.4]
        ids = {"subuid", "subgid", "owner-id", "watch-id"}
        wrong = {"except-uid"} if kind == "uid" else ids
        if kind == "uid" and "subids" in keys:
            wrong = wrong | ids
        if rng.random() < 0.9:
            keys = [key for key in keys if key not in wrong]
        lines = ["[grant]", f"{kind} = {number}"]
    rng.shuffle(keys)
    for key in keys:
        blanks = rng.choice([("", ""), (" ", " "), ("   ", "  ")])
        end = rng.choice(["", "", "", "  "])
        lines.append(key + blanks[0] + "=" + blanks[1] + rng.choice(GOOD[key]) + end)
    if rng.random() < 0.3:
        lines.insert(rng.randrange(len(lines) + 1), rng.choice(["", "; x = y ; z"]))
    return lines


def damage_lines(rng, lines):
    at = rng.randrange(len(lines))
    what = rng.randrange(6)
    if what == 0:
        lines.insert(at, rng.choice(LINES))
    elif what == 1:
        lines.insert(at, rng.choice(lines))
    elif what == 2:
        del lines[at]
        lines = lines or [""]
    elif what == 3:
        key = lines[at].partition("=")[0]
        lines[at] = key + "=" + rng.choice(["", " "]) + rng.choice(BAD)
    elif what == 4:
        lines[at] += rng.choice([" ", "\r", "\t", " ; x", " #", ";", "'", "\\", "=", " x", "\0"])
    else:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    return lines


def damage_bytes(rng, text):
    at = rng.randrange(len(text) + 1)
    what = rng.randrange(4)
    if what == 0:
        return text[:at]
    if what == 1:
        return text[:at] + text[at + 1 :]
    byte = bytes([rng.choice(BYTES)])
    return text[:at] + byte + text[at + (what == 2) :]


def generate(rng):
    """(kind, number, text)"""
    kind = rng.choice(["uid", "uid", "gid", "gid", "host"])
    number = {"uid": 1000, "gid": 2000, "host": 0}[kind]
    lines = good_lines(rng, kind, number)
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        lines = damage_lines(rng, lines)
    text = "".join(line + "\n" for line in lines).encode("latin-1", "replace")
    for _ in range(rng.choice([0, 0, 0, 1, 2])):
        text = damage_bytes(rng, text)
    if rng.random() < 0.002:
        text += b"\n" * (rng.choice([65535, 65536, 65537]) - len(text))
    return kind, number, text


def main():
    if sys.argv[1] in ("uid", "gid", "host"):
        line, meaning = judge(sys.argv[1], int(sys.argv[2]), sys.stdin.buffer.read())
        print("accepted" if line == ACCEPTED else f"line {line}")
        sys.stdout.write(meaning.decode("latin-1"))
        return
    rng = random.Random(int(sys.argv[1]))
    for _ in range(int(sys.argv[2])):
        kind, number, text = generate(rng)
        line, meaning = judge(kind, number, text)
        sys.stdout.buffer.write(
            kind[:1].encode()
            + struct.pack("<II", number, len(text))
            + text
            + struct.pack("<II", line, len(meaning))
            + meaning
        )


main()
