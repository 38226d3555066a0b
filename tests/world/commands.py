# SPDX-License-Identifier: LGPL-2.1-or-later
"""The commands that faults.py tries: what is true before and after them."""
import re
import shutil
from pathlib import Path

from world import BUILD, MIB, PROGRAMS, UUID, expect, run

class Scenario:
    """A command, what there is before it, and what is true after it."""
    name = ""
    programs = ["xl-vnuma"]
    binary = BUILD / "xl-vnuma"
    repeats = False  # what it left half built is no matter to the next one

    two_copies = False  # an xl that fails may leave both, for recover
    minds_both = False  # it knows what became of both, while it lives

    def begin(self, world):
        world.clear()

    def args(self, world):
        raise NotImplementedError

    def done(self, world):
        """What is wrong after it has succeeded."""
        return []

    def undone(self, world):
        """What is wrong after it has failed."""
        return []

    def settled(self, world):
        """What is wrong after processes were killed, and recover."""
        return self.undone(world) if self.done(world) else []


def one_runs(world):
    domains, _ = world.state()
    return expect(len(domains) == 1 and domains[0].runs() and
                  domains[0].name == "web", f"no guest: {domains}")


def none_is(world):
    domains, _ = world.state()
    return expect(not domains, f"domains are left: {domains}")


def dom0_is(world, memkb, online=3):
    _, dom0 = world.state()
    return expect(not dom0 or (dom0[0] == memkb and dom0[3] == online),
                  f"dom0 is {dom0}, wanted {memkb} and {online}")


DOM0_MEMKB = 1536 * MIB


class Create(Scenario):
    name = "create"
    programs = ["xl-vnuma", "xl"]
    repeats = True
    cfg = "guest.cfg"
    text = ('name = "web"\ntype = "hvm"\nmemory = 512\nvcpus = 2\n'
            'vnuma = "auto"\n')
    more = []

    def begin(self, world):
        super().begin(world)
        (world.dir / self.cfg).write_text(self.text)

    def args(self, world):
        return ["create", *self.more, f"--output={world.out}/planned.cfg",
                str(world.dir / self.cfg)]

    def done(self, world):
        path = world.out / "planned.cfg"
        return one_runs(world) + expect(
            path.exists() and "pnode=" in path.read_text(), "no plan in -o")

    def undone(self, world):
        path = world.out / "planned.cfg"
        return none_is(world) + dom0_is(world, DOM0_MEMKB) + expect(
            not path.exists() or "pnode=" in path.read_text(),
            "-o is not whole")

    def settled(self, world):
        domains, _ = world.state()
        return expect(all(domain.is_whole for domain in domains),
                      f"a half guest: {domains}")


class MakeRoom(Create):
    """dom0 gives memory for it."""
    name = "make-room"
    programs = ["xl-vnuma"]
    cfg = "large.cfg"
    text = ('name = "web"\ntype = "hvm"\nmemory = 3100\nvcpus = 2\n'
            'vnuma = [["pnode=0"]]\n')
    more = ["--make-room"]


class Save(Scenario):
    name = "save"
    programs = ["xl-vnuma", "xl", "helper"]

    def begin(self, world):
        super().begin(world)
        world.guest_runs()

    def args(self, world):
        return ["save", "web", str(world.out / "web.save")]

    def is_whole(self, world):
        path = world.out / "web.save"
        return path.exists() and path.read_bytes() == world.saved.read_bytes()

    def done(self, world):
        return none_is(world) + expect(self.is_whole(world),
                                       "the file is not whole")

    def undone(self, world):
        """A file that is cut is refused by restore, which is tried."""
        path = world.out / "web.save"
        wrong = one_runs(world)
        if path.exists() and not self.is_whole(world):
            state = (world.dir / "xen").read_bytes()
            result = run(world, self.binary, ["restore", str(path)])
            wrong += expect(result.status in (1, 3), "half a file is restored")
            (world.dir / "xen").write_bytes(state)
        return wrong


class Restore(Scenario):
    name = "restore"
    programs = ["xl-vnuma", "xl", "helper-receiver"]
    repeats = True

    def args(self, world):
        return ["restore", str(world.saved)]

    def done(self, world):
        return one_runs(world)

    def undone(self, world):
        return none_is(world)

    def settled(self, world):
        return Create.settled(self, world)


class Migrate(Scenario):
    """To this host: one of the two copies is the guest, at any time."""
    name = "migrate"
    programs = PROGRAMS
    two_copies = True

    def begin(self, world):
        super().begin(world)
        world.guest_runs()

    def args(self, world):
        return ["migrate", "-s", "", "web",
                f"exec {self.binary} migrate-receive"]

    def done(self, world):
        return one_runs(world)

    undone = done


class Move(Migrate):
    name = "move"
    minds_both = True

    def args(self, world):
        return ["move", "--yes", "--pnodes=1,0", "web"]


class Dom0Set(Scenario):
    name = "dom0-set"

    def args(self, world):
        return ["dom0", "set", "--mem", "900", "--vcpus", "1"]

    def done(self, world):
        return dom0_is(world, 900 * MIB, 1)

    def undone(self, world):
        return dom0_is(world, DOM0_MEMKB)


class Dom0Reset(Dom0Set):
    name = "dom0-reset"

    def begin(self, world):
        super().begin(world)
        run(world, self.binary, Dom0Set.args(self, world))

    def args(self, world):
        return ["dom0", "reset"]

    def done(self, world):
        return dom0_is(world, DOM0_MEMKB)

    def undone(self, world):
        return dom0_is(world, 900 * MIB, 1)


def recover(world):
    return run(world, Scenario.binary, ["recover"])


class Recover(Scenario):
    """A guest is half built, and dom0 is in the middle of a change."""
    name = "recover"

    def begin(self, world):
        super().begin(world)
        world.guest_runs(is_new=True, is_whole=False)
        builds = world.run / "builds"
        builds.mkdir(parents=True, mode=0o700)
        world.run.chmod(0o700)
        entry = builds / "999999-1"
        entry.write_text(f"xl-vnuma-build 2 999999 1 build 1 {UUID} "
                         "0=524288 web\n")
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        was = "memory 1572864 1572864 1572864\n" + \
            "vcpu online 0-3 0-3\n" * 2
        record = world.run / "dom0"
        record.write_text(f"xl-vnuma dom0 1\nboot {boot}\noriginal\n{was}"
                          f"previous\n{was}end\n")
        for path in (entry, record):
            path.chmod(0o600)

    def args(self, world):
        return ["recover"]

    def done(self, world):
        return none_is(world) + dom0_is(world, DOM0_MEMKB)

    def settled(self, world):
        return self.done(world)


class Front(Scenario):
    """A guest with vnodes is ours or refused, never stock xl's unseen."""
    name = "front-create"
    programs = ["front"]
    binary = BUILD / "tests/front/xl"
    words = ["create", "full.cfg"]
    stock = False  # whether xl may be stock: it refuses by itself
    text = ('type = "hvm"\nmemory = 512\nvcpus = 2\nvnuma = [ '
            '[ "pnode=0", "size=256", "vcpus=0", "vdistances=10,21" ], '
            '[ "pnode=1", "size=256", "vcpus=1", "vdistances=21,10" ] ]\n')

    def program(self, world, path, said):
        path = world.dir / path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text('#!/bin/sh\n[ "$1 $2" != "front probe" ] || exit 0\n'
                        f'echo {said} >called\n')
        path.chmod(0o755)

    def begin(self, world):
        world.clear()
        strings = self.binary.read_bytes()
        ours = re.search(rb"\0(root/[^\0]*sbin/xl-vnuma)\0", strings)[1]
        conf = re.search(rb"\0(root/[^\0]*xl-vnuma.conf)\0", strings)[1]
        version = world.dir / "sys/hypervisor/version"
        release = ".".join((version / name).read_text().strip()
                           for name in ("major", "minor"))
        root = world.dir / "root"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(version, root / "sys/hypervisor/version")
        self.program(world, ours.decode(), "ours")
        self.program(world, f"root/usr/lib/xen-{release}/bin/xl", "stock")
        (world.dir / conf.decode()).parent.mkdir(parents=True, exist_ok=True)
        (world.dir / conf.decode()).write_text('fallback = "stock"\n')
        (world.dir / "full.cfg").write_text(self.text)
        tags = root / "run/xl-vnuma/ganeti/vm1"
        for path in (tags, root / "etc/xen/vm1"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text('vnuma=[["pnode=auto"]]\n' if path is tags
                            else 'name = "vm1"\nmemory = 512\n')
            path.chmod(0o600)
        (world.dir / "called").unlink(missing_ok=True)

    def args(self, world):
        return self.words

    def called(self, world):
        path = world.dir / "called"
        return path.read_text().strip() if path.exists() else ""

    def done(self, world):
        """A warning has gone before stock xl's, as the file allows it."""
        said = (world.dir / "said").read_text(errors="replace")
        return expect(self.called(world) == "ours" or "warning" in said,
                      f"called {self.called(world)}")

    def undone(self, world):
        return expect(not self.called(world), "it fails, and calls")


class FrontTags(Front):
    name = "front-tags"
    words = ["create", "root/etc/xen/vm1"]


class FrontRestore(Front):
    name = "front-restore"
    words = ["restore", "saved"]


SCENARIOS = [Create(), MakeRoom(), Save(), Restore(), Migrate(), Move(),
             Dom0Set(), Dom0Reset(), Recover(), Front(), FrontTags(),
             FrontRestore()]
