/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands; each has its own file, cmd_NAME.c. */
#ifndef XL_VNUMA_COMMANDS_H
#define XL_VNUMA_COMMANDS_H

#include "cli/cli.h"

/* clang-format off */

/*
 * Name, function, how it is called, what it does: main.c's table.  One of XEN
 * is for hosts of Xen only, and a LIVE one needs Xen's libraries.
 */
#define COMMANDS(COMMAND, XEN, LIVE)                                          \
    COMMAND("check", main_check,                                              \
      "[--json] [--strict] [--policy=POLICY] FILE... | --list\n"              \
      "   or: " PROGRAM " check [--json] [--strict] -- QEMU [QEMU OPTIONS]",  \
      "Report every mistake in the NUMA settings of guests' files")           \
    COMMAND("plan", main_plan,                                                \
      "[--json] [-o FILE|DIR] [--reserve MIB[@PNODE]]... [--policy=POLICY] "  \
      "[--forget] FILE...\n"                                                  \
      "   or: " PROGRAM " plan [--json] [--reserve MIB[@PNODE]]... -- QEMU "  \
      "[QEMU OPTIONS]\n"                                                      \
      "   or: " PROGRAM " plan --overcommit [--swap MIB] "                    \
      "[--reserve MIB[@PNODE]]... FILE...\n"                                  \
      "   or: " PROGRAM " plan --hmat[=FILE] CFG",                            \
      "Show on which pnode each vnode of guests will be, and why")            \
    COMMAND("export", main_export,                                            \
      "[--format=qemu|libvirt|proxmox|xl] [--plan] [--hugepages=2M|1G] "      \
      "[--prealloc] [--hmat[=FILE]] [--into VM.xml] [--args | --json] "       \
      "[-o FILE] FILE",                                                       \
      "Write a guest's nodes as KVM's tools want them")                       \
    COMMAND("import", main_import,                                            \
      "[--from=qemu|libvirt|proxmox] [--json] [--hmat=FILE] [-o FILE] "       \
      "FILE | --pid PID",                                                     \
      "Write the nodes of a guest of KVM as vnuma=")                          \
    COMMAND("topology", main_topology,                                        \
      "[--kvm] [--json | --draw | -o FILE.svg|FILE.png] "                     \
      "[--theme=light|dark]",                                                 \
      "Show the host's nodes as \"xl info -n\" does, or a host of KVM")       \
    LIVE("create", main_create,                                               \
      "[--verify=count|hypervisor] [--policy=POLICY] [--hard] [--make-room] " \
      "[--forget] [--output=FILE] [--hmat[=FILE]] [--acpi-table FILE]... "    \
      "[XL OPTIONS] CFG [KEY=VALUE...]",                                      \
      "Check, plan, create the guest with xl, and print where its memory is") \
    LIVE("save", main_save, "[XL OPTIONS] DOMAIN FILE [CFG]",                 \
      "Save a guest with xl, including its vNUMA")                            \
    LIVE("restore", main_restore,                                             \
      "[--pnodes=P,...] [--strict] [--verify=count|hypervisor] [XL OPTIONS] " \
      "[CFG] FILE",                                                           \
      "Plan a saved guest for this host, and restore it with xl")             \
    LIVE("migrate", main_migrate,                                             \
      "[--pnodes=P,...] [--strict] [XL OPTIONS] DOMAIN HOST",                 \
      "Migrate a running guest with xl; the other host plans it")             \
    LIVE("migrate-receive", main_migrate_receive,                             \
      "[--pnodes=P,...] [--strict] [XL OPTIONS]",                             \
      "The receiving end of migrate and move; they run it")                   \
    LIVE("move", main_move, "[--pnodes=P,...] [--yes] DOMAIN",                \
      "Move a running guest to other nodes of this host")                     \
    LIVE("recover", main_recover, "[--dry-run]",                              \
      "Put right what was left half done when xl-vnuma was killed")           \
    LIVE("front", main_front, "status | probe",                               \
      "Show what gets xl-vnuma in the place of xl")                           \
    XEN("libvirt", main_libvirt, "GUEST OPERATION SUBOPERATION EXTRA <XML",   \
      "Check and plan a guest that libvirt starts: the hook runs it")         \
    XEN("dom0", main_dom0,                                                    \
      "show [--json] [--verify=hypervisor]\n"                                 \
      "   or: " PROGRAM " dom0 check [--json] [--strict] [--cmdline TEXT | "  \
      "--grub FILE] [CFG...] | --list\n"                                      \
      "   or: " PROGRAM " dom0 set [--mem MIB] [--max MIB] [--nodes N,...] "  \
      "[--vcpus N] [--pin]\n"                                                 \
      "                         [--min-mem MIB] [--timeout SECONDS]\n"        \
      "   or: " PROGRAM " dom0 reset [--timeout SECONDS]",                    \
      "Show, check and set dom0's memory, nodes and vcpus")                   \
    COMMAND("show", main_show,                                                \
      "[--json | --prometheus | --draw | -o FILE.svg|FILE.png] "              \
      "[--theme=light|dark] [--watch] [--interval SECONDS] "                  \
      "[--verify=count|hypervisor] [--force] [--domains FILE] [DOMAIN]\n"     \
      "   or: " PROGRAM " show [--json] --kvm | --pid PID|DIR",               \
      "Show where domains are, compared with what was promised")              \
    LIVE("report", main_report, "",                                           \
      "Describe this host in one line of JSON, for --host elsewhere")

/* clang-format on */

#define DECLARE(name, function, synopsis, summary)                            \
    int function(const cli_options *options, int argc, char **argv);
COMMANDS(DECLARE, DECLARE, DECLARE)
#undef DECLARE

/* Stands for the LIVE ones in a build without Xen's libraries. */
int main_no_xen(const cli_options *options, int argc, char **argv);

#endif
