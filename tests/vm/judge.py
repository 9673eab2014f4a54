#!/usr/bin/env python3
"""What runs in a virtual machine, and whether all of it did.

list SUITE I N         what the Ith (from 0) of N machines has to do of what tests/vm/suites calls SUITE:
                       CONFIGURATION|SETTINGS|TESTS, a line each
judge SUITE DIR...     reads what each machine's kernel (DIR/console) and tests (DIR/port, see
                       guest/main.sh) printed and prints TAP: a line for each test in each
                       configuration, which fails when the test does, has no plan or another number
                       of results than planned, was skipped in part or did not run; and one line
                       for each thing that the machine must have done: started, set the switches,
                       met no error of the kernel, ended by itself
"""
import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
# What the kernel says when something is wrong with it, whatever the tests say.
KERNEL = re.compile(r"Kernel panic|\bBUG:|\bOops:|general protection fault|soft lockup|hung task"
                    r"|blocked for more than|rcu_\w+ (self-)?detected stall|Out of memory|kernel NULL pointer")


def suites():
    for number, line in enumerate((TOP / "tests/vm/suites").read_text().splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            fields = [field.strip() for field in line.split("|")]
            if len(fields) != 4:
                sys.exit(f"tests/vm/suites:{number}: not four fields")
            yield fields


def read_suite(name):
    """[(configuration, {setting: value}, [test])]"""
    lines = list(suites())
    base = {}
    without = set()
    for suite, _, settings, tests in lines:
        if suite == "base":
            base = dict(word.split("=") for word in settings.split())
        elif suite == "not":
            without.update(tests.split())
    found = []
    for suite, configuration, settings, tests in lines:
        if suite != name:
            continue
        words = []
        for word in tests.split():
            if word == "*":
                words += sorted(str(path.relative_to(TOP)) for part in ("attack", "e2e")
                                for path in (TOP / "tests" / part).glob("*.t"))
            else:
                words.append(word)
        found.append((configuration, base | dict(word.split("=") for word in settings.split()),
                      [word for word in words if word not in without]))
    if not found:
        sys.exit(f"tests/vm/suites has no suite {name}")
    return found


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def check(self, name, problem):
        self.count += 1
        self.failed += bool(problem)
        print(f"{'not ok' if problem else 'ok'} {self.count} - {name}")
        for line in (problem or "").splitlines():
            print(f"# {line[:500]}")


def blocks(text):
    """{(configuration, test): (status, seconds, lines)}, {configuration: {setting: value}}, done.
    What is cut off is no line of ours."""
    results, settings, begun, done = {}, {}, None, False
    for line in text.splitlines():
        word = line.split(" ")
        if word[0] == "@begin" and len(word) == 3:
            begun, lines = (word[1], word[2]), []
        elif word[0] == "@end" and len(word) == 5 and begun == (word[1], word[2]):
            results[begun] = (int(word[3]), int(word[4]), lines)
            begun = None
        elif word[0] == "@set" and "=" in line:
            settings.setdefault(word[1], {}).update([word[2].split("=")])
        elif word[0] == "@done":
            done = True
        elif begun:
            lines.append(line)
    return results, settings, done


def problem_of(result):
    """Why a test's output is no success, or None"""
    if result is None:
        return "did not run, or did not end"
    status, _, lines = result
    plans = [line for line in lines if re.fullmatch(r"1\.\.\d+.*", line)]
    tests = [line for line in lines if re.match(r"(not )?ok\b", line)]
    problems = [line for line in tests if line.startswith("not ok")]
    problems += [line for line in tests + plans if re.search(r"# *(SKIP|TOD.)\b", line, re.I)]
    if not problems and status == 0 and len(plans) == 1 and tests and plans[0] == f"1..{len(tests)}":
        return None
    why = f"status {status}, plan {plans or 'none'}, {len(tests)} results"
    return "\n".join([why] + (lines if len(lines) < 200 or not problems else problems))


def deal(suite, machine, machines):
    """Every machine's share: one test after the other to the next one; the lines of those that it has"""
    dealt, number = [], 0
    for configuration, switches, tests in suite:
        share = [test for place, test in enumerate(tests, number) if place % machines == machine]
        number += len(tests)
        if share:
            dealt.append((configuration, switches, share))
    return dealt


def judge_machine(tap, name, wanted, console, port):
    results, settings, done = blocks(port)
    tap.check(f"{name}: the kernel starts", None if "Linux version" in console else console[-3000:] or "no word of it")
    for configuration, switches, tests in wanted:
        got = settings.get(configuration, {})
        wrong = [f"{key}={value}: is {got.get(key)}" for key, value in switches.items() if got.get(key) != value]
        tap.check(f"{name}: {configuration}: the switches are set", "\n".join(wrong))
        for test in tests:
            result = results.pop((configuration, test), None)
            seconds = f" ({result[1]} s)" if result else ""
            tap.check(f"{name}: {configuration}: {test}{seconds}", problem_of(result))
    tap.check(f"{name}: nothing else ran", "\n".join(map(str, results)))
    tap.check(f"{name}: the kernel met no error", "\n".join(filter(KERNEL.search, console.splitlines())))
    tap.check(f"{name}: it came to its end", None if done else "\n".join(console.splitlines()[-30:]) or "silent")


def judge(suite, directories):
    wanted = read_suite(suite)
    tap = Tap()
    for number, directory in enumerate(directories):
        judge_machine(tap, f"machine {number}", deal(wanted, number, len(directories)),
                      text_of(f"{directory}/console"), text_of(f"{directory}/port"))
    print(f"1..{tap.count}")
    return tap.failed > 0


def text_of(name):
    try:
        return pathlib.Path(name).read_bytes().decode("utf-8", "replace").replace("\r", "")
    except OSError:
        return ""


def main():
    verb, suite, *rest = sys.argv[1:]
    if verb == "judge":
        return judge(suite, rest)
    for configuration, switches, tests in deal(read_suite(suite), *map(int, rest)):
        print(configuration, " ".join(f"{k}={v}" for k, v in switches.items()), " ".join(tests), sep="|")
    return 0


sys.exit(main())
