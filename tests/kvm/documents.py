# SPDX-License-Identifier: LGPL-2.1-or-later
"""Documents of libvirt, made out: guests with NUMA, and the same with
mistakes.  What is right about them libvirt says, not we."""

from xml.sax.saxutils import escape, quoteattr

from document_mistakes import mistake
from qemu_lines import ranges

MACHINES = ("pc", "q35", "pc-q35-7.2", "pc-q35-6.1", "pc-i440fx-6.2")
UNITS = {"KiB": 1, "k": 1, "KB": None, "MiB": 1024, "M": 1024, "m": 1024,
         "GiB": 1 << 20, "G": 1 << 20, "b": None, "bytes": None, "mib": 1024}


class Element:
    def __init__(self, name, *children, text=None, **attributes):
        self.name, self.text = name, text
        self.attributes = [(k, str(v)) for k, v in attributes.items()]
        self.children = [c for c in children if c is not None]

    def get(self, key):
        return next((v for k, v in self.attributes if k == key), None)

    def set(self, key, value):
        self.drop(key)
        self.attributes.append((key, str(value)))

    def drop(self, key):
        self.attributes = [a for a in self.attributes if a[0] != key]

    def walk(self):
        yield self
        for child in self.children:
            yield from child.walk()

    def all(self, name):
        return [e for e in self.walk() if e.name == name]

    def write(self, rng, depth=0):
        """Indented or not; attributes in either quotes."""
        pad = "  " * depth
        quote = rng.choice((quoteattr, lambda v: "'" + escape(
            v, {"'": "&apos;"}) + "'"))
        head = self.name + "".join(
            f" {k}={quote(v)}" for k, v in self.attributes)
        if self.text is None and not self.children:
            ways = (f"<{head}/>", f"<{head} />", f"<{head}></{self.name}>")
            return pad + rng.choice(ways) + "\n"
        if not self.children:
            return f"{pad}<{head}>{escape(self.text)}</{self.name}>\n"
        inside = "".join(c.write(rng, depth + 1) for c in self.children)
        if rng.random() < 0.02:
            inside = f"{pad}  <!-- <cell memory='1'/> -->\n" + inside
        return f"{pad}<{head}>\n{inside}{pad}</{self.name}>\n"


def amount(rng, mib, unit_attribute=True):
    """A number and its unit; none: KiB."""
    ways = [(mib * 1024, None), (mib * 1024, "KiB"), (mib, "MiB"),
            (mib, "MiB"), (mib, "M"), (mib << 20, "b"), (mib << 20, "bytes"),
            (mib * 1024, "k"), (mib, "m")]
    if mib % 1024 == 0:
        ways += [(mib // 1024, "GiB"), (mib // 1024, "G")]
    if not unit_attribute:
        return mib * 1024, None
    return rng.choice(ways)


def sized(element, rng, mib, key=None):
    number, unit = amount(rng, mib)
    if key:
        element.set(key, number)
    else:
        element.text = str(number)
    if unit:
        element.set("unit", unit)
    return element


def cpu_list(rng, members):
    """As libvirt writes sets, now and then with one taken out again."""
    parts = ranges(members)
    if rng.random() < 0.1 and len(members) > 2:
        inner = sorted(members)[1:-1]
        for cpu in inner:
            rest = [m for m in members if m != cpu]
            if ranges(members) == [f"{min(members)}-{max(members)}"]:
                members.remove(cpu)
                return f"{min(rest)}-{max(rest)},^{cpu}"
    if rng.random() < 0.1:
        rng.shuffle(parts)
    return ",".join(parts)


def node_set(rng):
    first = rng.randrange(8)
    if rng.random() < 0.7:
        return f"{first}"
    last = rng.randrange(first, 8)
    made = f"{first}-{last}"
    if last - first > 1 and rng.random() < 0.3:
        made += f",^{first + 1}"
    elif first > 1 and rng.random() < 0.3:
        made = f"0,{made}"
    return made


def topology(rng):
    sockets, cores, threads = (rng.choice((1, 2, 2, 4)),
                               rng.choice((1, 2, 3)), rng.choice((1, 1, 2)))
    element = Element("topology", sockets=sockets, cores=cores,
                      threads=threads)
    if rng.random() < 0.2:
        element.attributes.insert(1, ("dies", "1"))
    return sockets * cores * threads, element


def distances(rng, cells):
    """Of some cells to some; libvirt completes them."""
    if len(cells) < 2 or rng.random() < 0.4:
        return
    same = rng.random() < 0.6
    some = rng.random() < 0.3
    values = {}
    for i, cell in enumerate(cells):
        if some and rng.random() < 0.4:
            continue
        made = Element("distances")
        for j in range(len(cells)):
            value = 10 if i == j else rng.randint(11, 60)
            if i != j and same:
                value = values.setdefault(frozenset((i, j)), value)
            if some and rng.random() < 0.4 or i == j and rng.random() < 0.3:
                continue
            made.children.append(Element("sibling", id=j, value=value))
        if made.children:
            cell.children.append(made)


def caches(rng, cell):
    """Of its memory; libvirt passes over other units than these."""
    kib = rng.choice((64, 1024, 1 << 20))
    for level in range(1, rng.choice((1, 1, 2, 3)) + 1):
        made = Element("cache", level=level, associativity=rng.choice(
            ("none", "direct", "full")), policy=rng.choice(
                ("none", "writeback", "writethrough")))
        made.children += [
            Element("size", value=kib << level, unit="KiB"),
            Element("line", value=rng.choice((8, 64, 128)), unit="B")]
        cell.children.append(made)


def speeds(rng, cells, members):
    """Latencies and bandwidths, between two cells in one direction."""
    made, of_cell = Element("interconnects"), [set() for _ in cells]
    for source, own in enumerate(members):
        for target in range(len(cells)):
            if not own or (members[target] and target < source):
                continue
            for kind in ("latency", "bandwidth"):
                if rng.random() < 0.2:
                    continue
                link = Element(kind, initiator=source, target=target,
                               type=rng.choice(("access", "read", "write")))
                if kind == "latency":
                    link.set("value", rng.randint(1, 60) * 10)
                else:
                    sized(link, rng, rng.randint(1, 60), "value")
                made.children.append(link)
                of_cell[target].add(kind)
    for cell, kinds in zip(cells, of_cell):
        if len(kinds) == 2 and rng.random() < 0.3:
            caches(rng, cell)
    return made if made.children else None


def numa(rng, most):
    num = rng.choice((1, 2, 2, 2, 3, 4, 4, 8))
    unit = rng.choice((64, 128, 256, 512))
    sizes = [unit * rng.choice((1, 1, 1, 2)) for _ in range(num)]
    block = -(-most // num)
    members = [list(range(n * block, min(most, (n + 1) * block)))
               for n in range(num)]
    if rng.random() < 0.1:
        members[rng.randrange(num)] = []
    if rng.random() < 0.05:
        members = [[] for _ in range(num)]
    cells, numbered = [], rng.random() < 0.8
    for n, mib in enumerate(sizes):
        cell = Element("cell")
        if numbered:
            cell.set("id", n)
        if members[n]:
            cell.set("cpus", cpu_list(rng, members[n]))
        sized(cell, rng, mib, "memory")
        if rng.random() < 0.05:
            cell.set("memAccess", rng.choice(("shared", "private")))
        if rng.random() < 0.05:
            cell.set("discard", rng.choice(("yes", "no")))
        if rng.random() < 0.1:
            rng.shuffle(cell.attributes)
        cells.append(cell)
    distances(rng, cells)
    links = speeds(rng, cells, members) if rng.random() < 0.1 else None
    if numbered and rng.random() < 0.1:
        rng.shuffle(cells)
    return sum(sizes), Element("numa", *cells, links)


def numatune(rng, num):
    made = Element("numatune")
    mode = rng.choice(("strict", "strict", "preferred", "interleave",
                       "restrictive"))
    if rng.random() < 0.6:
        memory = Element("memory", mode=mode, nodeset=node_set(rng))
        if rng.random() < 0.1:
            memory.set("placement", "static")
        if rng.random() < 0.1 and mode == "strict":
            memory.drop("mode")
        made.children.append(memory)
    for cell in range(num):
        if rng.random() < 0.6:
            other = mode if mode == "restrictive" else rng.choice(
                ("strict", "preferred", "interleave"))
            made.children.append(Element(
                "memnode", cellid=cell, mode=other, nodeset=node_set(rng)))
    if rng.random() < 0.1:
        rng.shuffle(made.children)
    return made if made.children else None


def backing(rng, num):
    made = Element("memoryBacking")
    if rng.random() < 0.6:
        pages = Element("hugepages")
        left = list(range(num))
        if rng.random() < 0.6:
            size, unit = rng.choice((("2048", "KiB"), ("2", "MiB"),
                                     ("2", "M"), ("1", "GiB"),
                                     ("1048576", None)))
            page = Element("page", size=size)
            if unit:
                page.set("unit", unit)
            if left and rng.random() < 0.6:
                some = rng.sample(left, rng.randint(1, len(left)))
                page.set("nodeset", ",".join(ranges(some)))
                left = [n for n in left if n not in some]
            else:
                left = []
            pages.children.append(page)
            if left and rng.random() < 0.4:
                pages.children.append(Element(
                    "page", size="1", unit="GiB",
                    nodeset=",".join(ranges(left))))
        made.children.append(pages)
    for element in (Element("nosharepages"), Element("locked"),
                    Element("source", type=rng.choice(("memfd", "anonymous",
                                                       "file"))),
                    Element("access", mode=rng.choice(("shared", "private"))),
                    Element("allocation", mode=rng.choice(("immediate",
                                                           "ondemand")))):
        if rng.random() < 0.15:
            made.children.append(element)
    return made if made.children else None


def pins(rng, most):
    made = Element("cputune")
    for cpu in range(most):
        if rng.random() < 0.5:
            made.children.append(Element("vcpupin", vcpu=cpu,
                                         cpuset=node_set(rng)))
    return made if made.children else None


def make_good(rng):
    most, levels = topology(rng)
    vcpu = Element("vcpu", text=str(most))
    if rng.random() < 0.2:
        vcpu.set("placement", "static")
    if rng.random() < 0.1:
        vcpu.set("current", rng.randint(1, most))
    cpu = Element("cpu")
    if rng.random() < 0.7:
        cpu.children.append(levels)
    num, mib = 0, rng.choice((64, 512, 1024))
    if rng.random() < 0.93:
        mib, made = numa(rng, most)
        num = len(made.children)
        cpu.children.append(made)
    memory = None
    if rng.random() < 0.9 or not num:
        memory = sized(Element("memory"), rng, mib)
    domain = Element(
        "domain", Element("name", text="g"), memory,
        sized(Element("currentMemory"), rng, mib)
        if rng.random() < 0.3 else None,
        backing(rng, num) if rng.random() < 0.3 else None, vcpu,
        numatune(rng, num) if rng.random() < 0.5 else None,
        pins(rng, most) if rng.random() < 0.1 else None,
        Element("os", Element("type", text="hvm", arch="x86_64",
                              machine=rng.choice(MACHINES))),
        cpu if cpu.children or rng.random() < 0.5 else None,
        Element("devices", Element(
            "emulator", text="/usr/bin/qemu-system-x86_64"))
        if rng.random() < 0.3 else None, type="qemu")
    if rng.random() < 0.1:
        rest = domain.children[1:]
        rng.shuffle(rest)
        domain.children[1:] = rest
    return domain


def make(rng):
    """A document, and which mistakes were put in, if any."""
    domain, mistakes = make_good(rng), []
    if rng.random() < 0.5:
        for _ in range(rng.choice((1, 1, 1, 2))):
            mistakes.append(mistake(rng, domain))
    text = domain.write(rng)
    if rng.random() < 0.2:
        text = "<?xml version='1.0' encoding='UTF-8'?>\n" + text
    return text, mistakes
