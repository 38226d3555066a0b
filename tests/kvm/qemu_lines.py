# SPDX-License-Identifier: LGPL-2.1-or-later
"""Lines of QEMU, made out: guests with NUMA as people and tools write them,
and the same with mistakes.  What is right about them QEMU says, not we."""

import json
import shlex

from line_mistakes import mistake

MIB = 1 << 20
MACHINES = ("pc", "q35", "pc-q35-7.2", "pc-q35-6.2", "pc-i440fx-6.1",
            "pc-q35-6.1", "pc-i440fx-5.1", "microvm-not-numa")[:-1]
OLD = "pc-i440fx-5.0"


class Option:
    """-NAME KEY=VALUE,...; the first key may be left out where QEMU knows
    it."""

    def __init__(self, name, keys, first=None, as_json=False):
        self.name, self.keys = name, list(keys)
        self.first, self.as_json = first, as_json

    def get(self, key):
        return next((v for k, v in self.keys if k == key), None)

    def set(self, key, value):
        for i, (name, _) in enumerate(self.keys):
            if name == key:
                self.keys[i] = (key, value)
                return
        self.keys.append((key, value))

    def drop(self, key):
        self.keys = [pair for pair in self.keys if pair[0] != key]

    def words(self, rng):
        dash = "--" if rng.random() < 0.05 else "-"
        if self.as_json:
            return [dash + self.name, self.json()]
        text = []
        for i, (key, value) in enumerate(self.keys):
            if i == 0 and key == self.first and rng.random() < 0.9:
                text.append(str(value))
            elif value is None:
                text.append(key)
            else:
                text.append(f"{key}={value}")
        return [dash + self.name, ",".join(text)]

    def json(self):
        made = {}
        for key, value in self.keys:
            if key == "host-nodes":
                first, _, last = str(value).partition("-")
                try:
                    nodes = list(range(int(first), int(last or first) + 1))
                except ValueError:
                    nodes = [value]
                made.setdefault(key, []).extend(nodes)
            elif key in ("size", "prealloc-threads") and \
                    str(value).isdecimal():
                made[key] = int(value)
            elif value in ("on", "off"):
                made[key] = value == "on"
            else:
                made[key] = value
        return json.dumps(made)


def size_mib(rng, mib):
    """For -m, where a number is MiB."""
    ways = [f"{mib}", f"{mib}M", f"{mib}m", f"{mib * 1024}k",
            f"{mib * MIB}B", f"{mib * 1024}K"]
    if mib % 512 == 0:
        ways += [f"{mib / 1024:g}G", f"{mib / 1024:g}g"] * 2
    return rng.choice(ways)


def size_bytes(rng, mib, as_json):
    """For an object, where a number is bytes."""
    ways = [f"{mib * MIB}"]
    if not as_json:
        ways += [f"{mib}M"] * 3 + [f"{mib * 1024}K", f"{mib}m"]
        ways += [f"{mib * MIB:#x}"]
        if mib % 512 == 0:
            ways += [f"{mib / 1024:g}G"]
    return rng.choice(ways)


def ranges(numbers):
    """0-2, 5: the key is repeated for each."""
    made = []
    for number in sorted(numbers):
        if made and made[-1][1] == number - 1:
            made[-1][1] = number
        else:
            made.append([number, number])
    return [f"{a}" if a == b else f"{a}-{b}" for a, b in made]


def pick_smp(rng, line):
    sockets, cores, threads = (rng.choice((1, 1, 2, 2, 3, 4)),
                               rng.choice((1, 1, 2, 3)),
                               rng.choice((1, 1, 1, 2)))
    dies = 2 if rng.random() < 0.05 else 1
    most = sockets * dies * cores * threads
    cpus = most if rng.random() < 0.8 else rng.randint(1, most)
    keys = [("cpus", cpus)]
    if cpus != most or rng.random() < 0.1:
        keys.append(("maxcpus", most))
    levels = [("sockets", sockets), ("cores", cores), ("threads", threads)]
    if dies == 2 or rng.random() < 0.05:
        levels.insert(1, ("dies", dies))
    else:
        # What is left open follows from the machine's version.
        levels = [pair for pair in levels if rng.random() < 0.7]
        if rng.random() < 0.3:
            levels = []
    if dies == 1 and len(levels) == 3 and rng.random() < 0.1:
        keys = []  # as many as there is room for
    keys += levels
    if keys:
        line.options.append(Option("smp", keys, first="cpus"))
        return most
    return 1


def pick_policy(rng, keys, as_json):
    policy = rng.choice(("bind", "bind", "preferred", "interleave"))
    if rng.random() < 0.1:
        keys.append(("policy", "default"))
        return
    first = rng.randrange(8)
    last = first if rng.random() < 0.7 else rng.randrange(first, 8)
    nodes = [("host-nodes", f"{first}" if first == last else
              f"{first}-{last}")]
    if rng.random() < 0.1 and first > 1:
        nodes.append(("host-nodes", f"{rng.randrange(first)}"))
    both = [[("policy", policy)], nodes]
    if not as_json:
        rng.shuffle(both)
    keys += both[0] + both[1]


def pick_backend(rng, line, name, mib):
    as_json = rng.random() < 0.25
    kind = rng.choice(("ram", "ram", "ram", "memfd", "file"))
    keys = [("qom-type", f"memory-backend-{kind}"), ("id", name),
            ("size", size_bytes(rng, mib, as_json))]
    if kind == "file":
        keys.append(("mem-path", "/dev/shm"))
    if rng.random() < 0.5:
        pick_policy(rng, keys, as_json)
    if rng.random() < 0.2:
        keys.append(("share", rng.choice(("on", "off"))))
    if mib <= 32 and rng.random() < 0.5:
        keys.append(("prealloc", "on"))
        if rng.random() < 0.3:
            keys.append(("prealloc-threads", rng.randint(1, 2)))
    elif rng.random() < 0.1:
        keys.append(("prealloc", "off"))
    if rng.random() < 0.1:
        keys.append((rng.choice(("merge", "dump")), "off"))
    rest = keys[1:]
    rng.shuffle(rest)
    line.options.append(Option("object", keys[:1] + rest, first="qom-type",
                               as_json=as_json))


def pick_vcpus(rng, line, nodes, most):
    """cpus= of the nodes, or -numa cpu, or left to QEMU."""
    way = rng.random()
    members = [[] for _ in nodes]
    block = -(-most // len(nodes))
    for cpu in range(most):
        members[cpu // block].append(cpu)
    if way < 0.15:
        return
    if way < 0.3:
        rng.shuffle(members)
    if way > 0.95 and members[0]:
        members[rng.randrange(len(nodes))] = []
    for node, mine in zip(nodes, members):
        for text in ranges(mine):
            node.keys.append(("cpus", text))


def pick_distances(rng, line, num):
    """All in one direction, all in both, or a part with the local ones."""
    if num < 2 or rng.random() < 0.4:
        return
    both = rng.random() < 0.4
    same = rng.random() < 0.6
    local = rng.random() < 0.3
    dists = []
    for i in range(num):
        for j in range(num):
            if i == j and local:
                dists.append((i, j, 10))
            elif i < j:
                value = rng.randint(11, 40)
                dists.append((i, j, value))
                if both:
                    dists.append((j, i, value if same
                                  else rng.randint(11, 254)))
    for i, j, value in dists:
        keys = [("src", i), ("dst", j), ("val", value)]
        if rng.random() < 0.1:
            rng.shuffle(keys)
        line.options.append(Option("numa", [("type", "dist")] + keys,
                                   first="type"))


def pick_hmat(rng, line, nodes):
    line.machine.append(("hmat", "on"))
    with_cpus = [n for n, node in enumerate(nodes) if node.get("cpus")]
    if not with_cpus:
        return
    for n, node in enumerate(nodes):
        if rng.random() < 0.8:
            node.set("initiator", n if n in with_cpus
                     else rng.choice(with_cpus))
    # Values that QEMU's table has no room for next to each other, now and then.
    most = 70000 if rng.random() < 0.1 else 60
    known = [set() for _ in nodes]
    for source in with_cpus:
        for n in range(len(nodes)):
            for kind, unit in (("latency", ""), ("bandwidth", "M")):
                if rng.random() < 0.8:
                    value = rng.randint(1, most) * rng.choice((1, 10, 10))
                    pick_speed(rng, line, (source, n, kind, f"{value}{unit}"))
                    known[n].add(kind)
    for n, kinds in enumerate(known):
        if len(kinds) == 2 and rng.random() < 0.2:
            pick_caches(rng, line, n)


def pick_speed(rng, line, speed):
    source, target, kind, value = speed
    level = rng.choice(("memory", "memory", "first-level", "third-level"))
    way = rng.choice(("access", "access", "read", "write"))
    line.options.append(Option("numa", [
        ("type", "hmat-lb"), ("initiator", source), ("target", target),
        ("hierarchy", level), ("data-type", f"{way}-{kind}"),
        (kind, value)], first="type"))


def pick_caches(rng, line, node):
    kib = rng.choice((8, 1024, 1 << 20))
    for level in range(1, rng.choice((1, 2, 3)) + 1):
        line.options.append(Option("numa", [
            ("type", "hmat-cache"), ("node-id", node),
            ("size", f"{kib << level}K"), ("level", level),
            ("associativity", rng.choice(("none", "direct", "complex"))),
            ("policy", rng.choice(("none", "write-back", "write-through"))),
            ("line", rng.choice((0, 8, 64, 65535)))], first="type"))


def pick_numa_cpus(rng, line, nodes):
    """-numa cpu, by socket; whether they exist is QEMU's to say."""
    for socket in range(len(nodes)):
        line.options.append(Option("numa", [
            ("type", "cpu"), ("node-id", socket),
            ("socket-id", socket)], first="type"))


def pick_nodes(rng, line, most):
    num = rng.choice((1, 2, 2, 2, 3, 4, 4, 8))
    small = rng.random() < 0.2
    unit = 16 if small else rng.choice((64, 128, 256))
    sizes = [unit * rng.choice((1, 1, 1, 2)) for _ in range(num)]
    if num > 1 and rng.random() < 0.1:
        sizes[rng.randrange(1, num)] = 0
    old = not any(s == 0 for s in sizes) and rng.random() < 0.06
    if old:
        line.machine[0] = ("type", OLD)
    nodes = []
    numbered = rng.random() < 0.6
    for n, mib in enumerate(sizes):
        keys = [("type", "node")]
        if numbered:
            keys.append(("nodeid", n))
        if old:
            keys.append(("mem", f"{mib}M" if rng.random() < 0.5 else mib))
        elif mib:
            keys.append(("memdev", f"ram-node{n}"))
            pick_backend(rng, line, f"ram-node{n}", mib)
        nodes.append(Option("numa", keys, first="type"))
    by_socket = rng.random() < 0.15
    if not by_socket:
        pick_vcpus(rng, line, nodes, most)
    line.options += nodes
    if by_socket:
        pick_numa_cpus(rng, line, nodes)
    pick_distances(rng, line, num)
    if rng.random() < 0.1 and not by_socket:
        pick_hmat(rng, line, nodes)
    return sum(sizes)


class Line:
    def __init__(self, rng):
        self.mistakes = []
        self.options = []
        self.machine = [("type", rng.choice(MACHINES))]
        self.machine_is_given = rng.random() < 0.7
        most = pick_smp(rng, self)
        if rng.random() < 0.93:
            mib = pick_nodes(rng, self, most)
        else:
            mib = rng.choice((64, 128, 1024))
        self.pick_memory(rng, mib)
        if self.machine_is_given or len(self.machine) > 1 or \
                self.machine[0][1] == OLD:
            self.options.insert(0, Option(
                rng.choice(("M", "machine")), self.machine, first="type"))
        if rng.random() < 0.3:
            self.options.insert(
                rng.randrange(len(self.options) + 1),
                Option("name", [("guest", "a guest")], first="guest"))
        if rng.random() < 0.1:
            others = [o for o in self.options if o.name != "numa"]
            rng.shuffle(others)
            self.options = others + [o for o in self.options
                                     if o.name == "numa"]

    def pick_memory(self, rng, mib):
        if mib == 128 and rng.random() < 0.5:
            return
        if rng.random() < 0.05:
            self.machine.append(("memory.size", size_mib(rng, mib)))
            self.machine_is_given = True
            return
        keys = [("size", size_mib(rng, mib))]
        if rng.random() < 0.15:
            keys += [("slots", rng.randint(1, 4)),
                     ("maxmem", size_mib(rng, mib * 2))]
        self.options.append(Option("m", keys, first="size"))

    def argv(self, rng):
        return [word for option in self.options for word in option.words(rng)]


def make(rng):
    """A line's words, and which mistakes were put in, if any."""
    line = Line(rng)
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 1, 1, 2))):
            line.mistakes.append(mistake(rng, line))
    return line.argv(rng), line.mistakes


def quoted(rng, word):
    """For a shell, in one of its ways."""
    if word.startswith("-"):
        return word
    if rng.random() < 0.1 and not set(word) & set("\"$`\\!\n"):
        return f'"{word}"'
    return shlex.quote(word)


def text(rng, argv):
    """A file with them: a list, a script, or as the kernel has it."""
    way = rng.random()
    if way < 0.1:
        return "\0".join(["/usr/bin/qemu-system-x86_64", *argv, ""])
    words = [quoted(rng, word) for word in argv]
    if way < 0.5:
        rows, row = [], ""
        for word in words:
            if word.startswith("-") and row:
                rows.append(row)
                row = ""
            row += (" " if row else "") + word
        rows.append(row)
        return ("#!/bin/sh\n# a guest\nexec qemu-system-x86_64 \\\n    " +
                " \\\n    ".join(rows) + "\n")
    between = "\n" if way < 0.6 else " "
    return between.join(words) + "\n"
