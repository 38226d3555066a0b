# SPDX-License-Identifier: LGPL-2.1-or-later
"""What QEMU's HMAT says, next to ours.

    hmat_judge.py LINE TABLE    the line that export wrote, one word a line; the
                                table that the guest would get from us

Ends with 77 where this machine or QEMU is not up to it.
Both are decoded by what ACPI 6.5, 5.2.28, says.  QEMU names all nodes, and says
that a node with vcpus is nearest to these; all else has to be the same.
"""

import sys

import qemu_judge


def compare(line, table):
    """Each difference, as a line."""
    with qemu_judge.Machine(line, None) as machine:
        tables = machine.tables()
    if qemu_judge.find_table(tables, b"SRAT") is None:
        print("the tables of this QEMU are not found")
        sys.exit(77)
    body = qemu_judge.find_table(tables, b"HMAT")
    theirs, ours = qemu_judge.read_hmat(body or b""), \
        qemu_judge.read_hmat(table[36:])
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
