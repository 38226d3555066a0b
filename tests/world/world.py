# SPDX-License-Identifier: LGPL-2.1-or-later
"""A world (tests/world.sh) as Python sees it, and commands that run in it."""
import os
import shutil
import signal
import struct
import subprocess
import time
from pathlib import Path

BUILD = Path(os.environ["top_builddir"]).resolve()
SLOW = 120  # seconds that no command needs, whatever fails

# ---- a world --------------------------------------------------------------

DOMAIN = struct.Struct("=I4?40s64s")
DOMAINS = 8
DOM0 = struct.Struct("=6Q")
HEAD = struct.Struct("=iI")
STATE_LEN = HEAD.size + DOMAINS * DOMAIN.size + DOM0.size + 8 * 4
PROGRAMS = ["xl-vnuma", "xl", "helper", "receiver", "xl-receiver",
            "helper-receiver"]
UUID = "6b5d1b4e-0000-4000-8000-0123456789ab"
MIB = 1024


class Domain:
    def __init__(self, data):
        (self.domid, self.is_new, self.is_paused, self.is_suspended,
         self.is_whole, _, name) = DOMAIN.unpack(data)
        self.name = name.split(b"\0")[0].decode()

    def __repr__(self):
        words = [word for word in ("new", "paused", "suspended", "whole")
                 if getattr(self, "is_" + word)]
        return f"{self.name}({','.join(words)})"

    def runs(self):
        return self.is_whole and not (self.is_new or self.is_paused or
                                      self.is_suspended)


class World:
    """The folder of $WORLD, or a copy of it."""

    def __init__(self, dir):
        self.dir = dir
        self.run = dir / "run/xl-vnuma"
        self.out = dir / "out"
        self.saved = dir / "saved"  # what a restore reads
        self.env = {
            **os.environ, "WORLD": str(dir), "LC_ALL": "C",
            "LD_PRELOAD": str(BUILD / ".libs/world.so"),
            "XL_VNUMA_MODULES": str(dir / "modules"),
            "XL_VNUMA_KEPT": str(dir / "kept"),
        }

    def clear(self):
        for path in (self.run, self.dir / "kept", self.out):
            shutil.rmtree(path, ignore_errors=True)
        for name in ("xen", "inherited"):
            (self.dir / name).unlink(missing_ok=True)
        self.out.mkdir()

    def guest_runs(self, is_new=False, is_whole=True):
        """One is there already."""
        domain = DOMAIN.pack(1, is_new, is_new, False, is_whole,
                             UUID.encode(), b"web")
        state = (HEAD.pack(0, 1) + domain).ljust(STATE_LEN, b"\0")
        (self.dir / "xen").write_bytes(state)

    def state(self):
        """Its domains, and dom0's settings."""
        path = self.dir / "xen"
        data = path.read_bytes() if path.exists() else b""
        if len(data) < STATE_LEN:
            return [], None
        at = HEAD.size
        domains = [Domain(data[at + i * DOMAIN.size:][:DOMAIN.size])
                   for i in range(DOMAINS)]
        dom0 = DOM0.unpack_from(data, at + DOMAINS * DOMAIN.size)
        return [domain for domain in domains if domain.domid], dom0

    def files(self):
        """What it has on its disks, without what is always there."""
        names = []
        for root in (self.run, self.dir / "kept", self.out):
            names += [str(path.relative_to(self.dir))
                      for path in root.rglob("*") if path.is_file()]
        return sorted(names)


# ---- one run --------------------------------------------------------------


class Result:
    def __init__(self, status, said, left):
        self.status = status
        self.said = said
        self.left = left  # processes that did not end


def reap(deadline):
    """Waits for all that was started; True when some of it stays."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return False
        if pid == 0:
            if time.monotonic() > deadline:
                return True
            time.sleep(0.002)


def kill_children():
    me = os.getpid()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, ppid = path.parent.name, path.read_text().rsplit(")")[1]
            if int(ppid.split()[1]) == me:
                os.kill(int(pid), signal.SIGKILL)
        except (OSError, IndexError):
            pass


def run(world, program, args, traced=None, strace="", kills=()):
    """Runs a command; everything that it has started has ended then."""
    env = dict(world.env)
    if traced:
        env |= {"WORLD_TRACED": traced, "WORLD_STRACE": strace}
    if kills:
        env["WORLD_KILLS"] = "," + ",".join(kills) + ","
        # Half a file of counters would spoil those of other runs.
        env["GCOV_PREFIX"] = str(world.dir / "counters")
    said = world.dir / "said"
    with open(said, "wb") as out:
        child = subprocess.Popen([program, *args], env=env, stdout=out,
                                 stderr=out, stdin=subprocess.DEVNULL,
                                 cwd=world.dir, start_new_session=True)
    try:
        status = child.wait(timeout=SLOW)
    except subprocess.TimeoutExpired:
        status = None
    left = reap(time.monotonic() + (SLOW if status is not None else 0))
    while left and reap(time.monotonic() + 0.2):
        kill_children()
    child.poll()
    return Result(status, said.read_text(errors="replace"), left)


def expect(condition, text):
    """What is wrong, as a list."""
    return [] if condition else [text]
