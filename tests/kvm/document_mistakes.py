# SPDX-License-Identifier: LGPL-2.1-or-later
"""What people get wrong in a document of libvirt: each function changes one
thing.  Some of it libvirt takes; that is for it to say."""

import copy

ABOUT = ("memory", "currentMemory", "vcpu", "cpu", "topology", "numa", "cell",
         "distances", "sibling", "numatune", "memnode", "memoryBacking",
         "hugepages", "page", "vcpupin", "source", "access", "allocation")
VALUES = ("0", "1", "2", "3", "7", "8", "10", "9", "255", "256", "-1", "two",
          "", "0-1", "0,2", "1-0", "^0", "0-3,^1", "auto", "strict", "0x1",
          " 1", "1 ", "+1", "01", "0-", "4294967296", "1.5")


def of(domain, *names):
    return [e for e in domain.walk() if e.name in names]


def any_of(rng, elements):
    """One of them; IndexError: there is none, and another mistake is made."""
    if not elements:
        raise IndexError
    return rng.choice(elements)


def parent_of(domain, element):
    for other in domain.walk():
        if any(child is element for child in other.children):
            return other
    raise IndexError


def value(rng, domain):
    element = any_of(rng, [e for e in of(domain, *ABOUT) if e.attributes])
    key, _ = any_of(rng, element.attributes)
    element.set(key, rng.choice(VALUES))


def word(rng, domain):
    element = any_of(rng, [e for e in of(domain, "vcpu", "memory") if e.text])
    element.text = rng.choice(VALUES)


def unit(rng, domain):
    any_of(rng, of(domain, "memory", "cell", "page", "currentMemory")).set(
        "unit", rng.choice(("MB", "KB", "GB", "mib", "Mib", "B", "", "MX",
                            "TiB", "Bytes", "KIB", "k", "MiB ", "byte")))


def attribute_less(rng, domain):
    element = any_of(rng, [e for e in of(domain, *ABOUT) if e.attributes])
    element.drop(any_of(rng, element.attributes)[0])


def attribute_misspelt(rng, domain):
    element = any_of(rng, [e for e in of(domain, *ABOUT) if e.attributes])
    i = rng.randrange(len(element.attributes))
    key, text = element.attributes[i]
    if len(key) < 3 or key.lower() == key and key[1:] in dict(
            element.attributes):
        raise IndexError
    key = key.upper() if rng.random() < 0.2 else key[:-1]
    element.attributes[i] = (key, text)


def attribute_twice(rng, domain):
    element = any_of(rng, [e for e in of(domain, *ABOUT) if e.attributes])
    element.attributes.append(any_of(rng, element.attributes))


def element_less(rng, domain):
    element = any_of(rng, of(domain, *ABOUT))
    parent = parent_of(domain, element)
    parent.children = [c for c in parent.children if c is not element]


def element_twice(rng, domain):
    element = any_of(rng, of(domain, *ABOUT))
    parent = parent_of(domain, element)
    parent.children.insert(rng.randrange(len(parent.children) + 1),
                           copy.deepcopy(element))


def element_misspelt(rng, domain):
    element = any_of(rng, of(domain, *ABOUT))
    element.name = rng.choice((element.name[:-1], element.name + "s",
                               element.name.capitalize()))


def cell_number(rng, domain):
    any_of(rng, of(domain, "cell")).set("id", rng.randrange(5))


def cell_vcpus(rng, domain):
    any_of(rng, of(domain, "cell")).set("cpus", rng.choice((
        "0", "0-1", "2", "0-99", "1-0", "0;1", "0,1,", "", "0-3,^1", "^1",
        "^1,0-3", "0, 1", "0 - 1", "511", "512")))


def cell_memory(rng, domain):
    any_of(rng, of(domain, "cell")).set("memory", rng.choice((
        "0", "1", "109550", "65536", "-1", "1.5", "64M", "0x1000", "65537")))


def vcpu_count(rng, domain):
    any_of(rng, of(domain, "vcpu")).text = rng.choice((
        "0", "1", "2", "3", "5", "16", "64", "", "four"))


def vcpu_current(rng, domain):
    any_of(rng, of(domain, "vcpu")).set("current", rng.choice((
        "0", "1", "2", "99", "", "all")))


def levels(rng, domain):
    any_of(rng, of(domain, "topology")).set(
        rng.choice(("sockets", "dies", "cores", "threads", "clusters")),
        rng.choice(("0", "1", "2", "3", "5", "", "two")))


def distance(rng, domain):
    any_of(rng, of(domain, "sibling")).set("value", rng.choice((
        "9", "10", "11", "20", "0", "254", "255", "256", "-20", "")))


def distance_to(rng, domain):
    any_of(rng, of(domain, "sibling")).set("id", rng.choice((
        "0", "1", "2", "7", "8", "99", "-1", "")))


def mode(rng, domain):
    any_of(rng, of(domain, "numatune") and of(
        domain.all("numatune")[0], "memory", "memnode")).set(
            "mode", rng.choice(("bind", "strict", "restrictive", "default",
                                "Strict", "", "preferred", "interleave")))


def node_set(rng, domain):
    any_of(rng, of(domain, "numatune") and of(
        domain.all("numatune")[0], "memory", "memnode")).set(
            "nodeset", rng.choice(("0", "8", "0-8", "0,8", "", "^1", "1-4,^2",
                                   "all", "1-0", "0;1", "127", "1024", "7-9",
                                   "0,,1", "1,", "!1", "0-7,^0-3")))


def placement(rng, domain):
    any_of(rng, of(domain, "numatune") and of(
        domain.all("numatune")[0], "memory", "memnode")).set(
            "placement", rng.choice(("auto", "static", "", "none")))


def cell_of_policy(rng, domain):
    any_of(rng, of(domain, "memnode")).set(
        "cellid", rng.choice(("0", "1", "2", "7", "8", "-1", "")))


def page(rng, domain):
    any_of(rng, of(domain, "page")).set(*rng.choice((
        ("size", "4"), ("size", "4096"), ("size", "2048"), ("size", "1"),
        ("size", "0"), ("size", "two"), ("nodeset", "0"), ("nodeset", "0-1"),
        ("nodeset", "9"), ("nodeset", ""), ("unit", "KiB"), ("unit", "GiB"),
        ("unit", "MB"), ("size", "16"))))


def pin(rng, domain):
    any_of(rng, of(domain, "vcpupin")).set(*rng.choice((
        ("vcpu", "99"), ("vcpu", "0"), ("cpuset", "^1"), ("cpuset", ""),
        ("cpuset", "0-3,^2"), ("cpuset", "all"), ("vcpu", ""))))


def speed(rng, domain):
    any_of(rng, of(domain, "latency", "bandwidth")).set(*rng.choice((
        ("initiator", "7"), ("target", "7"), ("target", "0"), ("type", ""),
        ("type", "both"), ("value", "0"), ("value", "1"), ("value", "1500"),
        ("value", "4194303"), ("cache", "1"), ("cache", "4"))))


def cache(rng, domain):
    any_of(rng, of(domain, "cache")).set(*rng.choice((
        ("level", "0"), ("level", "1"), ("level", "2"), ("level", "4"),
        ("policy", "both"), ("associativity", "complex"))))


def cache_size(rng, domain):
    any_of(rng, of(domain, "cache")).children[rng.randrange(2)].set(
        "value", rng.choice(("0", "1", "65536", "two")))


def speed_less(rng, domain):
    any_of(rng, of(domain, "interconnects")).children.pop()


ALL = (value, value, value, word, unit, unit, attribute_less,
       attribute_misspelt, attribute_twice, element_less, element_twice,
       element_misspelt, cell_number, cell_vcpus, cell_vcpus, cell_memory,
       vcpu_count, vcpu_current, levels, distance, distance, distance_to,
       mode, node_set, node_set, placement, cell_of_policy, page, page, pin,
       speed, speed, speed_less, cache, cache_size)


def mistake(rng, domain):
    """Makes one, and says which."""
    for _ in range(100):
        made = rng.choice(ALL)
        try:
            made(rng, domain)
        except IndexError:
            continue
        return made.__name__
    return "none"
