# SPDX-License-Identifier: LGPL-2.1-or-later
"""What QEMU's HMAT says, next to ours.

    hmat_judge.py LINE TABLE    the line that export wrote, one word a line; the
                                table that the guest would get from us

Ends with 77 where this machine or QEMU is not up to it.
Both are decoded by what ACPI 6.5, 5.2.28, says.  QEMU names all nodes, and says
that a node with vcpus is nearest to these; all else has to be the same.
"""

import struct
import sys

import qemu_judge


def speeds(at):
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


def decode(body):
    """By what it is of; body begins after the header of 36 bytes."""
    found, at = {}, 4
    while at < len(body):
        kind, length = struct.unpack_from("<H2xI", body, at)
        part = body[at:at + length]
        if kind == 0:
            flags, nearest, memory = struct.unpack_from("<H2xII", part, 8)
            if flags & 1:
                found["nearest", memory] = nearest
        elif kind == 1:
            found.update(speeds(part))
        elif kind == 2:
            memory, size, attributes = struct.unpack_from("<I4xQI", part, 8)
            found["cache", memory, attributes >> 4 & 15] = size, attributes
        at += length
    return found


def compare(line, table):
    """Each difference, as a line."""
    with qemu_judge.Machine(line, None) as machine:
        tables = machine.tables()
    if qemu_judge.find_table(tables, b"SRAT") is None:
        print("the tables of this QEMU are not found")
        sys.exit(77)
    body = qemu_judge.find_table(tables, b"HMAT")
    theirs, ours = decode(body or b""), decode(table[36:])
    for key in sorted({*theirs, *ours}, key=str):
        is_own = key[0] == "nearest" and theirs.get(key) == key[1]
        if theirs.get(key) != ours.get(key) and \
                not (is_own and key not in ours):
            yield f"{key}: QEMU {theirs.get(key)}, we {ours.get(key)}"
    if not ours:
        yield "our table says nothing"


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        line = file.read().splitlines()
    with open(sys.argv[2], "rb") as file:
        table = file.read()
    try:
        wrong = list(compare(line, table))
    except qemu_judge.NoVerdict as said:
        print(said)
        sys.exit(77)
    except qemu_judge.Refused as said:
        wrong = [f"QEMU refuses the line: {said}"]
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


main()
