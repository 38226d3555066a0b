# SPDX-License-Identifier: LGPL-2.1-or-later
"""What QEMU itself makes of a command line.

QEMU is started for each line and never runs its guest.  Its answer to a
command shows that the line was taken (a greeting does not); nodes and vcpus
are asked for by QMP; the ACPI tables are fetched as firmware does it, through
fw_cfg, by the test protocol, which reads ports and memory from outside.  That
takes 0.1 s, where SeaBIOS would need more than one.
"""

import json
import os
import re
import signal
import socket
import struct
import subprocess

HOST_NODES = 8
TABLES_AT = 0x20000
COMMAND_AT = 0x10000
DIRECTORY = 0x19
LIMIT = 30


class Refused(Exception):
    """QEMU's own words."""


class NoVerdict(Exception):
    """This machine was not up to it; nothing is said about the line."""


OF_MACHINE = "Cannot allocate memory|can't open backing store|ended without"


class Machine:
    """A QEMU that has taken its line, stopped before its first step."""

    def __init__(self, argv, preload, program="qemu-system-x86_64"):
        ours, theirs = socket.socketpair()
        ours.settimeout(LIMIT)
        env = dict(os.environ, KVM_HOST_NODES=str(HOST_NODES))
        if preload:
            env["LD_PRELOAD"] = preload
        self.process = subprocess.Popen(
            ["timeout", "-k", "2", str(LIMIT), program, "-S",
             "-display", "none", "-nodefaults", "-qtest", "stdio",
             "-qtest-log", "/dev/null",
             "-chardev", f"socket,id=qmp,fd={theirs.fileno()}",
             "-mon", "chardev=qmp,mode=control", *argv],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, env=env, pass_fds=[theirs.fileno()],
            start_new_session=True)
        theirs.close()
        self.qmp = ours.makefile("rwb")
        ours.close()

    def __enter__(self):
        try:
            self.qmp.readline()
            self.query("qmp_capabilities")
            self.test("clock_step 0")
        except (OSError, ValueError):
            self.__exit__()
            said = self.said()
            if re.search(OF_MACHINE, said):
                raise NoVerdict(said) from None
            raise Refused(said) from None
        return self

    def kill(self):
        """With what limits its time, which is of the same group."""
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass

    def __exit__(self, *_):
        self.kill()
        self.process.wait()
        try:
            self.qmp.close()
        except OSError:
            pass

    def said(self):
        """Without warnings."""
        lines = self.process.stderr.read().decode(errors="replace")
        return "; ".join(
            re.sub(r"^qemu-system-\w+: ", "", line)
            for line in lines.splitlines()
            if "warning:" not in line and line) or "it ended without a word"

    def query(self, command, **arguments):
        self.qmp.write(json.dumps(
            {"execute": command, "arguments": arguments}).encode())
        self.qmp.flush()
        while True:
            line = self.qmp.readline()
            answer = json.loads(line or "x")
            if "return" in answer or "error" in answer:
                return answer.get("return")

    def test(self, command):
        """One command of the test protocol; what follows its OK."""
        self.process.stdin.write(command.encode() + b"\n")
        self.process.stdin.flush()
        while True:
            line = self.process.stdout.readline()
            if not line:
                raise ValueError("no answer")
            if line.startswith((b"OK", b"FAIL")):
                return line[2:].strip().decode()

    def fw_cfg(self, key, length):
        """Read by DMA, as a guest would."""
        order = struct.pack(">IIQ", key << 16 | 8 | 2, length, TABLES_AT)
        self.test(f"write {COMMAND_AT:#x} {len(order)} 0x{order.hex()}")
        # The ports are big endian.
        self.test("outl 0x514 0")
        low = struct.unpack("<I", struct.pack(">I", COMMAND_AT))[0]
        self.test(f"outl 0x518 {low:#x}")
        return bytes.fromhex(self.test(f"read {TABLES_AT:#x} {length}")[2:])

    def tables(self):
        """All ACPI tables in a row; none: this machine has none."""
        count = struct.unpack(">I", self.fw_cfg(DIRECTORY, 4))[0]
        names = self.fw_cfg(DIRECTORY, 4 + 64 * count)[4:]
        for i in range(count):
            size, key, _, name = struct.unpack_from(">IHH56s", names, 64 * i)
            if name.rstrip(b"\0") == b"etc/acpi/tables":
                return self.fw_cfg(key, size)
        return b""


def find_table(tables, signature):
    """Its body, after the header of 36 bytes."""
    for match in re.finditer(signature, tables):
        at = match.start()
        if tables[at + 10:at + 16] == b"BOCHS ":
            length = struct.unpack_from("<I", tables, at + 4)[0]
            return tables[at + 36:at + length]
    return None


def read_srat(body):
    """KiB and number of vcpus of each node; a range for hot-plug is none."""
    memory, cpus, at = {}, {}, 12
    while at < len(body):
        kind, length = body[at], body[at + 1]
        if kind == 1:
            node, = struct.unpack_from("<I", body, at + 2)
            size, = struct.unpack_from("<Q", body, at + 16)
            start, = struct.unpack_from("<Q", body, at + 8)
            flags, = struct.unpack_from("<I", body, at + 28)
            if flags & 3 == 1:
                memory[node] = memory.get(node, 0) + size // 1024
                # From there on a PC has its firmware.
                if not start and size == 640 << 10:
                    memory[node] += 384
        elif kind == 0:
            node = body[at + 2]
            cpus[node] = cpus.get(node, 0) + 1
        elif kind == 2:
            node, = struct.unpack_from("<I", body, at + 4)
            cpus[node] = cpus.get(node, 0) + 1
        at += length
    return memory, cpus


def read_slit(body):
    num, = struct.unpack_from("<Q", body, 0)
    return [list(body[8 + num * i:8 + num * (i + 1)]) for i in range(num)]


def read_speeds(at):
    """A matrix of latencies or bandwidths: what is known of it."""
    level, kind = at[8] & 15, at[9]
    num_from, num_to = struct.unpack_from("<II", at, 12)
    base, = struct.unpack_from("<Q", at, 24)
    nodes = struct.unpack_from(f"<{num_from + num_to}I", at, 32)
    entries = struct.unpack_from(f"<{num_from * num_to}H", at,
                                 32 + 4 * (num_from + num_to))
    for i, entry in enumerate(entries):
        if entry:
            yield (("speed", level, kind, nodes[i // num_to],
                    nodes[num_from + i % num_to]), entry * base)


def read_hmat(body):
    """What is known, by what it is of."""
    found, at = {}, 4
    while at < len(body):
        kind, length = struct.unpack_from("<H2xI", body, at)
        part = body[at:at + length]
        if kind == 0:
            flags, nearest, memory = struct.unpack_from("<H2xII", part, 8)
            if flags & 1:
                found["nearest", memory] = nearest
        elif kind == 1:
            found.update(read_speeds(part))
        elif kind == 2:
            memory, size, attributes = struct.unpack_from("<I4xQI", part, 8)
            found["cache", memory, attributes >> 4 & 15] = size, attributes
        at += length
    return found


LEVELS = ("socket-id", "die-id", "core-id", "thread-id")


def read_cpus(slots):
    """Levels of the topology, and the node of each vcpu."""
    levels = [max(s["props"].get(name, 0) for s in slots) + 1
              for name in LEVELS]
    nodes = {}
    for slot in slots:
        index = 0
        for name, num in zip(LEVELS, levels):
            index = index * num + slot["props"].get(name, 0)
        nodes[index] = slot["props"].get("node-id")
    return levels, nodes


def memdevs(argv):
    """The memdev= of each node, as the line has it."""
    found, num = {}, 0
    for option, value in zip(argv, argv[1:]):
        if not re.fullmatch("--?numa", option):
            continue
        keys = dict(k.partition("=")[::2] for k in value.split(","))
        if "node" in keys or keys.get("type") == "node":
            found[int(str(keys.get("nodeid", num)), 0)] = keys.get("memdev")
            num += 1
    return found


POLICIES = {"default": None, "bind": "strict", "preferred": "preferred",
            "interleave": "interleave"}


def judge(argv, preload):
    """The guest as import --json has it; raises Refused."""
    with Machine(argv, preload) as machine:
        try:
            slots = machine.query("query-hotpluggable-cpus")
            summary = machine.query("query-memory-size-summary")
            backends = {b["id"]: b for b in machine.query("query-memdev")}
            online = len(machine.query("query-cpus-fast"))
            tables = machine.tables()
        except (OSError, ValueError) as said:
            # It took the line and ended, or this machine is too slow.
            machine.kill()
            raise NoVerdict(f"{said}; {machine.said()}") from None
    levels, node_of = read_cpus(slots)
    guest = dict(zip(("sockets", "dies", "cores", "threads"), levels),
                 memkb=summary["base-memory"] // 1024, vcpus=online,
                 maxvcpus=len(slots), vnodes=[])
    srat = find_table(tables, b"SRAT")
    if srat is None:
        return guest
    memory, cpus = read_srat(srat)
    guest["hmat"] = read_hmat(find_table(tables, b"HMAT") or b"")
    if all(key[0] == "nearest" for key in guest["hmat"]):
        guest["hmat"] = {}  # so it is said of no memory
    slit = find_table(tables, b"SLIT")
    slit = read_slit(slit) if slit else None
    of_node = memdevs(argv)
    for node in range(max([*memory, *cpus, *of_node, 0]) + 1):
        members = sorted(i for i in node_of if node_of[i] == node)
        if len(members) != cpus.get(node, 0):
            raise AssertionError(f"SRAT and QMP differ about node {node}")
        name = of_node.get(node)
        if name == "" and len(backends) == 1:
            name, = backends  # a path of which nothing is said
        backend = backends.get((name or "").removeprefix("/objects/"), {})
        guest["vnodes"].append({
            "vnode": node, "memkb": memory.get(node, 0), "vcpus": members,
            "distances": slit[node] if slit else None,
            "pnodes": sorted(backend.get("host-nodes", [])),
            "policy": POLICIES[backend.get("policy", "default")],
            "prealloc": backend.get("prealloc", False)})
    return guest
