#!/usr/bin/env python3
# Types a line and a tab at the prompt of an interactive bash, and prints what has become of it.
# usage: complete.py LINE
import os
import pty
import re
import sys

BEGIN, END = "<<<", ">>>"
pid, fd = pty.fork()
if pid == 0:
    os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])


def read_until(pattern):
    text = ""
    while not (found := re.search(pattern, text, re.S)):
        text += os.read(fd, 4096).decode(errors="replace")
    return found


def type_in(text):
    os.write(fd, text.encode())


type_in("PS1=; bind 'set bell-style none'; bind 'set enable-bracketed-paste off'\n")
type_in(". /usr/local/share/bash-completion/completions/berth; echo REA''DY\n")
read_until("READY")
# Then to the head of the line, and quotes around it, so that it is printed instead of run.
type_in(sys.argv[1] + "\t\x01echo '" + BEGIN + "\x05" + END + "'\n")
print(read_until(r"\n" + BEGIN + r"([^\r\n]*)" + END).group(1))
type_in("exit\n")
