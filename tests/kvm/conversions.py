# SPDX-License-Identifier: LGPL-2.1-or-later
"""What export makes of a text for the other program: it has to take it, as
the same guest."""

import os
import shlex
import subprocess

import libvirt_judge

TOP = os.environ.get("top_builddir", "_build")
PROGRAM = os.path.join(TOP, "xl-vnuma")


def export(path, *options):
    """What it prints, and whether it names something that is lost."""
    run = subprocess.run([PROGRAM, "export", *options, path],
                         capture_output=True, text=True, check=False)
    return run.stdout, "export-lost" in run.stderr


def as_line(path, preload):
    """A document, for QEMU.  What is lost are pins."""
    text, _ = export(path, "--format=qemu", "--json")
    words = shlex.split(text.replace("\\\n", " "))
    return libvirt_judge.topology(words, preload)


def as_document(path, judge):
    """A line, for libvirt; None: it cannot say all of it, and this was
    said."""
    text, is_lost = export(path, "--format=libvirt")
    if is_lost:
        return None
    made = path + ".xml"
    with open(made, "w", encoding="utf-8") as file:
        # This machine may have no KVM.
        file.write(text.replace("<domain type='kvm'>",
                                "<domain type='qemu'>", 1))
    return judge.guest(made)


def with_distances(guest):
    """None, or what there is without any: a guest sees no difference."""
    num = len(guest["vnodes"])
    for i, vnode in enumerate(guest["vnodes"]):
        if not vnode["distances"]:
            vnode["distances"] = [10 if i == j else 20 for j in range(num)]
    return guest
