/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Shared by the files of "xl-vnuma dom0". */
#ifndef XL_VNUMA_DOM0_H
#define XL_VNUMA_DOM0_H

#include "cli/cli.h"
#include "vnuma_dom0.h"
#include "vnuma_xen_dom0.h"

/* Each is called with its own name as argv[0]. */
int dom0_check(const cli_options *options, int argc, char **argv);
int dom0_show(const cli_options *options, int argc, char **argv);
int dom0_set(const cli_options *options, int argc, char **argv);
int dom0_reset(const cli_options *options, int argc, char **argv);

/* Xen's command line, and the texts that it came from; zeroes at first. */
typedef struct {
    vnuma_source sources[64];
    unsigned int num_sources;
    vnuma_dom0_grub *grub; /* NULL: not from GRUB's files */
    vnuma_dom0_cmdline line;
} dom0_line;

void dom0_line_dispose(dom0_line *line);
/*
 * Each returns a code; errors are printed, or are in @diags.  CLI_REFUSED: the
 * line is not known.
 */
int dom0_line_from_text(dom0_line *line, const char *name, const char *text);
int dom0_line_from_grub(dom0_line *line, const char *path, vnuma_diags *diags);

/* "xen_commandline" of the host, or NULL. */
const char *dom0_host_cmdline(const vnuma_topology *topology);

/* autoballoon= of /etc/xen/xl.conf; true if it could be read. */
bool dom0_autoballoon(const char *cmdline,
                      vnuma_dom0_autoballoon *autoballoon_r);

/* Progress on a terminal, and signals that end the waiting. */
typedef struct {
    bool is_terminal, is_shown;
    unsigned int polls; /* ten in a second */
} dom0_watching;

void dom0_watch(vnuma_xen_dom0_request *request, dom0_watching *watching);
void dom0_unwatch(const dom0_watching *watching);

#endif
