# SPDX-License-Identifier: ISC
"""Finds the guards in a C source of the trusted base.

A guard is what decides: each condition of if, while, do, for and ?:, each operand of && and ||, each
comparison whose value is kept, returned or handed on, and whatever a function of type bool returns or
a variable of that type begins with. A call that is a statement of its own stands beside them: what it
does, it does for nobody's answer, and only its absence can be noticed. It is found by its tokens, without a compiler: the sources are
formatted by clang-format and know no switch, no goto and no macro that decides (find() says so when
that changes).
"""

import re
from collections import Counter
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<skip>\s+|/\*.*?\*/|//[^\n]*|(?:(?<=\n)|^)[ \t]*\#(?:[^\n\\]|\\.)*)
    |(?P<word>[A-Za-z_0-9.]*[A-Za-z_0-9][A-Za-z_0-9]*)
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<mark><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|.)""",
    re.VERBOSE | re.DOTALL)
COMPARES = {"<", ">", "<=", ">=", "==", "!="}
ASSIGNS = {"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="}
# Variable arguments, and the texts of a message behind the one that carries its code.
HARMLESS = {"va_start", "va_end", "err_why", "err_todo"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass
class Guard:
    """text: as it stands in the source, blanks apart; nth: of those that are alike in a function."""
    file: str
    function: str
    text: str
    nth: int
    start: int
    end: int
    role: str  # "loop", "and", "or" (an operand of these), "test", "call"
    acts: bool  # it does something besides deciding

    @property
    def name(self):
        return self.text if self.nth == 1 else f"{self.text} #{self.nth}"

    @property
    def key(self):
        return (self.file, self.function, self.name)

    @property
    def kinds(self):
        """What can be made of it: taken as false or true, negated, or not even asked or done."""
        if self.role == "call":
            return ["skip"]
        kinds = ["false"] if self.role == "loop" else ["false", "true"]
        return kinds + ["not"] + (["skip"] if self.acts else [])


class Source:
    def __init__(self, file, text):
        self.file = file
        self.text = text
        self.guards = {}
        self.counts = Counter()  # of what decides, by the words that the compiler has for it
        self.function = ""
        self.returns_bool = False
        self.tokens = []
        for found in TOKEN.finditer(text):
            if found.lastgroup != "skip":
                self.tokens.append((found.group(), found.start(), found.end()))
        self.match()
        self.file_scope()

    def word(self, i):
        return self.tokens[i][0]

    def match(self):
        """close[i]: where the bracket that opens at token i is closed."""
        self.close = {}
        stack = []
        for i, (word, _, _) in enumerate(self.tokens):
            if word in PAIRS:
                stack.append(i)
            elif word in PAIRS.values():
                self.close[stack.pop()] = i

    def file_scope(self):
        i = begin = 0
        while i < len(self.tokens):
            word = self.word(i)
            if word == "{" and self.word(i - 1) == ")":
                opened = next(o for o, c in self.close.items() if c == i - 1)
                self.function = self.word(opened - 1)
                self.returns_bool = "bool" in [t[0] for t in self.tokens[begin:opened]]
                self.statements(i + 1, self.close[i])
            if word in PAIRS:
                i = self.close[i]
            if self.word(i) in (";", "}"):
                begin = i + 1
            i += 1

    # --- statements: tokens i to end - 1 ---------------------------------------------------------

    def statements(self, i, end):
        while i < end:
            i = self.statement(i, end)

    def statement(self, i, end):
        word = self.word(i)
        if word in ("switch", "goto", "case"):
            raise SystemExit(f"guards: {self.file}: {self.function}: {word} is not known to this tool")
        if word == "{":
            self.statements(i + 1, self.close[i])
            return self.close[i] + 1
        if word in ("if", "while"):
            closed = self.close[i + 1]
            self.counts["IfStmt" if word == "if" else "loop"] += 1
            self.decides(i + 2, closed, "loop" if word == "while" else "test")
            return closed + 1
        if word == "for":
            closed = self.close[i + 1]
            first, test, step = self.split(i + 2, closed, {";"})
            self.counts["loop"] += 1
            self.expression(*first)
            if test[0] < test[1]:
                self.decides(*test, "loop")
            self.pieces(*step)
            return closed + 1
        if word in ("else", "do"):
            return i + 1
        last = i
        while last < end and self.word(last) != ";":
            last = self.close.get(last, last) + 1
        self.expression(i, last)
        return last + 1

    def expression(self, i, end):
        words = [t[0] for t in self.tokens[i:end]]
        if not words or "static" in words or words[0] == "_Static_assert":
            return
        if words[0] == "return":
            if self.returns_bool:
                self.decides(i + 1, end, "test")
            else:
                self.pieces(i + 1, end)
            return
        first = i + (3 if words[:3] == ["(", "void", ")"] else 0)
        first += self.word(first) == "!"
        if end - first > 2 and self.word(first + 1) == "(" and self.close[first + 1] == end - 1 \
                and self.word(first) not in HARMLESS:
            self.add(i, end, "call")
        boolean = "bool" in words[:2]
        for first, last in self.split(i, end, {","}):
            parts = self.split(first, last, {"="})
            if boolean and len(parts) == 2:
                self.decides(*parts[1], "test")
            else:
                self.value(first, last)

    # --- expressions -----------------------------------------------------------------------------

    def split(self, i, end, marks):
        """The parts between marks that stand in no bracket."""
        parts = []
        begin = i
        while i < end:
            if self.word(i) in marks:
                parts.append((begin, i))
                begin = i + 1
            i = self.close.get(i, i) + 1
        return parts + [(begin, end)]

    def peel(self, i, end):
        while i < end and self.word(i) == "(" and self.close[i] == end - 1:
            i, end = i + 1, end - 1
        return i, end

    def choice(self, i, end):
        """The three parts of a ?: that is the whole of it, or None."""
        if len(self.split(i, end, {"?"})) == 1:
            return None
        test = self.split(i, end, {"?"})[0]
        depth, at = 0, test[1] + 1
        while depth or self.word(at) != ":":
            depth += {"?": 1, ":": -1}.get(self.word(at), 0)
            at = self.close.get(at, at) + 1
        return test, (test[1] + 1, at), (at + 1, end)

    def decides(self, i, end, role):
        i, end = self.peel(i, end)
        if end - i == 1 and self.word(i) in ("true", "false"):
            return
        parts = None if self.has(i, end, ASSIGNS) else self.choice(i, end)
        self.add(i, end, role)
        if parts:
            self.counts["ConditionalOperator"] += 1
            self.decides(*parts[0], "test")
            self.decides(*parts[1], "test")
            self.decides(*parts[2], "test")
            return
        for mark, name in (("||", "or"), ("&&", "and")):
            operands = self.split(i, end, {mark})
            if len(operands) > 1:
                self.counts[mark] += len(operands) - 1
                for operand in operands:
                    self.decides(*operand, name)
                return
        self.inside(i, end)

    def has(self, i, end, marks):
        return len(self.split(i, end, marks)) > 1

    def value(self, i, end):
        i, end = self.peel(i, end)
        if self.has(i, end, {","}):
            self.pieces(i, end)
        elif self.has(i, end, ASSIGNS):
            parts = self.split(i, end, ASSIGNS)
            self.inside(*parts[0])
            self.value(parts[0][1] + 1, end)
        elif self.choice(i, end):
            test, this, that = self.choice(i, end)
            self.counts["ConditionalOperator"] += 1
            self.decides(*test, "test")
            self.value(*this)
            self.value(*that)
        elif self.has(i, end, {"||", "&&"} | COMPARES):
            self.decides(i, end, "test")
        else:
            self.inside(i, end)

    def pieces(self, i, end):
        for first, last in self.split(i, end, {","}):
            self.value(first, last)

    def inside(self, i, end):
        while i < end:
            if self.word(i) in PAIRS:
                self.pieces(i + 1, self.close[i])
            i = self.close.get(i, i) + 1

    def add(self, i, end, role):
        if i >= end:
            raise SystemExit(f"guards: {self.file}: {self.function}: an empty condition")
        start, stop = self.tokens[i][1], self.tokens[end - 1][2]
        if (start, stop) in self.guards:
            return
        text = " ".join(self.text[start:stop].split())
        alike = sum(g.function == self.function and g.text == text for g in self.guards.values())
        words = [t[0] for t in self.tokens[i:end]]
        calls = any(b == "(" and re.match(r"[A-Za-z_]", a) and a not in ("sizeof", "BIT") and not a.isupper()
                    and not re.match(r"S_IS|WI[FE]", a) for a, b in zip(words, words[1:]))
        acts = calls or any(w in ASSIGNS or w in ("++", "--") for w in words)
        self.guards[start, stop] = Guard(
            self.file, self.function, text, alike + 1, start, stop, role, acts)


def find(file, text):
    """The guards of a source, in their order."""
    found = list(Source(file, text).guards.values())
    return sorted(found, key=lambda g: (g.start, -g.end))


def counts(file, text):
    """How many of each kind of decision were found."""
    return dict(Source(file, text).counts)


def without(text, guard, kind):
    """The source with that guard, and no other, taken as kind says."""
    old = text[guard.start:guard.end]
    new = {
        "false": f"(({old}), 0)" if guard.acts else "(0)",
        "true": f"(({old}), 1)" if guard.acts else "(1)",
        "not": f"(!({old}))",
        "skip": {"and": "(1)", "call": "(void)0"}.get(guard.role, "(0)"),
    }[kind]
    return text[:guard.start] + new + text[guard.end:]
