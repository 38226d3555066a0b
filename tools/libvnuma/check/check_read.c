/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is found while a guest's file is read: nothing runs here. */
#include "config.h"

#include "check/check.h"

#define READING(id, severity, summary)                                        \
    {                                                                         \
        { id, VNUMA_SEVERITY_##severity, summary }, VNUMA__PHASE_READ         \
    }

const vnuma__check vnuma__read_checks[] = {
    /* by cfg/ */
    READING("syntax", ERROR, "this is not xl.cfg's grammar"),
    READING("typographic-quote", ERROR, "a quote that is not an ASCII quote"),
    READING("unterminated-string", ERROR, "a string that does not end"),
    READING("bad-escape", ERROR, "an escape that xl does not know"),
    READING("octal-escape", WARNING, "an octal escape"),
    READING("unquoted", ERROR, "a value without quotes"),
    READING("missing-bracket", ERROR, "a list that does not end"),
    READING("missing-comma", ERROR, "two values in a list without a comma"),
    READING("upper-case", ERROR, "upper case in the name of a setting"),
    READING("python", ERROR, "Python, which xl no longer runs"),
    READING("non-ascii", ERROR, "a byte outside ASCII and outside strings"),
    READING("carriage-return", ERROR, "the line ends of another system"),
    READING("unended-comment", ERROR,
            "a comment on the last line, which has no newline"),
    READING("last-byte", WARNING, "the last line has no newline"),
    READING("not-text", ERROR, "a byte that no text contains"),
    READING("add-type", ERROR, "+= of a list to a string, or the reverse"),
    READING("too-many-values", ERROR, "more values than any guest needs"),
    READING("too-deep", ERROR, "lists nested too deeply for xl"),

    /* by guest/ */
    READING("wrong-kind", ERROR,
            "a list instead of a single value, or the reverse"),
    READING("bad-number", ERROR, "a value that is not a plain number"),
    READING("number-range", ERROR, "a number that is too small or too large"),
    READING("number-addition", ERROR, "+= on a number"),
    READING("number-octal", WARNING, "a leading 0 makes a number octal"),
    READING("range-backwards", ERROR, "a range whose end is before its start"),
    READING("type-unknown", ERROR, "type= or builder= is not a type of guest"),
    READING("type-contradiction", ERROR, "type= and builder= disagree"),
    READING("vga-unknown", ERROR, "vga= is not a graphics card that xl knows"),
    READING("bad-cpus", ERROR,
            "cpus= or cpus_soft= has a piece that names no CPUs"),
    READING("setting-twice", WARNING, "a setting is given again later"),
    READING("setting-unknown", WARNING, "a setting that xl does not know"),
    READING("word-ignored", WARNING,
            "a word where xl reads a number, and ignores it"),
    READING("nodes-setting", WARNING, "xl has no setting nodes="),
    READING("policy-unknown", ERROR,
            "xl_vnuma_policy= has a word that is not a policy"),
    READING("file-unreadable", ERROR,
            "a file that a setting names cannot be read"),
    READING("acpi-ignored", WARNING,
            "acpi_firmware= in a guest for which xl does not read it"),
    READING("acpi-table", ERROR,
            "a file of ACPI tables has something that is no table"),
    READING("acpi-twice", ERROR, "an ACPI table that the guest has already"),
    READING("acpi-count", ERROR, "more ACPI tables than there is room for"),
    READING("acpi-host-table", NOTE,
            "an ACPI table that is about the host it comes from"),
    READING("hmat-text", ERROR, "the text of an HMAT has a mistake"),
    READING("hmat-alone", WARNING, "xl_vnuma_hmat= without vnuma="),
    READING("vnuma-value", ERROR, "vnuma= is neither a list nor \"auto\""),
    READING("vnuma-empty", WARNING, "vnuma= has no vnode"),
    READING("vnode-empty", ERROR, "a vnode without options"),
    READING("vnode-too-many", ERROR, "more vnodes than Xen allows"),
    READING("cache-unit", WARNING, "a unit that libvirt passes over"),
    READING("unknown-key", ERROR, "an option that vnodes do not have"),
    READING("missing-equals", ERROR, "an option of a vnode without \"=\""),
    READING("options-joined", ERROR, "two options of a vnode in one string"),
    READING("key-twice", ERROR, "an option is given twice in one vnode"),
    READING("empty-value", ERROR, "an option of a vnode without a value"),
    READING("vcpu-too-large", ERROR, "a vcpu beyond Xen's 128"),
    READING("distance-too-large", ERROR,
            "a distance that does not fit a SLIT"),

    /* by kvm/ */
    READING("json", ERROR, "-object has JSON that is none"),
    READING("list-comma", ERROR, "a comma where QEMU wants a list's key again"),
    READING("option-equals", ERROR, "an option and its value in one word"),
    READING("shell-variable", NOTE,
            "a variable of a shell where options could be"),
    READING("xml", ERROR, "this is not XML, or not a guest of libvirt"),

    /* by any check */
    READING("too-many", NOTE, "there are more diagnostics than are shown"),
    { { NULL } },
};
