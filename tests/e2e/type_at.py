#!/usr/bin/env python3
"""What a person types who is asked. SPDX-License-Identifier: ISC

type_at.py PROMPT TEXT CMD...   runs CMD on a terminal of its own, and types TEXT and Enter when
PROMPT has been printed. Prints all that was to be seen, and as its last line "status N".
"""
import os
import pty
import sys

prompt, text = sys.argv[1].encode(), sys.argv[2].encode()
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[3], sys.argv[3:])
seen = b""
typed = False
while True:
    try:
        got = os.read(master, 4096)
    except OSError:
        break
    if not got:
        break
    seen += got
    if not typed and prompt in seen:
        os.write(master, text + b"\n")
        typed = True
status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
sys.stdout.write(seen.decode("utf-8", "replace").replace("\r\n", "\n"))
print("\nstatus %d" % status)
