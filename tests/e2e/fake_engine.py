#!/usr/bin/env python3
"""An engine that answers what the test wants. SPDX-License-Identifier: ISC

fake_engine.py SOCKET SCRIPT   serves SOCKET until it is killed. SCRIPT is a JSON object: of each method a
list of answers, each a message; a message's member "open" is a path that is opened and sent with it, and
"wait" a path before whose appearance nothing is answered; "close" hangs up instead. Without one the call is
answered with MethodNotFound. The calls are written to SCRIPT.calls, a line each. The script is read anew
for each call.
"""
import array
import json
import os
import socket
import sys
import threading
import time

INTERFACE = "io.berth.Engine."


def messages(conn):
    data = b""
    while True:
        while b"\0" in data:
            one, data = data.split(b"\0", 1)
            yield json.loads(one)
        try:
            got = conn.recv(65536)
        except ConnectionError:
            return
        if not got:
            return
        data += got


def send(conn, answer):
    path = answer.pop("wait", None)
    while path and not os.path.exists(path):
        time.sleep(0.01)
    path = answer.pop("open", None)
    fds = []
    if path:
        fds.append(os.open(path, os.O_PATH | os.O_DIRECTORY))
        answer.setdefault("parameters", {})["fd"] = 0
    data = json.dumps(answer).encode() + b"\0"
    conn.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else [])
    for fd in fds:
        os.close(fd)


def serve(conn, script):
    for message in messages(conn):
        method = message["method"].removeprefix(INTERFACE)
        if method == "Hello":
            answers = [{"parameters": {"version": VERSION, "uid": os.getuid()}}]
        else:
            with open(script + ".calls", "a") as calls:
                calls.write(method + " " + json.dumps(message.get("parameters", {}), sort_keys=True) + "\n")
            with open(script) as file:
                answers = json.load(file).get(method)
        if answers is None:
            answers = [{"error": "org.varlink.service.MethodNotFound", "parameters": {"method": method}}]
        for answer in answers:
            if "close" in answer:
                conn.close()
                return
            try:
                send(conn, answer)
            except OSError:
                return
    conn.close()


path, script_file, VERSION = sys.argv[1:4]
server = socket.socket(socket.AF_UNIX)
server.bind(path + ".new")
os.chmod(path + ".new", 0o600)
server.listen(64)
os.rename(path + ".new", path)
while True:
    connection, _ = server.accept()
    threading.Thread(target=serve, args=(connection, script_file), daemon=True).start()
