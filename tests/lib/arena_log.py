#!/usr/bin/env python3
# Receives what is sent to /dev/log; one line a datagram, everything unprintable as \xNN. Whoever writes a
# line to the FIFO FILE.ask reads one from FILE.done when all that was sent before is in FILE.
# usage: arena_log.py SOCKET FILE
import os
import select
import socket
import sys


def take_all():
    while True:
        try:
            text = receiver.recv(65536)
        except BlockingIOError:
            break
        for byte in text:
            log.write(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
        log.write("\n")
    log.flush()


receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.setblocking(False)
receiver.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
fifos = []
for name in ("ask", "done"):
    os.mkfifo(f"{sys.argv[2]}.{name}", 0o600)
    fifos.append(os.open(f"{sys.argv[2]}.{name}", os.O_RDWR))
ask, done = fifos
with open(sys.argv[2], "w", encoding="ascii") as log:
    while True:
        asked = ask in select.select([receiver, ask], [], [])[0]
        lines = os.read(ask, 4096) if asked else b""
        take_all()
        os.write(done, b"\n" * lines.count(b"\n"))
