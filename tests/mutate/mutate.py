#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Changes one operator, bound or constant of a file at a time and asks whether
a test tells.  equivalent.txt lists what no test can tell, with the reason.

A mutant is compiled alone, and linked before the archives that hold the
original.  Which tests run its line is known from a run of all with gcov, kept
in BUILD/mutate/map; they are tried in the order of what told of this file
before, then of the time they take.  BUILD/mutate/results has what was found,
and a next run goes on from there.  The source tree is only read."""

import argparse
import collections
import hashlib
import json
import os
import re
import resource
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import mutants

FOLDERS = ("cfg", "guest", "check", "search", "plan", "layout", "xen/build")
ARCHIVES = ("libvnuma-core.la", "libvnuma-build.la", "libvnuma-xen-core.la")
# Scripts, and the programs of ours that they run.
SCRIPTS = {
    "tests/run-golden.sh": ("xl-vnuma",),
    "tests/plan-output.sh": ("xl-vnuma",),
}
# What tests read: looked at only when survivors are tried again.
DATA = ("tests/golden", "tests/checks", "tests/hosts", "fuzz/corpus")
MEMORY = 4 << 30    # bytes that a mutant may have
running = set()     # tests; ended when we are
CAUGHT, SURVIVED, SAME, LISTED, INVALID = (
    "caught", "survived", "same", "listed", "invalid")


class Tree:
    """The source and the build directory, and what make does in it."""

    def __init__(self, state):
        self.source = os.path.realpath(os.environ["top_srcdir"])
        self.build = os.path.realpath(os.environ["top_builddir"])
        self.rel = os.path.relpath(self.source, self.build)
        self.state = os.path.realpath(state or f"{self.build}/mutate")
        os.makedirs(self.state, exist_ok=True)
        self.files = [f"tools/libvnuma/{d}/{n}" for d in FOLDERS
                      for n in sorted(os.listdir(
                          f"{self.source}/tools/libvnuma/{d}"))
                      if n.endswith(".c")]
        self.compilers, self.members = {}, {}
        # Of a make that we may run in.
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL"):
            os.environ.pop(name, None)

    def make(self, *args):
        """What make would run, as lists of words; nothing is run."""
        out = subprocess.run(
            ["make", "-n", "V=1", "--no-print-directory", *args],
            cwd=self.build, stdout=subprocess.PIPE, text=True, check=True)
        return out.stdout.splitlines()

    def programs(self):
        out = subprocess.run(["make", "-s", "print-programs"], cwd=self.build,
                             stdout=subprocess.PIPE, text=True, check=True)
        return out.stdout.split()

    def archives(self):
        """Fills in self.compilers, {file: (its archive, gcc's words without
        input and output)}, and self.members, {archive: objects}."""
        self.compilers, parts = {}, {}
        new = [w for f in self.files for w in ("-W", f"{self.rel}/{f}")]
        for line in self.make(*new, *ARCHIVES):
            match = re.search(r"--mode=compile (.*) -c -o \S+\.lo "
                              r".*(tools/\S+\.c)(?: &&\\)?$", line)
            if match and match[2] in self.files:
                self.compilers[match[2]] = [
                    w for w in shlex.split(match[1])
                    if not re.match(r"-[WMg]|.*\.(lo|Tpo)$", w)] + [
                        "-w", "-fPIC", "-DPIC", "-x", "c", "-c", "-"]
            match = re.search(r"--mode=link .* -o (lib\S+\.la) (.*)", line)
            if match:
                parts[match[1]] = match[2].split()
        for name in self.files:
            if name not in self.compilers:
                sys.exit(f"mutate: how is {name} compiled?")
        # libtool puts the objects of archives into archives.
        for archive in ARCHIVES:
            self.members[archive] = []
            for part in parts[archive]:
                if part.endswith(".lo"):
                    folder, base = os.path.split(part)
                    self.members[archive].append(
                        f"{folder}/.libs/{base[:-2]}o")
                self.members[archive] += self.members.get(part, [])

    def linkers(self, programs):
        """{program: gcc's words}"""
        found = {}
        for line in self.make("-W", ARCHIVES[0], *programs):
            match = re.search(r"--mode=link .* -o (\S+) ", line)
            if not match or match[1] not in programs:
                continue
            out = subprocess.run(
                line.replace("--mode=link", "--dry-run --mode=link"),
                shell=True, cwd=self.build, stdout=subprocess.PIPE,
                text=True, check=True).stdout
            link = re.search(r"^libtool: link: (gcc .*)$", out, re.M)[1]
            words = shlex.split(link)
            del words[words.index("-o"):words.index("-o") + 2]
            found[match[1]] = [w for w in words if w != "-g"] + [
                "-s", f"-Wl,-rpath,{self.build}/.libs"]
        return found

    def compile(self, name, text, output, *more):
        """Compiles text as if it were the file."""
        compiler = self.compilers[name]
        done = subprocess.run(
            [*compiler, *more, "-o", output], cwd=self.build, text=True,
            input=f'#line 1 "{self.rel}/{name}"\n{text}', check=False,
            stderr=subprocess.DEVNULL)
        return done.returncode == 0


class Bench:
    """Where one worker links programs and runs them: what else is in the build
    directory is there by symbolic links."""

    def __init__(self, tree, folder):
        self.tree, self.folder = tree, folder
        os.makedirs(f"{folder}/tmp")
        for top in ("", "tests", "tests/unit", "fuzz"):
            os.makedirs(f"{folder}/{top}", exist_ok=True)
            for name in os.listdir(f"{tree.build}/{top}"):
                if name not in ("mutate", "tests", "unit", "fuzz", "tmp"):
                    os.symlink(os.path.join(tree.build, top, name),
                               os.path.join(folder, top, name))

    def link(self, linker, program, objects, archives=None):
        """Objects is {source: what it is compiled to}; what is in none of the
        other archives goes before all that is linked."""
        words = []
        for word in linker:
            # A program may compile a file for itself.
            name = re.sub(r"(/|^)\w+-(\w+)\.o$", r"\1\2.c", word)
            words.append(objects.get(name) or (archives or {}).get(
                word, word))
        ahead = [] if archives else [
            o for o in objects.values() if o not in words]
        target = f"{self.folder}/{program}"
        if os.path.lexists(target):
            os.unlink(target)
        done = subprocess.run(
            [words[0], *ahead, *words[1:], "-o", target],
            cwd=self.tree.build, stderr=subprocess.PIPE, check=False)
        if done.returncode:
            return done.stderr.decode(errors="replace")
        return None

    def run(self, test, cpu, wall, **env):
        """(ok lines, whether all was well, seconds of CPU)"""
        command = [f"{self.tree.source}/{test}" if test in SCRIPTS
                   else f"{self.folder}/{test}"]

        def limit():
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 28, 1 << 28))
            resource.setrlimit(resource.RLIMIT_CPU, (cpu, cpu))

        child = subprocess.Popen(
            command, cwd=self.folder, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True, preexec_fn=limit,
            env=dict(os.environ, top_srcdir=self.tree.source,
                     top_builddir=self.folder, TMPDIR=f"{self.folder}/tmp",
                     **env))
        alarm = threading.Timer(wall, os.killpg, (child.pid, signal.SIGKILL))
        alarm.start()
        running.add(child.pid)
        good = 0
        try:
            for line in child.stdout:
                if line.startswith(b"not ok"):
                    good = -1
                    break
                good += line.startswith(b"ok ")
        finally:
            alarm.cancel()
            if good < 0:
                os.killpg(child.pid, signal.SIGKILL)
            running.discard(child.pid)
            _, status, usage = os.wait4(child.pid, 0)
            child.returncode = status
            child.stdout.close()
            try:    # what it started
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        return good, not status and good >= 0, usage.ru_utime + usage.ru_stime


def run_all(pool, function, items):
    """In threads; what has not begun when we are ended does not begin."""
    try:
        return list(pool.map(function, items))
    except BaseException:
        pool.shutdown(cancel_futures=True)
        raise


def needs(test):
    return SCRIPTS.get(test, (test,))


def newest(*places):
    found = 0
    for place in places:
        found = max(found, os.stat(place).st_mtime)
        for folder, _, names in os.walk(place):
            found = max([found] + [os.stat(f"{folder}/{n}").st_mtime
                                   for n in names])
    return found


class Map:
    """Which tests run which lines, and how long they take."""

    def __init__(self, tree, files, tests, linkers, again):
        self.path = f"{tree.state}/map"
        self.tree, self.asked, self.linkers = tree, tests, linkers
        try:
            with open(self.path, encoding="ascii") as f:
                self.tests, self.lines = json.load(f)
        except FileNotFoundError:
            self.tests, self.lines = {}, {}
        # All that is known stays so.
        self.files = files.union(*(e["files"] for e in self.tests.values()))
        changed = newest(*(f"{tree.source}/{f}" for f in files), *(
            f"{tree.source}/{d}" for d in DATA if again))
        self.stale = [t for t in tests if self.is_stale(
            files, self.tests.get(t), max(changed, newest(
                *(f"{tree.build}/{p}" for p in needs(t)))))]
        self.lock = threading.Lock()

    @staticmethod
    def is_stale(files, entry, changed):
        return not entry or entry["at"] < changed or files - set(
            entry["files"])

    def make(self, pool):
        """Runs what is stale with counters in it."""
        if not self.stale:
            return
        print(f"# counting the lines that {len(self.stale)} tests run",
              flush=True)
        with tempfile.TemporaryDirectory(dir=self.tree.state) as folder:
            def compile_one(name):
                output = f"{folder}/{name.replace('/', '+')}.o"
                with open(f"{self.tree.source}/{name}",
                          encoding="utf-8") as f:
                    text = f.read()
                if not self.tree.compile(name, text, output, "-O0",
                                         "-U_FORTIFY_SOURCE", "--coverage"):
                    sys.exit(f"mutate: {name} does not compile")
                return name, output

            objects = dict(run_all(pool, compile_one, self.files))
            archives = self.make_archives(folder, objects)
            run_all(pool, lambda t: self.count(folder, objects, archives, *t),
                    enumerate(self.stale))
        with open(self.path, "w", encoding="ascii") as f:
            json.dump((self.tests, self.lines), f)

    def make_archives(self, folder, objects):
        """The same archives with counters in them."""
        archives = {}
        for name, members in self.tree.members.items():
            ours = f"{folder}/{name[:-3]}.a"
            archives[f"./.libs/{name[:-3]}.a"] = ours
            subprocess.run(
                ["ar", "rcsT", ours, *(objects.get(
                    re.sub(r"\.libs/(?:\w+-)?(\w+)\.o$", r"\1.c", m),
                    f"{self.tree.build}/{m}") for m in members)], check=True)
        return archives

    def count(self, folder, objects, archives, number, test):
        """Of one test."""
        bench = Bench(self.tree, f"{folder}/{number}")
        counters = f"{folder}/{number}.gcov"
        place = f"{counters}/{folder}"
        os.makedirs(place)
        for name in os.listdir(folder):
            if name.endswith(".gcno"):
                os.symlink(f"{folder}/{name}", f"{place}/{name}")
        for program in needs(test):
            failed = bench.link(
                self.linkers[program] + ["--coverage"], program, objects,
                archives)
            if failed:
                print(f"# {test}: {failed}", flush=True)
                return
        good, well, cpu = bench.run(test, 600, 900, GCOV_PREFIX=counters)
        entry = {"at": time.time(), "cpu": cpu, "ok": good, "lines": {},
                 "files": sorted(self.files)}
        if not well or not good:
            print(f"# {test} is not used: it fails without a mutant, or says "
                  "nothing", flush=True)
            entry["ok"] = 0
        data = [n for n in os.listdir(place) if n.endswith(".gcda")]
        if data and entry["ok"]:
            out = subprocess.run(["gcov", "-j", "-t", *data], cwd=place,
                                 stdout=subprocess.PIPE, check=True).stdout
            for doc in out.splitlines():
                self.take(entry, json.loads(doc))
        with self.lock:
            self.tests[test] = entry

    def take(self, entry, said):
        for part in said["files"]:
            name = os.path.relpath(part["file"], self.tree.rel)
            if name not in self.files:
                continue
            ran = {l["line_number"] for l in part["lines"] if l["count"]}
            with self.lock:
                self.lines[name] = sorted({
                    *(l["line_number"] for l in part["lines"]),
                    *self.lines.get(name, [])})
            if ran:
                entry["lines"][name] = sorted(
                    ran | set(entry["lines"].get(name, [])))

    def telling(self, name, line):
        """Tests that run the line; of what is no code, that run the file."""
        code = line in self.lines.get(name, [])
        told = ((t, self.tests[t]) for t in self.asked if t in self.tests)
        return [t for t, e in told if e["ok"] and name in e["lines"] and
                (not code or line in e["lines"][name])]


class Campaign:
    """Mutants against tests."""

    def __init__(self, tree, args):
        self.tree, self.args = tree, args
        places = tuple(p.partition(":")[0] for p in args.places)
        self.files = [f for f in tree.files if f.startswith(places or "")]
        tests = [t for t in [*tree.programs(), *SCRIPTS]
                 if re.search(args.tests, t)]
        self.linkers = tree.linkers({p for t in tests for p in needs(t)})
        self.map = Map(tree, set(self.files), tests, self.linkers, args.again)
        tree.archives()
        self.kills = collections.Counter()
        self.results, self.lock = {}, threading.Lock()
        self.listed = mutants.read_listed(
            f"{tree.source}/tests/mutate/equivalent.txt")
        self.texts = {}
        for name in self.files:
            with open(f"{tree.source}/{name}", encoding="utf-8") as f:
                self.texts[name] = f.read()

    def wanted(self):
        """The sample: the same for the same seed, wherever lines move to."""
        for name in self.files:
            for mutant in mutants.of_file(name, self.texts[name]):
                draw = hashlib.sha256(
                    f"{self.args.seed}\t{mutant.key}".encode()).digest()
                lines = [p for p in self.args.places if ":" in p]
                if int.from_bytes(draw[:8], "big") % self.args.every == 0 \
                        and (not lines or f"{name}:{mutant.line}" in lines):
                    yield mutant

    def load(self):
        path = f"{self.tree.state}/results"
        self.results = {}
        if os.path.exists(path):
            with open(path, encoding="utf-8") as f:
                for line in f:
                    status, told, key = line.rstrip("\n").split("\t", 2)
                    self.results[key] = (status, told)
        return open(path, "a", encoding="utf-8")

    def run(self):
        with tempfile.TemporaryDirectory(dir=self.tree.state) as folder, \
                ThreadPoolExecutor(self.args.jobs) as pool, \
                self.load() as log:
            self.map.make(pool)
            wanted = list(self.wanted())
            todo = [m for m in wanted if m.key not in self.results or
                    self.args.again and
                    self.results[m.key][0] in (SURVIVED, LISTED)]
            todo = todo[:self.args.limit]
            self.originals(folder, {m.name for m in todo})
            benches = [Bench(self.tree, f"{folder}/{n}")
                       for n in range(self.args.jobs)]

            def one(mutant):
                with self.lock:
                    bench = benches.pop()
                try:
                    status, told = self.judge(folder, bench, mutant)
                finally:
                    with self.lock:
                        benches.append(bench)
                with self.lock:
                    self.results[mutant.key] = (status, told)
                    log.write(f"{status}\t{told}\t{mutant.key}\n")
                    log.flush()
                    if self.args.verbose:
                        print(f"# {status}: {mutant} {told}", flush=True)

            run_all(pool, one, todo)
        return wanted

    def originals(self, folder, names):
        for name in names:
            self.tree.compile(name, self.texts[name],
                              f"{folder}/{name.replace('/', '+')}.o")

    def judge(self, folder, bench, mutant):
        """(status, what told)"""
        if mutant.listing in self.listed:
            return LISTED, ""
        output = f"{bench.folder}/mutant.o"
        if not self.tree.compile(mutant.name,
                                 mutant.apply(self.texts[mutant.name]),
                                 output):
            return INVALID, ""
        with open(output, "rb") as new, open(
                f"{folder}/{mutant.name.replace('/', '+')}.o", "rb") as old:
            if new.read() == old.read():
                return SAME, ""
        tests = self.map.telling(mutant.name, mutant.line)
        tests.sort(key=lambda t: (-self.kills[mutant.name, t],
                                  self.map.tests[t]["cpu"]))
        for test in tests:
            if self.tells(bench, mutant.name, output, test):
                self.kills[mutant.name, test] += 1
                return CAUGHT, test
        return SURVIVED, "" if tests else "no test runs it"

    def tells(self, bench, name, output, test):
        known = self.map.tests[test]
        for program in needs(test):
            if bench.link(self.linkers[program], program, {name: output}):
                return False
        good, well, _ = bench.run(test, int(3 + 2 * known["cpu"]),
                                  60 + 20 * known["cpu"])
        return not well or good != known["ok"]

    def report(self, wanted):
        counts = collections.defaultdict(collections.Counter)
        for mutant in wanted:
            status, told = self.results.get(mutant.key, ("untried", ""))
            if mutant.listing in self.listed:
                status = LISTED
            folder = os.path.dirname(mutant.name)[len("tools/libvnuma/"):]
            counts[folder][status] += 1
            if status == SURVIVED:
                print(f"survived: {mutant} {told}".rstrip())
        print(f"{'folder':10} {'mutants':>8} {CAUGHT:>8} {SURVIVED:>8} "
              f"{LISTED:>8} {SAME:>8} {INVALID:>8}  caught")
        for folder, c in counts.items():
            judged = c[CAUGHT] + c[SURVIVED]
            print(f"{folder:10} {judged:8} {c[CAUGHT]:8} {c[SURVIVED]:8} "
                  f"{c[LISTED]:8} {c[SAME]:8} {c[INVALID]:8}  "
                  f"{100 * c[CAUGHT] / judged if judged else 0:.1f} %"
                  + (f", {c['untried']} untried" if c["untried"] else ""))
        return sum(c[SURVIVED] + c["untried"] for c in counts.values())


def end(*_):
    for pid in list(running):
        os.killpg(pid, signal.SIGKILL)
    sys.exit(3)


def main():
    parser = argparse.ArgumentParser(
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-j", dest="jobs", type=int, default=2)
    parser.add_argument("--every", type=int, default=1,
                        help="one mutant of so many")
    parser.add_argument("--seed", type=int, default=0, help="which ones")
    parser.add_argument("--limit", type=int, default=1 << 30,
                        help="stop after so many")
    parser.add_argument("--again", action="store_true",
                        help="try those again that survived")
    parser.add_argument("--tests", default="",
                        help="regular expression of the tests to run")
    parser.add_argument("--state", metavar="FOLDER",
                        help="another than BUILD/mutate")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("places", nargs="*", metavar="FILE[:LINE]",
                        help="or a folder")
    args = parser.parse_args()
    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    campaign = Campaign(Tree(args.state), args)
    return bool(campaign.report(campaign.run()))


if __name__ == "__main__":
    sys.exit(main())
