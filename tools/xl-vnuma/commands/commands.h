/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands; each has its own file, cmd_NAME.c. */
#ifndef XL_VNUMA_COMMANDS_H
#define XL_VNUMA_COMMANDS_H

#include "cli/cli.h"

int main_check(const cli_options *options, int argc, char **argv);
int main_plan(const cli_options *options, int argc, char **argv);
int main_topology(const cli_options *options, int argc, char **argv);
int main_create(const cli_options *options, int argc, char **argv);
int main_save(const cli_options *options, int argc, char **argv);
int main_restore(const cli_options *options, int argc, char **argv);
int main_migrate(const cli_options *options, int argc, char **argv);
int main_migrate_receive(const cli_options *options, int argc, char **argv);
int main_move(const cli_options *options, int argc, char **argv);
int main_dom0(const cli_options *options, int argc, char **argv);
int main_show(const cli_options *options, int argc, char **argv);

#endif
