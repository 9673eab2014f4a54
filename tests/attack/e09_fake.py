#!/usr/bin/env python3
"""An engine of another protocol. SPDX-License-Identifier: ISC

e09_fake.py SOCKET HELLO ANSWER   serves one connection at SOCKET: answers the first message with the
JSON text HELLO, the second with ANSWER, and hangs up. "-" answers nothing.
"""
import os
import socket
import sys

path, replies = sys.argv[1], sys.argv[2:4]
server = socket.socket(socket.AF_UNIX)
server.bind(path + ".new")
os.chmod(path + ".new", 0o600)
server.listen()
os.rename(path + ".new", path)
conn, _ = server.accept()
data = b""
while data.count(b"\0") < 2:
    got = conn.recv(65536)
    if not got:
        break
    data += got
for reply in replies:
    if reply != "-":
        conn.sendall(reply.encode() + b"\0")
conn.close()
