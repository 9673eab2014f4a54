#!/usr/bin/env python3
# Receives what is sent to /dev/log; one line a datagram, everything unprintable as \xNN.
# usage: arena_log.py SOCKET FILE
import os
import socket
import sys

receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
receiver.bind(sys.argv[1])
os.chmod(sys.argv[1], 0o666)
with open(sys.argv[2], "w", encoding="ascii") as log:
    while True:
        text = receiver.recv(65536)
        for byte in text:
            log.write(chr(byte) if 0x20 <= byte < 0x7F else f"\\x{byte:02x}")
        log.write("\n")
        log.flush()
