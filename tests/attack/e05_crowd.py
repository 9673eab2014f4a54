#!/usr/bin/env python3
"""Clients that an engine must survive. SPDX-License-Identifier: ISC

e05_crowd.py SOCKET WHAT   does WHAT, prints "ready", and goes on until its standard input ends.
  silent      600 connections that say nothing
  half        600 that begin a call and do not end it
  slow        300 that send a byte at a time, all the time
  huge        600 with a message of almost the greatest length, unfinished
  fds         120 with 200 descriptors each, for a call that never comes
  connects    5000 one after another, each gone at once
  oob         50 with urgent data before, in and after a call
  deaf        100 that call all the time and never read an answer
"""
import os
import socket
import sys
import threading

path, what = sys.argv[1:3]
CALL = b'{"method":"org.varlink.service.GetInfo"}\0'
held = []


def connect():
    for _ in range(100):
        sock = socket.socket(socket.AF_UNIX)
        sock.settimeout(5)
        try:
            sock.connect(path)
            return sock
        except OSError:
            sock.close()
    sys.exit("cannot connect")


def send(sock, data, *rest):
    """The engine may have hung up: that is its good right."""
    try:
        if rest:
            socket.send_fds(sock, [data], rest[0])
        else:
            sock.sendall(data)
        return True
    except OSError:
        return False


def many(count, data, *rest):
    for _ in range(count):
        held.append(connect())
        if data:
            send(held[-1], data, *rest)


def trickle():
    while True:
        for sock in held:
            send(sock, b" ")


def shout():
    while True:
        for at, sock in enumerate(held):
            sock.setblocking(False)
            if not send(sock, CALL * 20):
                sock.close()
                held[at] = connect()


if what == "silent":
    many(600, b"")
elif what == "half":
    many(600, CALL[:-1])
elif what == "slow":
    many(300, b" ")
    threading.Thread(target=trickle, daemon=True).start()
elif what == "huge":
    many(600, b'{"method":"' + b"x" * 130000)
elif what == "fds":
    many(120, b"{", [0] * 200)
elif what == "connects":
    for _ in range(5000):
        connect().close()
elif what == "oob":
    many(50, b"")
    for sock in held:
        for data, flags in ((b"x", socket.MSG_OOB), (CALL[:9], 0), (b"y", socket.MSG_OOB),
                            (CALL[9:], 0), (b"z", socket.MSG_OOB)):
            try:
                sock.send(data, flags)
            except OSError:
                break
elif what == "deaf":
    many(100, b"")
    threading.Thread(target=shout, daemon=True).start()
print("ready", flush=True)
sys.stdin.read()
os._exit(0)
