# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people get wrong on a line of QEMU: each function changes one thing.
Some of it QEMU takes; that is for it to say."""


def of(line, name, kind=None):
    """Options of a name, and of a first value."""
    return [o for o in line.options
            if o.name == name and (kind is None or (o.keys and
                                                    o.keys[0][1] == kind))]


def nodes(line):
    return of(line, "numa", "node")


def any_of(rng, options):
    """One of them; IndexError: there is none, and another mistake is made."""
    if not options:
        raise IndexError
    return rng.choice(options)


def size_changes(rng, line):
    memory = any_of(rng, of(line, "object"))
    memory.set("size", rng.choice((
        f"{rng.randint(1, 600)}M", "0", "64MB", "64MiB", "", "1.5M", "64",
        "-64M", "64 M", "0x4000000", "64,5M", "1e8", "4K", "64Mi")))


def memory_changes(rng, line):
    memory = any_of(rng, of(line, "m"))
    memory.set("size", rng.choice((
        f"{rng.randint(1, 600)}M", "0", "64MB", "1GB", "", "1.5", "lots",
        "-64M", "0x100", "1000001k", "64Mi", "128.5M", "1T1")))


def memory_is_left_out(rng, line):
    any_of(rng, of(line, "m") and line.options[1:])
    line.options = [o for o in line.options if o.name != "m"]


def memory_twice(rng, line):
    memory = any_of(rng, of(line, "m"))
    again = type(memory)("m", [("size", rng.choice(("64M", "1G")))], "size")
    line.options.insert(rng.randrange(len(line.options) + 1), again)


def hot_plug(rng, line):
    memory = any_of(rng, of(line, "m"))
    for key in ("slots", "maxmem"):
        memory.drop(key)
    for key, values in (("slots", ("1", "0", "256", "257", "two")),
                        ("maxmem", ("8G", "1M", "8GB", "0"))):
        if rng.random() < 0.7:
            memory.set(key, rng.choice(values))


def no_memdev(rng, line):
    any_of(rng, [n for n in nodes(line) if n.get("memdev")]).drop("memdev")


def other_memdev(rng, line):
    any_of(rng, nodes(line)).set(
        "memdev", rng.choice(("ram-node0", "ram-node1", "mem0", "ram_node0",
                              "")))


def old_memory(rng, line):
    any_of(rng, nodes(line)).set("mem", rng.choice(("64", "64M", "1G")))


def node_number(rng, line):
    any_of(rng, nodes(line)).set(
        "nodeid", rng.choice((0, 1, 2, 7, 127, 128, -1, "one", "", "0x1")))


def node_without_number(rng, line):
    any_of(rng, nodes(line)).drop("nodeid")


def node_less(rng, line):
    line.options.remove(any_of(rng, nodes(line)))


def vcpus(rng, line):
    node = any_of(rng, nodes(line))
    if rng.random() < 0.5:
        node.drop("cpus")
    node.keys.append(("cpus", rng.choice((
        "0", "0-1", "1", "2-3", "1-0", "0:1", "0,2", "64", "3-99", "two", "",
        "0-", "-1", "0-0", "300", "0x1", "1 ", "288", "287"))))


def smp(rng, line):
    option = any_of(rng, of(line, "smp"))
    option.set(rng.choice(("cpus", "maxcpus", "sockets", "cores", "threads",
                           "dies", "clusters", "cors", "socket")),
               rng.choice((0, 1, 2, 3, 4, 8, "two", "", -1, 255, 300, "0x2",
                           "2.0")))


def smp_twice(rng, line):
    option = any_of(rng, of(line, "smp"))
    again = type(option)("smp", [(rng.choice(("cpus", "cores", "maxcpus")),
                                  rng.randint(1, 8))], "cpus")
    line.options.insert(rng.randrange(len(line.options) + 1), again)


def smp_is_left_out(rng, line):
    # Without any option there is no guest.
    line.options.remove(any_of(rng, line.options[1:] and of(line, "smp")))


def policy(rng, line):
    memory = any_of(rng, of(line, "object"))
    what = rng.random()
    if what < 0.3:
        memory.drop("policy")
    elif what < 0.5:
        memory.drop("host-nodes")
    else:
        memory.set("policy", rng.choice(("bind", "strict", "default", "",
                                         "Bind", "prefered")))
    if rng.random() < 0.3:
        memory.set("host-nodes", rng.choice((
            "0", "7", "8", "0-9", "3-1", "0,2", "all", "", "128", "-1",
            "1023", "8-9")))


def backend(rng, line):
    memory = any_of(rng, of(line, "object"))
    key, value = rng.choice((
        ("prealloc", "maybe"), ("prealloc", "true"), ("prealloc", "yes"),
        ("prealloc", "ON"), ("prealloc-threads", "0"), ("share", "1"),
        ("prealloc-threads", "many"), ("reserve", "off"), ("size", "64M"),
        ("id", "ram-node0"), ("id", "1st"), ("id", ""), ("nodes", "0"),
        ("host_nodes", "0"), ("hugetlb", "off"), ("hugetlbsize", "2M"),
        ("mem-path", "/dev/shm"), ("qom-type", "memory-backend-rma"),
        ("qom-type", "memory-backend-ram"), ("merge", "perhaps"),
        ("prealloc", None), ("share", None)))
    memory.set(key, value)


def backend_lacks(rng, line):
    memory = any_of(rng, of(line, "object"))
    memory.drop(rng.choice(("id", "size", "mem-path", "policy")))


def backend_twice(rng, line):
    memory = any_of(rng, of(line, "object"))
    line.options.insert(rng.randrange(len(line.options) + 1), memory)


def backend_less(rng, line):
    line.options.remove(any_of(rng, of(line, "object")))


def distance(rng, line):
    dist = any_of(rng, of(line, "numa", "dist"))
    dist.set(rng.choice(("src", "dst", "val", "val")), rng.choice((
        0, 1, 5, 9, 10, 11, 20, 254, 255, 256, 300, -1, "far", "")))


def distance_lacks(rng, line):
    any_of(rng, of(line, "numa", "dist")).drop(
        rng.choice(("src", "dst", "val")))


def distance_less(rng, line):
    for _ in range(rng.choice((1, 1, 2))):
        line.options.remove(any_of(rng, of(line, "numa", "dist")))


def distance_more(rng, line):
    node = any_of(rng, nodes(line))
    line.options.append(type(node)("numa", [
        ("type", "dist"), ("src", rng.randrange(4)), ("dst", rng.randrange(4)),
        ("val", rng.choice((10, 20, 31, 255)))], "type"))


def numa_cpu(rng, line):
    node = any_of(rng, nodes(line))
    keys = [("type", "cpu")]
    for key, values in (("node-id", (0, 1, 1, 9)), ("socket-id", (0, 1, 5)),
                        ("core-id", (0, 1)), ("thread-id", (0, 1)),
                        ("die-id", (0,)), ("nodeid", (0,))):
        if rng.random() < (0.9 if key == "node-id" else 0.3):
            keys.append((key, rng.choice(values)))
    line.options.append(type(node)("numa", keys, "type"))


def numa_order(rng, line):
    places = [i for i, o in enumerate(line.options) if o.name == "numa"]
    i, j = any_of(rng, places), any_of(rng, places)
    line.options[i], line.options[j] = line.options[j], line.options[i]


def numa_type(rng, line):
    option = any_of(rng, of(line, "numa"))
    option.keys[0] = ("type", rng.choice(("nod", "", "distance", "Node",
                                          "cpus")))


def hmat(rng, line):
    option = any_of(rng, [o for o in of(line, "numa")
                          if o.get("initiator") is not None])
    option.set(rng.choice(("initiator", "target", "latency", "bandwidth",
                           "hierarchy", "data-type")),
               rng.choice((0, 1, 5, "1000", "10M", "memory", "")))


def hmat_off(rng, line):
    option = any_of(rng, of(line, "M") + of(line, "machine"))
    option.drop("hmat")


def hmat_twice(rng, line):
    line.options.append(any_of(rng, of(line, "numa", "hmat-lb")))


def main_memory(rng, line):
    option = any_of(rng, of(line, "M") + of(line, "machine"))
    option.set("memory-backend", rng.choice(("ram-node0", "pc.ram")))


def old_machine(rng, line):
    option = any_of(rng, of(line, "M") + of(line, "machine"))
    option.set("type", rng.choice(("pc-i440fx-5.0", "pc-q35-6.1",
                                   "pc-q35-4.2", "pc-i440fx-2.12")))


def key_twice(rng, line):
    option = any_of(rng, [o for o in line.options
                          if o.name in ("numa", "object", "smp", "m")])
    option.keys.append(any_of(rng, option.keys))


def key_misspelt(rng, line):
    option = any_of(rng, [o for o in line.options
                          if o.name in ("numa", "object", "smp", "m")])
    i = rng.randrange(len(option.keys))
    key, value = option.keys[i]
    at = rng.randrange(len(key))
    option.keys[i] = (key[:at] + key[at + 1:], value)
    if not option.keys[i][0]:
        raise IndexError


def value_scrambled(rng, line):
    option = any_of(rng, [o for o in line.options
                          if o.name in ("numa", "object", "smp", "m")])
    i = rng.randrange(len(option.keys))
    key, value = option.keys[i]
    if key == "mem-path":
        raise IndexError  # what files there are is not the line's matter
    value = str(value)
    at = rng.randrange(len(value) + 1)
    letter = rng.choice("0123456789kMGTBx.-+=: ,")
    if rng.random() < 0.5:
        value = value[:at] + value[at + 1:]
    else:
        value = value[:at] + letter + value[at:]
    option.keys[i] = (key, value)


ALL = (size_changes, memory_changes, memory_is_left_out, memory_twice,
       hot_plug, no_memdev, other_memdev, old_memory, node_number,
       node_without_number, node_less, vcpus, vcpus, smp, smp, smp_twice,
       smp_is_left_out, policy, policy, backend, backend, backend_lacks,
       backend_twice, backend_less, distance, distance, distance_lacks,
       distance_less, distance_more, numa_cpu, numa_order, numa_type, hmat,
       hmat_off, hmat_twice, main_memory, old_machine, key_twice,
       key_misspelt, value_scrambled, value_scrambled)


def mistake(rng, line):
    """Makes one, and says which."""
    for _ in range(100):
        made = rng.choice(ALL)
        try:
            made(rng, line)
        except IndexError:
            continue
        return made.__name__
    return "none"
