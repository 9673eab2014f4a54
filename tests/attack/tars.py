"""Hostile archives, as tests of berth cp send them. tars.py list: their names; tars.py NAME: one of them.

Each tries to write, link or change something outside of where it is unpacked, or to exhaust who unpacks
it. /tmp/outside/victim and /etc/victim are what they aim at.
"""
import io
import random
import struct
import sys
import tarfile

OUT = "/tmp/outside"
EVIL = b"evil\n"


def entry(name, kind=tarfile.REGTYPE, data=b"", **more):
    info = tarfile.TarInfo(name)
    info.type = kind
    info.mode = 0o644 if kind != tarfile.DIRTYPE else 0o755
    info.size = len(data)
    for key, value in more.items():
        setattr(info, key, value)
    return info, data


def file(name, data=EVIL, **more):
    return entry(name, data=data, **more)


def link(name, to, **more):
    return entry(name, tarfile.SYMTYPE, linkname=to, **more)


def hard(name, to, **more):
    return entry(name, tarfile.LNKTYPE, linkname=to, **more)


def folder(name, **more):
    return entry(name, tarfile.DIRTYPE, **more)


def tar(*entries, how=tarfile.PAX_FORMAT):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=how) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def raw_header(name, size, kind=b"0"):
    """A header whose size is eleven octal digits, or binary when it is none that they can tell."""
    head = bytearray(512)
    head[0:len(name)] = name
    head[100:108], head[108:116], head[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    if 0 <= size < 8 ** 11:
        head[124:136] = b"%011o\0" % size
    else:
        head[124:136] = (b"\xff" * 4 if size < 0 else b"\x80\0\0\0") + struct.pack(">q", size)
    head[136:148], head[148:156] = b"00000000000\0", b"        "
    head[156:157], head[257:265] = kind, b"ustar\00000"
    head[148:156] = b"%06o\0 " % sum(head)
    return bytes(head)


def sparse_huge():
    pax = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "sparse",
           "GNU.sparse.realsize": str(2 ** 63 - 1)}
    data = b"1\n%d\n5\n" % (2 ** 63 - 100)
    return tar(file("x", data.ljust(512, b"\0") + EVIL, pax_headers=pax), file("after"))


def many(n):
    return b"".join(raw_header(b"d%d/f%d" % (i % 7, i), 0) for i in range(n))


def truncated(at):
    return tar(file("whole", b"w" * 2000), file("half", b"h" * 5000), how=tarfile.USTAR_FORMAT)[:at]


def noise():
    return random.Random(1).randbytes(200000)


def odd(name, **pax):
    return file(name, pax_headers=pax)


ARCHIVES = {
    "absolute": lambda: tar(file(f"{OUT}/x"), file("/etc/victim"), file("//x")),
    "dotdot": lambda: tar(file("../x"), file("a/../../x"), file("../outside/victim"), file("a/.."), file("after")),
    "link-absolute": lambda: tar(link("l", OUT), file("l/victim"), file("l/x"), file("after")),
    "link-etc": lambda: tar(link("l", "/etc"), file("l/victim"), file("l/x"), file("after")),
    "link-up": lambda: tar(link("l", "../outside"), link("m", "../../outside"), file("l/x"), file("m/x")),
    "link-chain": lambda: tar(link("a", "b"), link("b", "c"), link("c", OUT), file("a/x"), folder("a/d")),
    "link-dot": lambda: tar(link("d", "."), link("d/e", ".."), file("d/e/outside/x"), file("e/x")),
    "link-deep": lambda: tar(folder("d"), link("d/l", OUT), file("d/l/x"), file("d/l/n/e/w")),
    "link-then-dir": lambda: tar(link("l", OUT), folder("l", mode=0o777, mtime=1), file("l/x")),
    "link-then-file": lambda: tar(link("l", f"{OUT}/victim"), file("l")),
    "link-then-hard": lambda: tar(link("l", OUT), hard("h", "l/victim"), file("h")),
    "link-of-link": lambda: tar(link("l", f"{OUT}/victim"), hard("h", "l"), file("h")),
    "dir-then-link": lambda: tar(folder("d", mode=0o777), link("d", OUT), file("d/x")),
    "dir-link-fix": lambda: tar(folder("d", mode=0o777, mtime=1), file("d/f"), link("d", OUT)),
    "hard-out": lambda: tar(hard("h", f"{OUT}/victim"), hard("i", "../outside/victim"), file("h"), file("i")),
    "hard-kept": lambda: tar(hard("h", "kept", mode=0o777, mtime=1), file("h"), hard("kept2", "kept")),
    "hard-etc": lambda: tar(hard("h", "../etc/victim"), hard("i", "/etc/victim"), hard("j", "etc/victim")),
    "hard-self": lambda: tar(file("f"), hard("f", "f"), hard("g", "f"), hard("g", "g"), hard("none", "missing")),
    "hard-dir": lambda: tar(folder("d"), hard("e", "d"), file("e/x")),
    "top-link": lambda: tar(link(".", OUT), link("./", OUT), file("x")),
    "top-file": lambda: tar(file("."), file("./"), file("/"), file("x")),
    "over-kept": lambda: tar(folder("kept"), folder("keptdir", mode=0o777, mtime=1), file("keptdir"), link("keptdir", OUT)),
    "through-kept": lambda: tar(file("keptlink/x"), folder("keptlink", mode=0o777), file("after")),
    "devices": lambda: tar(entry("c", tarfile.CHRTYPE, devmajor=1, devminor=3), entry("b", tarfile.BLKTYPE, devmajor=7),
                           entry("w", tarfile.CHRTYPE), entry("p", tarfile.FIFOTYPE), file("after")),
    "kinds": lambda: tar(entry("contiguous", tarfile.CONTTYPE, data=b"c")) [:1024] + raw_header(b"unknown", 0, b"Z") +
    raw_header(b"volume", 0, b"V") + raw_header(b"multi", 0, b"M") + tar(file("after")),
    "set-id": lambda: tar(file("s", mode=0o6777), folder("d", mode=0o7777), file("d/t", mode=0o4755)),
    "owner": lambda: tar(file("o", uid=2 ** 40, gid=-1 & 0xffffffff, mode=0o4755), file("p", uid=4294967294, gid=65534)),
    "capability": lambda: tar(odd("c", **{"SCHILY.xattr.security.capability": "\x01\0\0\2\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                                      "SCHILY.xattr.user.overlay.opaque": "y", "SCHILY.xattr.trusted.x": "y"}), file("after")),
    "huge": lambda: raw_header(b"huge", 2 ** 63 - 1) + EVIL * 1000,
    "negative": lambda: raw_header(b"negative", -1) + tar(file("after")),
    "sparse-huge": sparse_huge,
    "times": lambda: tar(odd("t", mtime=str(2 ** 62)), odd("u", mtime="-" + "9" * 18), odd("v", mtime="x"), file("after")),
    "name-nul": lambda: tar(odd("n", path="a\0b"), file("after")),
    "name-long": lambda: tar(odd("n" * 300), odd("x/" * 3000 + "y"), odd("y" * 100000), file("after")),
    "name-escape": lambda: tar(odd("\x1b]0;evil\x07\n\r\u202e"), entry("\x1b[2J", tarfile.BLKTYPE)),
    "deep": lambda: tar(file("/".join(["d"] * 1500)), file("after")),
    "twice": lambda: tar(*(file("f", b"%d" % i) for i in range(50)), folder("f"), file("f/x")),
    "pax-bomb": lambda: tar(odd("p", comment="c" * 50_000_000), file("after")),
    "truncated-1": lambda: truncated(2000),
    "truncated-2": lambda: truncated(6000),
    "truncated-3": lambda: truncated(3584 - 1),
    "noise": noise,
    "empty": lambda: b"",
    "many": lambda: many(100_000),
}

if __name__ == "__main__":
    if sys.argv[1] == "list":
        print("\n".join(ARCHIVES))
    else:
        sys.stdout.buffer.write(ARCHIVES[sys.argv[1]]())
