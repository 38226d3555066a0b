# SPDX-License-Identifier: LGPL-2.1-or-later
"""What libvirt makes of a document: its driver for QEMU, which runs within
virsh, without a daemon, and writes the line of the guest, of which QEMU then
says what it is; its driver for tests; and its schema."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import tempfile
import threading

import qemu_judge

SCHEMA = "/usr/share/libvirt/schemas/domain.rng"
NOBODY = 65534
# What libvirt does not find on this machine, where the document is right.
OF_MACHINE = ("Unable to find any usable hugetlbfs mount|failed to connect|"
              "Advice from numad is needed")
ABORTED = (-signal.SIGABRT, 128 + signal.SIGABRT)


class Judge:
    def __init__(self, preload):
        self.preload = preload
        self.lock = threading.Lock()  # libvirt has one, and does not wait
        self.dir = tempfile.mkdtemp(prefix="kvm-agree.")
        root = os.path.join(self.dir, "root")
        # Those that are not the first are what a size left out means.
        pages = [os.path.join(self.dir, f"huge-{size}")
                 for size in ("1G", "2M")]
        for name in (root, os.path.join(root, "etc"), *pages):
            os.mkdir(name)
        with open(os.path.join(root, "etc/qemu.conf"), "w",
                  encoding="utf-8") as file:
            file.write(f"hugetlbfs_mount = {json.dumps(pages)}\n")
        self.as_user = []
        if os.geteuid() == 0:
            # Root's driver wants users that only a daemon's package makes.
            self.as_user = ["setpriv", f"--reuid={NOBODY}",
                            f"--regid={NOBODY}", "--clear-groups"]
            for name in (self.dir, root, os.path.join(root, "etc"), *pages):
                os.chown(name, NOBODY, NOBODY)
            os.chmod(self.dir, 0o755)
        self.virsh = ["virsh", "-c", f"qemu:///embed?root={root}"]

    def close(self):
        shutil.rmtree(self.dir)

    def run(self, command):
        env = {"HOME": self.dir, "PATH": "/usr/bin:/bin", "LC_ALL": "C",
               "LD_PRELOAD": self.preload,
               "KVM_HOST_NODES": str(qemu_judge.HOST_NODES)}
        with self.lock:
            return subprocess.run(
                ["timeout", "60", *self.as_user, *self.virsh, command],
                env=env, capture_output=True, text=True, check=False)

    def argv(self, path):
        """The words of the line that libvirt would start."""
        run = self.run(f"domxml-to-native qemu-argv {path}")
        if run.returncode:
            said = "; ".join(line[len("error: "):]
                             for line in run.stderr.splitlines()
                             if line.startswith("error: "))
            if run.returncode in ABORTED:
                # 9.0 frees what it did not get, after some wrong distances.
                said = f"libvirt died: {run.stderr.strip()}"
            if not said or re.search(OF_MACHINE, said):
                raise qemu_judge.NoVerdict(said or run.stderr.strip())
            raise qemu_judge.Refused(said)
        words = shlex.split(run.stdout)
        at = next(i for i, word in enumerate(words) if "qemu-system" in word)
        return words[at + 1:]

    def guest(self, path):
        return topology(self.argv(path), self.preload)


def test_driver(text, path):
    """Whether libvirt's other reader takes it, without anything of QEMU."""
    with open(path, "w", encoding="utf-8") as file:
        file.write(re.sub(r"(<domain[^>]*type=['\"])(kvm|qemu)", r"\1test",
                          text))
    return not subprocess.run(
        ["timeout", "60", "virsh", "-c", "test:///default",
         f"define {path}"], capture_output=True, check=False).returncode


def schema(path):
    return not subprocess.run(
        ["timeout", "60", "xmllint", "--noout", "--relaxng", SCHEMA, path],
        capture_output=True, check=False).returncode


def for_qemu(words):
    """Of libvirt's line what is about vcpus and memory, and can be started on
    any machine; and what was in each object."""
    kept, objects = [], {}
    for option, value in zip(words, words[1:]):
        if option == "-object" and value.startswith('{"qom-type":"memory-'):
            memory = json.loads(value)
            objects[memory["id"]] = dict(memory)
            memory.pop("prealloc", None)
            memory.pop("prealloc-threads", None)
            memory.pop("prealloc-context", None)
            memory.pop("hugetlb", None)
            memory.pop("hugetlbsize", None)
            if "mem-path" in memory:
                memory["mem-path"] = "/dev/shm"
            kept += [option, json.dumps(memory)]
        elif option in ("-m", "-smp", "-numa"):
            kept += [option, value]
        elif option == "-machine":
            kept += [option, ",".join(
                key for key in value.split(",")
                if not re.match("usb=|dump-guest-core|kernel_irqchip|acpi=",
                                key))]
    return kept, objects


def page_of(memory):
    """KiB of an object's huge pages."""
    if "huge-1G" in memory.get("mem-path", ""):
        return 1 << 20
    if "huge-2M" in memory.get("mem-path", ""):
        return 2 << 10
    return memory.get("hugetlbsize", 0) >> 10 if memory.get("hugetlb") else 0


def topology(words, preload):
    """As qemu_judge's, with what was not started put back."""
    argv, objects = for_qemu(words)
    guest = qemu_judge.judge(argv, preload)
    of_node = qemu_judge.memdevs(argv)
    for vnode in guest["vnodes"]:
        memory = objects.get(of_node.get(vnode["vnode"]), {})
        vnode["prealloc"] = memory.get("prealloc", False)
        vnode["hugepage_kb"] = page_of(memory)
    return guest
