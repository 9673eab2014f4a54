#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Guard removal: each guard of helper/launcher and common (tests/lib/guards.py says what one is) is
taken as false, as true, negated and, if it does something, not even asked, one at a time; a unit test
or, where none does, an attack test must notice. tests/audit/mutants.tsv says which one did.

  mutants.py                    all of it, as root; writes the table (`make mutants`)
  mutants.py FILE...            guards of these files only; the rows of the others stay
  mutants.py --units [FILE...]  the unit tests alone, without root; writes nothing, lists the rest
  mutants.py --sample N --seed S   N mutants of the table: does the test that it names notice still?
  mutants.py --check            in a second: the table has each guard of the source, and no other
  mutants.py --compare          does clang see as many decisions in the sources as we do?
  mutants.py --show WORD        the mutants whose file, function or guard has WORD in it, as diffs

A mutant that cannot differ in what it does stands in tests/audit/equivalent.list, with a reason.
Environment: BUILD, MUTANT_CFLAGS (what a source is compiled with), CC. `make mutants` sets them. What
the unit tests say of each mutant is in $BUILD/mutants.log.
"""

import argparse
import difflib
import json
import os
import random
import re
import resource
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True
TOP = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "tests/lib"))
import guards  # noqa: E402

KINDS = ["false", "true", "not", "skip"]
TABLE = TOP / "tests/audit/mutants.tsv"
EQUIVALENT = TOP / "tests/audit/equivalent.list"
JOBS = 2
CPU_SECONDS = 2  # and this many times what the test takes without a mutant
WALL_SECONDS = 12
ATTACK_SECONDS = 200
UNNOTICED = "NOT NOTICED"

# The attack tests that a mutant of a file meets when no unit test notices it, in this order.
ATTACKS = {
    "helper/launcher/audit.c": ["a25_escapes", "a08_limits"],
    "helper/launcher/caller.c": ["a36_mixed_ids", "a22_groups"],
    "helper/launcher/cgroup.c": ["b10_death", "a35_no_privilege"],
    "helper/launcher/end.c": ["a01_argc"],
    "helper/launcher/launch.c": ["a10_signals", "a07_inherited_fds", "b10_death"],
    "helper/launcher/main.c": ["a01_argc", "a04_config", "once_fd3"],
    "helper/launcher/namespaces.c": ["b15_quotas", "a33_keyrings", "a13_userns"],
    "helper/launcher/place.c": ["a35_no_privilege", "early_start"],
    "helper/launcher/priv.c": ["a23_set_id", "a13_userns"],
    "helper/launcher/runtime_dir.c": ["a09_umask", "early_start"],
    "helper/launcher/sanitize.c": ["a10_signals", "a06_closed_fds", "a07_inherited_fds",
                                   "held_streams", "a08_limits", "a16_cwd"],
    "helper/launcher/self.c": ["a37_install_state", "a35_no_privilege"],
    "helper/launcher/share.c": ["a08_limits"],
    "helper/launcher/split.c": ["early_start", "a37_install_state", "a13_userns", "a25_escapes"],
    "helper/launcher/trustfile.c": ["a18_policy_path"],
    "helper/launcher/verb_mount.c": ["b03_descriptors", "b14_locked", "b09_mount_calls"],
    "helper/launcher/verb_once.c": ["once_fd3"],
    "helper/launcher/verb_start.c": ["early_start"],
    "helper/launcher/watch.c": ["watcher", "watcher_death"],
}
COMMON_ATTACKS = ["a04_config", "a21_paths", "a40_runtime_edits"]


def sources():
    return sorted(str(p.relative_to(TOP)) for part in ("helper/launcher", "common")
                  for p in (TOP / part).glob("*.[ch]"))


def all_guards(files=None):
    found = []
    for file in sources():
        if not files or file in files:
            found += guards.find(file, (TOP / file).read_text())
    return found


# --- the table and the list of equivalents --------------------------------------------------------

def read_table():
    rows = {}
    if TABLE.exists():
        for line in TABLE.read_text().splitlines():
            if line.startswith("#") or line.startswith("file\t"):
                continue
            cells = line.split("\t")
            rows[tuple(cells[:3])] = dict(zip(KINDS, cells[3:]))
    return rows


def write_table(rows):
    unit = attack = equal = 0
    for row in rows.values():
        for seen in row.values():
            unit += seen.startswith("test_")
            attack += seen not in ("-", "equivalent", UNNOTICED) and not seen.startswith("test_")
            equal += seen == "equivalent"
    TABLE.parent.mkdir(exist_ok=True)
    with TABLE.open("w") as out:
        out.write(f"# `make mutants` has written this. {len(rows)} guards; mutants noticed by unit tests: "
                  f"{unit}, by attack tests: {attack}; equivalent: {equal}.\n")
        out.write("\t".join(["file", "function", "guard"] + KINDS) + "\n")
        for key in sorted(rows):
            out.write("\t".join(list(key) + [rows[key].get(kind, "-") for kind in KINDS]) + "\n")


def read_equivalent():
    """{(file, function, guard): {kind}}; each with its reason."""
    known, at = {}, {}
    if not EQUIVALENT.exists():
        return known
    for line in EQUIVALENT.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(": ")
        at[word] = rest
        if word == "why":
            if not rest or any(kind not in KINDS for kind in at["kinds"].split()):
                sys.exit(f"mutants: {EQUIVALENT.name}: {at}")
            known.setdefault((at["file"], at["function"], at["guard"]), set()).update(at["kinds"].split())
    return known


def check():
    """What a look at the sources alone can say."""
    wrong = []
    rows, equal = read_table(), read_equivalent()
    found = {g.key: g for g in all_guards()}
    for key, guard in found.items():
        row = rows.get(key)
        if row is None:
            wrong.append(f"no proof: {' | '.join(key)}")
            continue
        for kind in KINDS:
            seen = row.get(kind, "-")
            if (seen != "-") != (kind in guard.kinds):
                wrong.append(f"other mutants than before: {' | '.join(key)}: {kind}")
            elif seen == UNNOTICED:
                wrong.append(f"no test notices: {' | '.join(key)}: {kind}")
            elif (seen == "equivalent") != (kind in equal.get(key, ())):
                wrong.append(f"equivalent or not: {' | '.join(key)}: {kind}")
            elif seen not in ("-", "equivalent") and not test_file(seen).exists():
                wrong.append(f"there is no {test_file(seen)}")
    wrong += [f"stale row: {' | '.join(key)}" for key in rows if key not in found]
    wrong += [f"stale equivalent: {' | '.join(key)}" for key in equal if key not in found]
    for line in wrong:
        print(line)
    if wrong:
        print("mutants: regenerate with  make mutants  (or tests/run/mutants.py FILE...)")
    return not wrong


def compare():
    """The tree that clang makes of a source knows what decides; nothing of it may be overlooked."""
    flags = shlex.split(os.environ["MUTANT_CFLAGS"])

    def one(file):
        tree = subprocess.run(["clang", *flags, "-I.", "-w", "-fsyntax-only", "-Xclang", "-ast-dump", "-fno-color-diagnostics",
                               file], cwd=TOP, capture_output=True, text=True, check=True).stdout
        seen = dict(Counter(re.findall(r"[|`]-(IfStmt|ConditionalOperator)\b", tree)))
        seen["loop"] = len(re.findall(r"[|`]-(?:While|Do|For)Stmt\b", tree))
        for mark in ("&&", "||"):
            seen[mark] = len(re.findall(rf"[|`]-BinaryOperator .* '{re.escape(mark)}'$", tree, re.M))
        return {word: count for word, count in seen.items() if count}

    wrong = 0
    files = [file for file in sources() if file.endswith(".c")]
    with ThreadPoolExecutor(JOBS) as pool:
        for file, seen in zip(files, pool.map(one, files)):
            ours = guards.counts(file, (TOP / file).read_text())
            if seen != ours:
                print(f"{file}: clang sees {seen}, we {ours}")
                wrong += 1
    return wrong == 0


def test_file(name):
    folder = "unit" if name.startswith("test_") else "attack"
    return TOP / "tests" / folder / (name + (".c" if folder == "unit" else ".t"))


# --- unit tests: one build that holds every mutant -------------------------------------------------

class Units:
    def __init__(self, build, found):
        self.build = build
        self.dir = build / "mutants"
        self.found = found  # all guards; a guard's number is its place in here
        self.cpu = {}
        self.names = sorted(p.stem for p in (TOP / "tests/unit").glob("test_*.c")
                            if not re.match(r"test_(admin|archive|client|engine)_", p.stem))

    def compile(self, *args):
        command = shlex.split(os.environ.get("CC", "gcc")) + shlex.split(os.environ["MUTANT_CFLAGS"])
        command = [w for w in command if w not in ("-MMD", "-MP", "-I.")]
        command += ["-w", "-O2", "-fsanitize=bounds", "-fsanitize-undefined-trap-on-error",
                    "-ftrivial-auto-var-init=pattern", "-D_Noreturn=", f"-I{self.dir}/src", f"-I{TOP}", *map(str, args)]
        return subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

    def make(self):
        shutil.rmtree(self.dir, ignore_errors=True)
        head = TOP / "tests/lib/mutant.h"
        numbers = {}
        for number, guard in enumerate(self.found):
            numbers.setdefault(guard.file, []).append((number, guard))
        objects = []

        def one(file):
            place = self.dir / "src" / file
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(schemata((TOP / file).read_text(), numbers.get(file, [])))
            if file.endswith(".c") and not file.endswith("/main.c"):
                objects.append(place.with_suffix(".o"))
                self.must(self.compile("-include", head, "-c", "-o", objects[-1], place))

        with ThreadPoolExecutor(JOBS) as pool:
            list(pool.map(one, sources()))
            state = self.dir / "state.o"
            self.must(self.compile("-DMUTANT_STATE", "-x", "c", "-c", "-o", state, head))
            archive = self.dir / "lib.a"
            filters = sorted((self.build / "gen").glob("filter_*.o"))
            self.must(subprocess.run(["ar", "rcP", archive, *sorted(objects), *filters],
                                     stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True))
            list(pool.map(lambda name: self.link(name, head, state, archive), self.names))

    def link(self, name, head, state, archive):
        source = TOP / "tests/unit" / (name + ".c")
        wraps = [f"-Wl,--wrap={word}"
                 for line in re.findall(r"^/\* WRAP: (.*) \*/$", source.read_text(), re.M)
                 for word in line.split()]
        self.must(self.compile("-include", head, "-o", self.dir / name, source, state, *wraps,
                               archive, "-lcap", "-ljson-c", "-lcmocka"))

    @staticmethod
    def must(done):
        if done.returncode:
            sys.exit(f"mutants: {' '.join(map(str, done.args))}\n{done.stdout}")

    def run(self, name, mutant=None, seen=None):
        """Does the test pass, to its end?"""
        env = {"PATH": os.environ["PATH"], "LC_ALL": "C", "BERTH_FILES": "2000", "CMOCKA_MESSAGE_OUTPUT": "TAP"}
        cpu = CPU_SECONDS * (1 + self.cpu.get(name, 10))
        if mutant is not None:
            env["BERTH_MUTANT"] = str(mutant)
        if seen:
            env["BERTH_MUTANT_SEEN"] = str(seen)

        def limits():
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))

        # Processes of its own: a mutant's kill(2) may mean everybody.
        alone = ["unshare", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"]
        alone += [] if os.geteuid() == 0 else ["--user", "--map-current-user"]
        alone += ["sh", "-c", '"$0"; exit $?', self.dir / name]
        with tempfile.TemporaryFile() as out:
            test = subprocess.Popen(alone, cwd=TOP, env=env, stdin=subprocess.DEVNULL, stdout=out,
                                    stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limits)
            try:
                test.wait(WALL_SECONDS + 3 * cpu)
            except subprocess.TimeoutExpired:
                pass
            finally:
                try:
                    os.killpg(test.pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
                status = test.wait()
            out.seek(0)
            text = out.read().decode(errors="replace")
        # A mutant may end the whole test with a status of 0.
        plan = re.search(r"^1\.\.(\d+)$", text, re.M)
        return status == 0 and plan and len(re.findall(r"^ok ", text, re.M)) == int(plan[1])

    def reached(self, names):
        """For each guard the tests that come across it: those that know its file best come first."""
        seen = {}
        for name in names:
            marks = self.dir / (name + ".seen")
            marks.write_bytes(bytes(65536))
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
            if not self.run(name, seen=marks):
                sys.exit(f"mutants: {name} fails without any mutant")
            self.cpu[name] = int(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
            seen[name] = {i for i, mark in enumerate(marks.read_bytes()) if mark}

        def order(guard, number):
            stem = Path(guard.file).stem
            stem = {"runtime_dir": "runtime", "namespaces": "place", "split": "start"}.get(stem, stem)
            by = [n for n in names if number in seen[n]]
            return sorted(by, key=lambda n: (not n.endswith("_" + stem), len(seen[n]), n))

        return [order(guard, number) for number, guard in enumerate(self.found)]

    def judge(self, wanted):
        """wanted: [number, kind, tests or None]; adds the test that notices, or None, to each."""
        named = {name for _, _, tests in wanted for name in tests or self.names}
        reached = self.reached(sorted(named))
        log = (self.build / "mutants.log").open("w")

        def one(job):
            number, kind, tests = job
            for name in tests or reached[number]:
                if not self.run(name, number * len(KINDS) + KINDS.index(kind)):
                    return name
            return None

        seen = []
        with ThreadPoolExecutor(JOBS) as pool:
            for job, name in zip(wanted, pool.map(one, wanted)):
                seen.append(name)
                print(f"{name or UNNOTICED}: {' | '.join(self.found[job[0]].key)}: {job[1]}", file=log,
                      flush=True)
        return seen


def schemata(text, numbered):
    """The source with each guard asking what it is taken for (tests/lib/mutant.h)."""
    put = []
    for number, guard in numbered:
        skipped = 1 if guard.role == "and" else 0
        length = guard.end - guard.start
        head = f"(mutant_skips({number}) ? {skipped} : mutant_value({number}, !!("
        if guard.role == "call":
            head = f"(mutant_skips({number}) ? (void)0 : ((void)("
        put.append((guard.start, 1, -length, head))
        put.append((guard.end, 0, length, ")))"))
    out, at = [], 0
    for place, _, _, word in sorted(put):
        out += [text[at:place], word]
        at = place
    return "".join(out) + text[at:]


def inside(build, jobs):
    """Root's unit tests, and what a mutant of the launcher does in them, belong into an arena."""
    work = build / "mutants.jobs"
    work.write_text(json.dumps(jobs))
    env = dict(os.environ, ARENA_TOP=str(TOP), BUILD=str(build), ARENA_WRITABLE="yes", ARENA_INSTALL="no")
    if subprocess.run([TOP / "tests/lib/arena.sh", str(TOP / "tests/run/mutants.py"), "--inside"],
                      env=env, stdin=subprocess.DEVNULL).returncode:
        sys.exit("mutants: the unit tests could not be run")
    return json.loads(work.read_text())


def by_units(build, found, jobs):
    """jobs: [(number, kind, tests or None)]. The names of the tests that notice, or None."""
    units = Units(build, found)
    units.make()
    return inside(build, jobs) if os.geteuid() == 0 else units.judge(jobs)


# --- attack tests: a build for each mutant ---------------------------------------------------------

class Attacks:
    def __init__(self, build):
        self.tree = Path(tempfile.mkdtemp(prefix="mutants."))
        self.tree.chmod(0o755)
        for name in ("helper", "client", "common", "config", "tests", "GNUmakefile", "LICENSE",
                     *(p.name for p in TOP.glob("*.md"))):
            subprocess.run(["cp", "-a", TOP / name, self.tree], check=True)
        (self.tree / "build").mkdir()
        for path in [build / n for n in ("helper", "client", "common", "gen", "tests")] + \
                list(build.glob("berth*")):
            subprocess.run(["cp", "-a", path, self.tree / "build"], check=True)
        if not self.make():
            sys.exit("mutants: the tree does not build")

    def make(self):
        return subprocess.run(
            ["make", "-C", self.tree, "--no-print-directory", "BUILD=build", "CFLAGS=-w -D_Noreturn=", "all"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0

    def fails(self, test):
        """Does it say so, within its time?"""
        done = subprocess.run(
            ["timeout", "--kill-after=10", str(ATTACK_SECONDS), "bash", f"tests/attack/{test}.t"],
            cwd=self.tree, env=dict(os.environ, BUILD="build"), stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace")
        return re.search(r"^not ok", done.stdout, re.M) is not None or done.returncode != 0

    def judge(self, guard, kind, tests=None):
        place = self.tree / guard.file
        text = (TOP / guard.file).read_text()
        place.write_text(guards.without(text, guard, kind))
        try:
            if not self.make():
                return "does not compile"
            tests = tests or ATTACKS.get(guard.file, COMMON_ATTACKS)
            return next((test for test in tests if self.fails(test)), None)
        finally:
            place.write_text(text)

    def end(self):
        shutil.rmtree(self.tree)


# --- what can be asked -------------------------------------------------------------------------------

def regenerate(build, files, units_only):
    start = time.monotonic()
    found, equal = all_guards(), read_equivalent()
    jobs = [(number, kind, None) for number, guard in enumerate(found)
            if not files or guard.file in files for kind in guard.kinds]
    noticed = by_units(build, found, jobs)
    print(f"# {len(jobs)} mutants; {sum(map(bool, noticed))} noticed by unit tests after "
          f"{time.monotonic() - start:.0f} s", flush=True)
    rows = {g.key: {} for g in found}
    old = read_table()
    rows.update({key: old[key] for key in rows if files and key[0] not in files and key in old})
    attacks = None
    wrong = 0
    for (number, kind, _), seen in zip(jobs, noticed):
        guard = found[number]
        if kind in equal.get(guard.key, ()):
            if seen:
                print(f"not equivalent: {' | '.join(guard.key)}: {kind}: {seen} notices")
                wrong += 1
            seen = seen or "equivalent"
        if not seen and not units_only:
            attacks = attacks or Attacks(build)
            seen = attacks.judge(guard, kind)
        if not seen:
            print(f"{UNNOTICED}: {' | '.join(guard.key)}: {kind}", flush=True)
            wrong += 1
        rows[guard.key][kind] = seen or UNNOTICED
    if attacks:
        attacks.end()
    if not units_only:
        write_table(rows)
    print(f"# {time.monotonic() - start:.0f} s")
    return wrong == 0


def sample(build, count, seed):
    found, rows = all_guards(), read_table()
    able = [(number, kind, [rows[g.key][kind]]) for number, g in enumerate(found) for kind in g.kinds
            if rows.get(g.key, {}).get(kind, UNNOTICED) not in ("-", "equivalent", UNNOTICED)]
    chosen = random.Random(seed).sample(able, min(count, len(able)))
    jobs = [job for job in chosen if job[2][0].startswith("test_")]
    wrong = 0
    for job, seen in zip(jobs, by_units(build, found, jobs)):
        if not seen:
            print(f"{UNNOTICED} any more by {job[2][0]}: {' | '.join(found[job[0]].key)}: {job[1]}")
            wrong += 1
    others = [job for job in chosen if job not in jobs]
    if others:
        attacks = Attacks(build)
        for number, kind, tests in others:
            if not attacks.judge(found[number], kind, tests):
                print(f"{UNNOTICED} any more by {tests[0]}: {' | '.join(found[number].key)}: {kind}")
                wrong += 1
        attacks.end()
    print(f"# seed {seed}: {len(chosen)} mutants, {wrong} unnoticed")
    return wrong == 0


def show(word):
    for guard in all_guards():
        if word in " ".join(guard.key):
            text = (TOP / guard.file).read_text()
            for kind in guard.kinds:
                changed = guards.without(text, guard, kind)
                sys.stdout.writelines(difflib.unified_diff(
                    text.splitlines(True), changed.splitlines(True), guard.file, kind, n=0))
    return True


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("files", nargs="*")
    parser.add_argument("--units", action="store_true")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--compare", action="store_true")
    parser.add_argument("--show")
    parser.add_argument("--inside", action="store_true")
    args = parser.parse_args()
    build = Path(os.path.realpath(TOP / os.environ.get("BUILD", "build")))
    if args.inside:
        work = build / "mutants.jobs"
        work.write_text(json.dumps(Units(build, all_guards()).judge(json.loads(work.read_text()))))
        return True
    if args.check:
        return check()
    if args.compare:
        return compare()
    if args.show:
        return show(args.show)
    if args.sample:
        return sample(build, args.sample, args.seed)
    return regenerate(build, args.files, args.units)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
