#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Every file call of whole commands fails once, and every process is killed.

In a dom0 that is none (world.c), strace makes one call of one process of a
command fail, or kills processes at it; then nothing may be left that the
command alone would not leave, and what it said is looked at.  tests/faults.sh
makes the world ($WORLD) and runs this:

  faults.py fail|kill [-j N] [-n POINTS] [-v] [SCENARIO...]
      -n  at most so many points, evenly spread over all there are
      -v  a line for each point: what it was, the status, what was said
"""
import argparse
import ctypes
import os
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True  # in the tree of the sources
from commands import SCENARIOS, recover
from world import World, expect, run

# ---- what may fail, and with what -----------------------------------------

DISK = ["EIO", "ENOSPC", "EDQUOT"]
# Not close(): the descriptor would stay open, and with it a lock.
ERRORS = {
    "openat": ["EACCES", "EMFILE", "EIO"],
    "open": ["EACCES", "EMFILE", "EIO"],
    "read": ["EIO", "EINTR"],
    "pread64": ["EIO"],
    "write": DISK + ["EINTR"],
    "pwrite64": DISK,
    "fsync": DISK,
    "rename": ["EIO", "ENOSPC", "EACCES"],
    "renameat": ["EIO", "ENOSPC", "EACCES"],
    "flock": ["ENOLCK", "EINTR", "EAGAIN"],
    "socket": ["EMFILE"],
    "socketpair": ["EMFILE"],
    "connect": ["ECONNREFUSED", "EACCES"],
    "unlink": ["EACCES", "EIO"],
    "unlinkat": ["EACCES", "EIO"],
    "mkdir": ["ENOSPC", "EACCES"],
    "getdents64": ["EIO"],
    "newfstatat": ["EIO", "EACCES"],
    "access": ["EACCES"],
    "readlink": ["EACCES", "EIO"],
    "fchmod": ["EPERM"],
    "memfd_create": ["EMFILE"],
    "pipe2": ["EMFILE"],
    "dup2": ["EMFILE"],
    "sendto": ["ENOBUFS", "EINTR"],
    "recvfrom": ["ENOMEM", "EINTR"],
    "poll": ["ENOMEM", "EINTR"],
    "pidfd_open": ["EMFILE"],
    "clone": ["EAGAIN"],
    "clone3": ["EAGAIN"],
    "vfork": ["EAGAIN"],
    "wait4": ["EINTR"],
}
# What is told so for ever may try for ever.
ONCE = {"EINTR", "EAGAIN"}

# What takes away what is left needs these: the next command does it then.
REMOVING = {"openat", "newfstatat", "unlinkat", "unlink", "flock", "mkdir"}

# ---- points ---------------------------------------------------------------


class Point:
    def __init__(self, scenario, program, call, number, text):
        self.scenario = scenario
        self.program = program
        self.call = call
        self.number = number  # of its calls by that name, ld.so's too
        self.text = text
        self.last = 0  # of these before it becomes another program
        self.error = ""
        self.kills = ()

    def __str__(self):
        what = self.error or "kills " + "+".join(self.kills)
        return (f"{self.scenario.name}: {self.program}: {self.call} "
                f"{self.number} {what}: {self.text}")


def calls_of(world, scenario, program):
    """What a program does when all goes well, from its main() on."""
    log = world.dir / "trace"
    scenario.begin(world)
    result = run(world, scenario.binary, scenario.args(world), program,
                 f"-qq -o {log} -s 48 -e trace={','.join(ERRORS)},execve "
                 "-e signal=none")
    wrong = scenario.done(world)
    if result.status != 0 or wrong:
        sys.exit(f"{scenario.name} fails by itself: {result.status}: "
                 f"{result.said} {wrong}")
    numbers, calls, begun = {}, [], False
    for line in log.read_text(errors="replace").splitlines():
        match = re.match(r"(\w+)\(", line)
        if not match:
            continue
        call = match[1]
        # A build that counts writes its counters last.
        if begun and (call == "execve" or ".gcda" in line):
            for point in calls:
                point.last = numbers[point.call]
            break
        if call == "execve":
            continue
        numbers[call] = numbers.get(call, 0) + 1
        calls.append(Point(scenario, program, call, numbers[call],
                           line.replace(str(world.dir), "")[:90]))
        if '"/begins"' in line:
            calls, begun = [], True
    return calls


def copies(point, **members):
    copy = Point(point.scenario, point.program, point.call, point.number,
                 point.text)
    copy.last = point.last
    copy.__dict__.update(members)
    return copy


def failing(point):
    """Each error, once and from then on."""
    for error in ERRORS[point.call]:
        for more in ["", "+"] if error not in ONCE else [""]:
            yield copies(point, error=error + more)


def killing(point):
    """It alone, with each other one, and all."""
    others = [name for name in point.scenario.all if name != point.program]
    yield copies(point, kills=(point.program,))
    for other in others:
        yield copies(point, kills=(point.program, other))
    if len(others) > 1:
        yield copies(point, kills=(point.program, *others))


# ---- what is wrong after one ----------------------------------------------

# What says something of ours: a message, or a diagnostic.
SAYS = re.compile(r"^(xl-vnuma[^:]*|.*error|xl): .*\S", re.M)


def judge_status(point, result):
    wrong = expect(result.status is not None, "it hangs")
    wrong += expect(not result.left, "a process is left")
    wrong += expect(result.status in (None, 0, 1, 3),
                    f"its status is {result.status}")
    if result.status and (point.call, point.error[-1:]) != ("write", "+"):
        wrong += expect(SAYS.search(result.said), "it says nothing")
    return wrong


def left_files(world, clean):
    return [name for name in world.files() if name not in clean]


def judge_failed(world, point, result, clean):
    wrong = judge_status(point, result)
    scenario = point.scenario
    left = left_files(world, clean)
    if point.call not in REMOVING and not (scenario.two_copies and
                                           result.status):
        wrong += expect(not left, f"files are left: {left}")
    if result.status == 0:
        return wrong + scenario.done(world)
    # What could not be put right is put right later.
    if scenario.undone(world) and point.error.endswith("+") or left:
        said = recover(world).said
        if scenario.two_copies and "was sent away" in said:
            return wrong  # as xl has it, people have to look at both hosts
        left = left_files(world, clean)
        wrong += expect(not left, f"files stay: {left}")
    return wrong + (scenario.undone(world) if scenario.done(world) else [])


def judge_repeated(world, scenario):
    """The next one destroys what is half built, by itself."""
    if any(domain.is_whole for domain in world.state()[0]):
        return []
    again = run(world, scenario.binary, scenario.args(world))
    return expect(again.status == 0, f"it fails then: {again.said}") + \
        scenario.done(world)


def may_be_away(point):
    return point.scenario.two_copies and \
        (not point.scenario.minds_both or "xl-vnuma" in point.kills)


def judge_sent_away(world, first, again):
    """As xl has it, people have to look at both hosts; that it can go on here
    is found until they have."""
    domains = world.state()[0]
    return expect(first.said == again.said, f"recover again: {again.said}") + \
        expect(len(domains) == 1 and domains[0].is_suspended and
               domains[0].is_whole, f"not one that was sent: {domains}")


def judge_killed(world, point, result):
    wrong = expect(result.status is not None, "it hangs")
    wrong += expect(not result.left, "a process is left")
    if point.scenario.repeats and point.number % 2:
        wrong += judge_repeated(world, point.scenario)
    first = recover(world)
    wrong += expect(first.status == 0, f"recover: {first.said}")
    before = world.state()
    again = recover(world)
    if may_be_away(point) and "was sent away" in first.said:
        return wrong + judge_sent_away(world, first, again)
    wrong += expect("nothing was left" in again.said and
                    repr(world.state()) == repr(before),
                    f"recover again: {again.said}")
    entries = [name for name in world.files() if "/builds/" in name]
    wrong += expect(not entries, f"entries stay: {entries}")
    return wrong + point.scenario.settled(world)


def run_point(world, point, clean):
    scenario = point.scenario
    scenario.begin(world)
    if point.kills == (point.program,):
        what = "signal=KILL"
    elif point.kills:
        what = "signal=USR1"
    else:
        what = "error=" + point.error.rstrip("+")
    when = str(point.number)
    if point.error.endswith("+"):
        when += f"..{point.last}" if point.last else "+"
    strace = (f"-qq -o /dev/null -e trace={point.call} -e signal=none "
              f"-e inject={point.call}:{what}:when={when}")
    result = run(world, scenario.binary, scenario.args(world), point.program,
                 strace, point.kills)
    if point.kills:
        return result, judge_killed(world, point, result)
    return result, judge_failed(world, point, result, clean)


# ---- all of them ----------------------------------------------------------

# What was wrong once, and is in every sample.
ONCE_WRONG = [
    "create: xl-vnuma: poll 1 ENOMEM",  # both waited for each other
    "create: xl-vnuma: recvfrom . ENOMEM",
    "create: xl-vnuma: sendto . ENOBUFS",
    "create: xl: recvfrom 1 ENOMEM",  # nothing was said
    "recover: xl-vnuma: .*E[MI].*999999-1",  # taken for no entry
    "recover: xl-vnuma: .* EACCES:.*999999-1",
    "dom0-reset: xl-vnuma: .*boot_id",  # taken for another boot
    "dom0-set: xl-vnuma: .*meminfo",
    "dom0-set: xl-vnuma: write . E.*dom0: ",  # nothing was said
    "front-create: front: .*E[MI].*full.cfg",  # was stock xl's to read
    "front-restore: front: .*E[MI].*saved",
    "front-tags: front: .*E[MI].*ganeti/vm1",
    # Killed before its UUID was in the ledger; then, that was lost.
    "restore: xl: mkdir .* kills xl.xl-vnuma:",
    "migrate: xl-receiver: mkdir .* kills xl-receiver.receiver:",
    "migrate: xl: readlink 1 kills xl.xl-vnuma:",
    "migrate: xl: wait4 2 kills xl:",  # its copy was left suspended
    "move: xl-receiver: sendto . kills xl-receiver:.*go",  # so was it
    "move: xl: write . kills xl:.*cleared",
]


def sample(points, num):
    known = [point for point in points
             if any(re.match(text, str(point)) for text in ONCE_WRONG)]
    return known + [points[i * len(points) // num] for i in range(num)]


def find_points(world, how, names):
    points = []
    for scenario in SCENARIOS:
        if names and scenario.name not in names:
            continue
        scenario.all = scenario.programs
        for program in scenario.programs:
            for call in calls_of(world, scenario, program):
                points += list(failing(call) if how == "fail"
                               else killing(call))
    return points


def clean_files(world):
    """What each command leaves when all goes well."""
    clean = {}
    for scenario in SCENARIOS:
        scenario.begin(world)
        before = world.files()
        run(world, scenario.binary, scenario.args(world))
        clean[scenario.name] = set(before) | set(world.files())
    return clean


def work(world, points, clean, verbose):
    """In a process of its own; its status is whether something was wrong."""
    bad = 0
    for point in points:
        result, wrong = run_point(world, point, clean[point.scenario.name])
        said = " | ".join(result.said.strip().splitlines())
        if wrong or verbose:
            print(f"# {point}: status {result.status}: {said}", flush=True)
        for text in wrong:
            bad += 1
            print(f"not right: {point}: {text}", flush=True)
    return min(bad, 100)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("how", choices=["fail", "kill"])
    parser.add_argument("scenarios", nargs="*")
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("-n", type=int, default=0)
    parser.add_argument("-v", action="store_true")
    options = parser.parse_intermixed_args()
    world = World(Path(os.environ["WORLD"]))
    ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)  # orphans become ours
    save = SCENARIOS[2]
    save.begin(world)
    run(world, save.binary, save.args(world))
    shutil.copy(world.out / "web.save", world.saved)
    clean = clean_files(world)
    points = find_points(world, options.how, options.scenarios)
    if 0 < options.n < len(points):
        points = sample(points, options.n)
    world.clear()
    workers = []
    for i in range(options.j):
        copy = World(world.dir.with_name(f"{world.dir.name}-{i}"))
        shutil.rmtree(copy.dir, ignore_errors=True)
        shutil.copytree(world.dir, copy.dir)
        pid = os.fork()
        if not pid:
            ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
            os._exit(work(copy, points[i::options.j], clean, options.v))
        workers.append(pid)
    bad = sum(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
              for pid in workers)
    print(f"# {options.how}: {len(points)} points, "
          f"{sum(os.times()[2:4]):.0f} s of CPU")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
