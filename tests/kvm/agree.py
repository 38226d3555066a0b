#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""agree.py [--seed N] [--keep DIR] [--only NUMBER] LINES DOCUMENTS

Two readers of each text: ours, and the program that it is for.  They have to
take and refuse the same, and to see the same guest in what both take."""

import argparse
import collections
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

import conversions
import documents
import libvirt_judge
import qemu_judge
import qemu_lines

HOST_MB = 1 << 40


def host_text():
    """numactl -H of a host with room for all of them."""
    num = qemu_judge.HOST_NODES
    rows = [f"available: {num} nodes (0-{num - 1})"]
    for n in range(num):
        rows += [f"node {n} cpus: " + " ".join(
            str(c) for c in range(64 * n, 64 * n + 64)),
                 f"node {n} size: {HOST_MB} MB",
                 f"node {n} free: {HOST_MB} MB"]
    rows += ["node distances:", "node " + " ".join(
        f"{n:3}" for n in range(num))]
    rows += [f"{n:3}: " + " ".join(
        " 10" if n == m else " 20" for m in range(num)) for n in range(num)]
    return "\n".join(rows) + "\n"


KINDS = ("latency_ps", "read_latency_ps", "write_latency_ps", "bandwidth_mb",
         "read_bandwidth_mb", "write_bandwidth_mb")
ASSOCIATIVITIES = ("none", "direct", "complex")
CACHE_POLICIES = ("none", "write-back", "write-through")


def hmat_of(said):
    """Of import's JSON, as qemu_judge.read_hmat() has it."""
    found = {}
    for pair in said["pairs"]:
        for kind, name in enumerate(KINDS):
            if name in pair:
                found["speed", pair.get("level", 0), kind, pair["initiator"],
                      pair["memory"]] = pair[name]
    for nearest in said["nearest"]:
        found["nearest", nearest["memory"]] = nearest["initiator"]
    for cache in said["caches"]:
        found["cache", cache["memory"], cache["level"]] = (
            cache["bytes"],
            cache["levels"] | cache["level"] << 4 | cache["line"] << 16
            | ASSOCIATIVITIES.index(cache["associativity"]) << 8
            | CACHE_POLICIES.index(cache["policy"]) << 12)
    return found


class Ours:
    """What xl-vnuma says of a file."""

    def __init__(self, path, host):
        run = subprocess.run(
            [conversions.PROGRAM, "--host", host, "check", "--json", path],
            capture_output=True, check=False)
        try:
            said = json.loads(run.stdout)
        except ValueError:
            sys.exit(f"{path}: check: {run.stderr.decode()}")
        self.valid = said["valid"]
        self.errors = [f"{d['id']}: {d['message']}"
                       for d in said["diagnostics"]
                       if d["severity"] == "error" and not d.get("related")]
        self.ids = [d["id"] for d in said["diagnostics"]]
        self.guest = None
        if self.valid:
            run = subprocess.run(
                [conversions.PROGRAM, "import", "--json", path],
                capture_output=True, check=False)
            self.guest = json.loads(run.stdout) if run.stdout else None
        if self.guest:
            self.guest["hmat"] = hmat_of(self.guest.get("hmat", {
                "pairs": [], "nearest": [], "caches": []}))


def differences(theirs, ours):
    """Members that both have and that are not the same."""
    if ours is None:
        return ["import says nothing"]
    found = [f"{key}: {theirs[key]}, ours {ours.get(key)}"
             for key in theirs
             if key != "vnodes" and theirs[key] != ours.get(key)]
    if len(theirs["vnodes"]) != len(ours["vnodes"]):
        return found + [f"{len(theirs['vnodes'])} nodes, "
                        f"ours {len(ours['vnodes'])}"]
    for one, other in zip(theirs["vnodes"], ours["vnodes"]):
        if other["policy"] == "restrictive":
            # It is the host's cgroup's, of which QEMU is told nothing.
            other.update(policy=None, pnodes=[])
        found += [f"node {one['vnode']} {key}: {one[key]}, "
                  f"ours {other.get(key)}"
                  for key in one if one[key] != other.get(key)]
    return found


def verdict(of, *words):
    """Taken or not, the guest, and why not; taken is None: nothing is known,
    not even when it was asked again."""
    for _ in range(2):
        try:
            return True, of(*words), None
        except qemu_judge.Refused as refused:
            return False, None, str(refused)
        except qemu_judge.NoVerdict as said:
            why = str(said)
    return None, None, why


def compare(taken, guest, why, ours):
    """Nothing: they agree; else a kind and words."""
    if taken is None:
        return None
    if taken and not ours.valid:
        return "we refuse", "; ".join(ours.errors)
    if not taken and ours.valid:
        return "we accept", why
    if guest:
        if "hmat-range" in ours.ids:
            # QEMU's table has other numbers, as was said.
            guest.pop("hmat", None)
        found = differences(guest, ours.guest)
        if found:
            return "we differ", "; ".join(found)
    return None


def convert(guest, made, *rest):
    """The same of what export made of a text that both take."""
    taken, again, why = verdict(made, *rest)
    if taken is False:
        return "export is refused", why
    if again:
        found = differences(conversions.with_distances(guest),
                            conversions.with_distances(again))
        if found:
            return "export differs", "; ".join(found)
    return None


class Tried:
    """One text, and what came out."""

    def __init__(self, number, text, answer, ours, mistakes):
        self.number, self.text = number, text
        self.taken, self.guest, self.why = answer
        self.difference = compare(*answer, ours)
        self.notes = ", ".join(mistakes) or "no mistake"
        self.tests = self.schema = None

    def agreed(self):
        """The guest, when it was taken and there is no difference."""
        return self.guest if not self.difference else None


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def try_line(number, seed, tmp, judge):
    rng = random.Random(f"line {seed} {number}")
    argv, mistakes = qemu_lines.make(rng)
    text = qemu_lines.text(rng, argv)
    path = os.path.join(tmp, f"line-{number}")
    write(path, text)
    ours = Ours(path, os.path.join(tmp, "host"))
    tried = Tried(number, text,
                  verdict(qemu_judge.judge, argv, judge.preload), ours,
                  mistakes)
    # Some nodes of several may be missing for QEMU, and not for libvirt.
    if tried.agreed() and "pnode-unknown" not in ours.ids:
        tried.difference = convert(tried.guest, conversions.as_document, path,
                                   judge)
    return tried


def try_document(number, seed, tmp, judge):
    rng = random.Random(f"document {seed} {number}")
    text, mistakes = documents.make(rng)
    path = os.path.join(tmp, f"document-{number}.xml")
    write(path, text)
    ours = Ours(path, os.path.join(tmp, "host"))
    tried = Tried(number, text, verdict(judge.guest, path), ours, mistakes)
    tried.tests = libvirt_judge.test_driver(text, path + ".test")
    tried.schema = libvirt_judge.schema(path)
    if tried.agreed():
        tried.difference = convert(tried.guest, conversions.as_line, path,
                                   judge.preload)
    tried.notes += f"; schema {tried.schema}, test driver {tried.tests}"
    return tried


def keep_texts(kind, wrong, keep):
    os.makedirs(keep, exist_ok=True)
    for t in wrong:
        base = os.path.join(keep, f"{kind}-{t.number}")
        write(base, t.text)
        write(base + ".why", f"{t.notes}\n{': '.join(t.difference)}\n")


def report(kind, tried, keep):
    """Says what there was, as comments of TAP; how many do not agree."""
    wrong = [t for t in tried if t.difference]
    taken = sum(t.taken is True for t in tried)
    unknown = [t for t in tried if t.taken is None]
    for t in wrong:
        print(f"# {kind} {t.number} ({t.notes}): {': '.join(t.difference)}")
    for t in unknown:
        print(f"# {kind} {t.number}: no verdict: {t.why}")
    if keep:
        keep_texts(kind, wrong, keep)
    print(f"# {len(tried)} {kind}s, {taken} taken, {len(unknown)} without a "
          f"verdict; {len(wrong)} on which we do not agree")
    kinds = collections.Counter(t.difference[0] for t in wrong)
    for name, count in kinds.most_common():
        print(f"#   {name}: {count}")
    for name in ("tests", "schema"):
        if any(getattr(t, name) is not None for t in tried):
            more = sum(t.taken is False and getattr(t, name) for t in tried)
            less = sum(t.taken is True and not getattr(t, name)
                       for t in tried)
            print(f"#   libvirt's {name}: takes {more} that its driver for "
                  f"QEMU refuses, refuses {less} that it takes")
    return len(wrong)


def other_version(program, known):
    """A directive of TAP, where rules may differ from those that were looked
    at: such a failure is news and no mistake."""
    said = subprocess.run([program, "--version"], capture_output=True,
                          text=True, check=False).stdout
    version = re.search(r"\d+\.\d+", said)
    if version and version[0] == known:
        return ""
    return f" # TODO {version[0] if version else said} is not {known}"


def try_all(function, count, only, *rest):
    """Two at once, as there are processors."""
    numbers = range(count) if only is None else [only] if count else []
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(lambda n: function(n, *rest), numbers))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--seed", default="1")
    parser.add_argument("--keep", help="a folder for what did not agree")
    parser.add_argument("--only", type=int, help="a number of what is tried")
    parser.add_argument("lines", type=int)
    parser.add_argument("documents", type=int)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kvm-agree.") as tmp:
        # Another user runs virsh, when it is root who tests.
        os.chmod(tmp, 0o755)
        preload = shutil.copy(
            os.path.join(conversions.TOP, ".libs", "invented-host.so"), tmp)
        write(os.path.join(tmp, "host"), host_text())
        judge = libvirt_judge.Judge(preload)
        lines = try_all(try_line, args.lines, args.only, args.seed, tmp,
                        judge)
        found = try_all(try_document, args.documents, args.only, args.seed,
                        tmp, judge)
        judge.close()
    number = 0
    for kind, by, known, tried in (
            ("line", "qemu-system-x86_64", "7.2", lines),
            ("document", "virsh", "9.0", found)):
        if not tried:
            continue
        number += 1
        said = report(kind, tried, args.keep)
        # A machine that answers next to nothing has tested nothing.
        unknown = sum(t.taken is None for t in tried)
        well = not said and unknown * 10 <= len(tried)
        print(f"{'ok' if well else 'not ok'} {number} - {by} and we agree "
              f"about {len(tried)} {kind}s{other_version(by, known)}")
    print(f"1..{number}")


main()
