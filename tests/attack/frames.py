#!/usr/bin/env python3
"""Messages that no honest client sends, for varlink.py frames. SPDX-License-Identifier: ISC

Prints lines "NAME<TAB>HEX".
"""
import json

HELLO = b'{"method":"io.berth.Engine.Hello","parameters":{"client":"x"}}'
STATE = b'{"method":"io.berth.Engine.State","parameters":{}}'
LIMIT = 131072


def say(name, data):
    print(name, data.hex(), sep="\t")


def call(method, parameters=None, **more):
    message = {"method": method, **more}
    if parameters is not None:
        message["parameters"] = parameters
    return json.dumps(message).encode() + b"\0"


def engine(method, parameters=None, **more):
    return call("io.berth.Engine." + method, parameters, **more)


GOOD = {"blob": 0, "stdin": 0, "stdout": 0, "stderr": 0, "image": {"kind": "host"}}

# --- control: what is right is answered
say("right hello", HELLO + b"\0")
say("right hello twice", (HELLO + b"\0") * 2)
say("right hello and state", HELLO + b"\0" + STATE + b"\0")
say("right state without parameters", b'{"method":"io.berth.Engine.State"}\0')
say("right info of the service", call("org.varlink.service.GetInfo"))
say("right blanks", b" \n\t" + HELLO + b"  \0")

# --- no message at all
say("frame empty", b"\0")
say("frame many empty", b"\0" * 1000)
say("frame text", b"GET / HTTP/1.1\r\n\r\n\0")
say("frame bytes", bytes(range(1, 256)) + b"\0")
say("frame number", b"1\0")
say("frame string", b'"x"\0')
say("frame null", b"null\0")
say("frame array", b"[]\0")
say("frame object", b"{}\0")
say("frame cut", HELLO[:-1] + b"\0")
say("frame no end", HELLO)
say("frame two in one", HELLO + HELLO + b"\0")
say("frame trailing comma", b'{"method":"io.berth.Engine.State",}\0')
say("frame trailing text", HELLO + b"x\0")
say("frame single quotes", HELLO.replace(b'"', b"'") + b"\0")
say("frame comment", b"/* */" + HELLO + b"\0")
say("frame bom", b"\xef\xbb\xbf" + HELLO + b"\0")
say("frame utf-16", HELLO.decode().encode("utf-16") + b"\0")
say("frame not utf-8", b'{"method":"io.berth.Engine.Hello","parameters":{"client":"\xff\xfe"}}\0')
say("right half of a surrogate", b'{"method":"io.berth.Engine.Hello","parameters":{"client":"\\ud800"}}\0')
say("frame nul escaped", b'{"method":"io.berth.Engine.State\\u0000x"}\0')
say("frame nul in a key", b'{"method\\u0000x":"io.berth.Engine.State"}\0')
say("frame nul in a key of the parameters", b'{"method":"io.berth.Engine.Hello","parameters":{"client\\u0000x":"x"}}\0')
say("frame nul behind a backslash", b'{"method":"io.berth.Engine.Hello","parameters":{"client":"\\\\\\u0000"}}\0')
say("right backslash and text", b'{"method":"io.berth.Engine.Hello","parameters":{"client":"\\\\u0000"}}\0')
say("frame deep arrays", b'{"method":' + b"[" * 60000 + b"]" * 60000 + b"}\0")
say("frame deep objects", b'{"a":' * 20000 + b"1" + b"}" * 20000 + b"\0")
say("frame huge number", b'{"method":"io.berth.Engine.Stop","parameters":{"force":' + b"9" * 5000 + b"}}\0")
say("frame huge exponent", b'{"method":"io.berth.Engine.Stop","parameters":{"force":1e99999}}\0')
say("frame nan", b'{"method":"io.berth.Engine.Stop","parameters":{"force":NaN}}\0')
say("right at the limit", b" " * (LIMIT - 1 - len(HELLO)) + HELLO + b"\0")
say("frame above the limit", b" " * (LIMIT - len(HELLO)) + HELLO + b"\0")
say("frame large without end", b'{"method":"' + b"x" * (4 * LIMIT))
say("frame many keys", json.dumps({"k%d" % n: n for n in range(9000)}).encode()[:LIMIT - 1] + b"\0")

# --- a message, but none of ours
say("call no method", b'{"parameters":{}}\0')
say("call method number", b'{"method":1}\0')
say("call method null", b'{"method":null}\0')
say("call method empty", call(""))
say("call method unknown", engine("Destroy"))
say("call method case", engine("state"))
say("call method prefix", engine("Stat"))
say("call method longer", engine("StateX"))
say("call interface unknown", call("org.example.State"))
say("call no dot", call("State"))
say("call signal before run", engine("Signal", {"signal": 9}))
say("call detach before run", engine("Detach"))
say("call oneway", engine("State", {}, oneway=True))
say("call more number", engine("State", {}, more=1))
say("call parameters array", engine("State", []))
say("call parameters text", engine("State", "x"))
say("right parameters null", b'{"method":"io.berth.Engine.State","parameters":null}\0')

# --- who are you? the protocol has no word for it (CVE-2018-1116)
for field in ("uid", "gid", "pid", "user", "caller", "peer", "credentials", "euid", "groups"):
    for value in (0, 1001, "bob", None, {"uid": 0}):
        name = "%s=%s" % (field, json.dumps(value))
        say("identity beside method " + name, engine("State", {}, **{field: value}))
        say("identity in State " + name, engine("State", {field: value}))
        say("identity in Hello " + name, engine("Hello", {"client": "x", field: value}))
        if field != "user":
            say("identity in Run " + name, engine("Run", {**GOOD, field: value}, more=True))
say("right method twice, the last one counts", b'{"method":"io.berth.Engine.Hello","method":"io.berth.Engine.State"}\0')

# --- parameters
say("field unknown in Stop", engine("Stop", {"force": False, "now": True}))
say("field unknown in Info", engine("Info", {"all": True}))
say("field case", engine("Hello", {"Client": "x"}))
say("field missing", engine("Hello", {}))
say("field type", engine("Hello", {"client": 1}))
say("field null", engine("Hello", {"client": None}))
say("field force text", engine("Stop", {"force": "false"}))
say("field force number", engine("Stop", {"force": 1}))

# --- what names a job, and what is asked of it; none is there
for name in ("", ".", "..", "a/b", "/etc", "-x", "a" * 65, "a b", "\u00e4", 1, None, [], {"id": "x"}, True):
    for method in ("Wait", "StopJob", "StartJob", "Remove", "Inspect"):
        say("field job %s %s" % (method, json.dumps(name)[:40]), engine(method, {"job": name}))
    say("field job Attach " + json.dumps(name)[:40], engine("Attach", {"job": name}, more=True))
for method in ("Wait", "StopJob", "StartJob", "Remove", "Inspect", "Kill", "Open", "Exec", "Attach"):
    say("field no job " + method, engine(method, {}, more=method in ("Exec", "Attach")))
    say("field unknown in " + method, engine(method, {"job": "web", "uid": 0}, more=method in ("Exec", "Attach")))
for value in (-1, 0, 65, 2**31, 2**63, 1.5, "9", None, [9]):
    say("field signal " + json.dumps(value), engine("Kill", {"job": "web", "signal": value}))
for value in (-1, 86401, 2**63, 1.5, "9", [9]):
    say("field seconds " + json.dumps(value), engine("StopJob", {"job": "web", "seconds": value}))
for value in ("", "/", "proc", "state ", 0, None, ["state"]):
    say("field what " + json.dumps(value), engine("Open", {"job": "web", "what": value}))
for value in (1, "a", ["a"], {"until": -1}, {"until": "1"}, {"labels": "a"}, {"labels": [1]}, {"labels": [""]},
              {"labels": ["a"] * 65}, {"name": "x"}):
    say("field filter " + json.dumps(value)[:40], engine("Prune", {"filter": value}))
    say("field filter of volumes " + json.dumps(value)[:40], engine("PruneVolumes", {"filter": value}))
for name in ("", ".", "..", ".new-1", "a/b", "/etc", "-x", "a" * 129, "a b", "\u00e4", 1, None, [], {"id": "x"}, True):
    for method in ("InspectVolume", "RemoveVolume", *(["CreateVolume"] if name is not None else [])):
        say("field name %s %s" % (method, json.dumps(name)[:40]), engine(method, {"name": name}))
for method in ("InspectVolume", "RemoveVolume"):
    say("field no name " + method, engine(method, {}))
    say("field unknown in " + method, engine(method, {"name": "web", "uid": 0}))
say("field force in RemoveVolume", engine("RemoveVolume", {"name": "web", "force": "true"}))
say("field unknown in CreateVolume", engine("CreateVolume", {"name": "web", "driver": "local"}))
for value in (1, "a", ["a=b"], {"": "x"}, {"a=b": "x"}, {"a": 1}, {"a": None}, {"a": "x" * 9000}, {"k%d" % i: "" for i in range(65)}):
    say("field labels of CreateVolume " + json.dumps(value)[:40], engine("CreateVolume", {"name": "web", "labels": value}))
say("field all of volumes", engine("PruneVolumes", {"all": "true"}))
say("field unknown in ListVolumes", engine("ListVolumes", {"all": True}, more=True))
say("field ListVolumes without more", engine("ListVolumes", {}))
say("field all", engine("List", {"all": 1}, more=True))
say("field force in Remove", engine("Remove", {"job": "web", "force": "true"}))
say("field unknown in Usage", engine("Usage", {"x": 1}))
say("field List without more", engine("List", {}))
say("field Attach without more", engine("Attach", {"job": "web"}))
say("field Exec without more", engine("Exec", {"job": "web", "blob": 0}))
EXEC = {"job": "web", "blob": 0, "stdin": 0, "stdout": 0, "stderr": 0}
say("field Exec no descriptors", engine("Exec", EXEC, more=True))
for key, value in {"image": {"kind": "host"}, "cap_add": [], "mounts": [], "entitlements": [], "network": "host",
                   "labels": {}, "detach": 1, "env": []}.items():
    say("field %s in Exec" % key, engine("Exec", {**EXEC, key: value}, more=True))

# --- Run: no descriptor comes with any of these, so none may start
say("run without more", engine("Run", GOOD))
say("run empty", engine("Run", {}, more=True))
say("run no descriptors", engine("Run", GOOD, more=True))
for value in (-1, 1, 199, 200, 2**31, 2**32, 2**63, 1.5, "0", True, None, [0]):
    say("run blob " + json.dumps(value), engine("Run", {**GOOD, "blob": value}, more=True))
    say("run stdin " + json.dumps(value), engine("Run", {**GOOD, "stdin": value}, more=True))
TERMINAL = {"blob": 0, "tty": True, "image": {"kind": "host"}}
for stream in ("stdin", "stdout", "stderr"):
    say("run without " + stream, engine("Run", {k: v for k, v in GOOD.items() if k != stream}, more=True))
    say("run terminal and " + stream, engine("Run", {**TERMINAL, stream: 0}, more=True))
say("run terminal no descriptors", engine("Run", TERMINAL, more=True))
for value in (0, -1, 65536, 2**31, 2**63, 10**30, 24.0, 1.5, "24", True, [24], {"n": 24}):
    for key in ("rows", "columns"):
        say("run terminal %s %s" % (key, json.dumps(value)), engine("Run", {**TERMINAL, key: value}, more=True))
for key, values in {
    "tty": (0, 1, "true", [], {}, None),
    "rows": (24,),
    "columns": (80,),
    "terminal": (0,),
    "image": ("host", {}, {"kind": "none"}, {"kind": "host", "x": 1}, {"kind": "directory"}, [], None),
    "network": ("bridge", "", 1, None, "HOST"),
    "mounts": ({}, "x", [1], [{}], [{"type": "bind"}], [{"type": "proc", "target": "/x"}], [[]]),
    "ulimits": ({}, [1], [{}], [{"name": "nofile"}], [{"name": "x", "soft": 1, "hard": 1, "y": 1}]),
    "cap_add": ("CHOWN", [1], [None], {}, ["X"] * 100),
    "entitlements": ("x", [1], [[]], {}),
    "timeout": (-1, 1.5, "1", 2**40, None),
    "labels": ([], "a", {"": "x"}, {"a=b": "x"}, {"a": 1}, {"a": None}, {"a": {}}, {"a%d" % n: "" for n in range(65)}),
    "restart": ("on-failure", "unless-stopped", "", True, 1),
    "restart_max": (-1, "1", 1.5, 2**40),
    "stop_signal": (-1, 65, "TERM", 1.5),
    "detach": (1, "true", True),
    "keep": (1, "true"),
    "interactive": (1, "true"),
    "no_new_privileges": (0, "false"),
    "keep_groups": (1, []),
    "read_only": (0, 1, "true", None),
    "workdir": (1, None, [], {}),
    "privileged": (True,),
    "devices": (["/dev/kvm"],),
    "env": (["A=B"],),
    "args": (["id"],),
    "rootfs": ("/",),
    "annotations": ({},),
}.items():
    for value in values:
        say("run %s %s" % (key, json.dumps(value)[:60]), engine("Run", {**GOOD, key: value}, more=True))
