/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * create has the arguments of xl create and some of its own.  xl accepts the
 * file name first, after -f, or anywhere; an argument with "=" is a setting;
 * options can be anywhere before "--".  This has to find the file and the
 * settings as xl will, and to pass on what it does not know.
 */
#include "config.h"

#include "commands/create_args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void create_args_dispose(create_args *args)
{
    free(args->policy);
    free(args->settings);
    free(args->xl_args);
    memset(args, 0, sizeof(*args));
}

static void hand_on(create_args *args, char *arg)
{
    args->xl_args[args->num_xl_args++] = arg;
}

/* As xl: the last -f counts, and a bare name only if there is no -f. */
static void take_cfg(create_args *args, char *cfg)
{
    args->cfg = cfg;
    args->cfg_at = args->num_xl_args;
    hand_on(args, cfg);
}

static int take_bare(create_args *args, char *arg)
{
    if (strchr(arg, '=')) {
        args->settings[args->num_settings++] = arg;
        hand_on(args, arg);
        return CLI_OK;
    }
    if (args->cfg)
        return cli_fail(CLI_USAGE, "more than one file: %s and %s", args->cfg,
                        arg);
    take_cfg(args, arg);
    return CLI_OK;
}

/* The last one counts, as for any setting. */
static int take_policy(create_args *args, const char *value)
{
    if (!value)
        return cli_usage(), 0;
    return !cli_take_policy(&args->policy, value);
}

/* getopt_long() takes any unambiguous beginning of a long option's name. */
static bool is_defconfig(const char *name, size_t len)
{
    return len >= 2 && len <= strlen("defconfig") &&
           !strncmp(name, "defconfig", len);
}

static bool is_long(const char *name, size_t len, const char *option,
                    size_t unambiguous)
{
    return len >= unambiguous && len <= strlen(option) &&
           !strncmp(name, option, len);
}

/* Returns the number of arguments used, 0 after a usage error. */
static int take_long(create_args *args, char **argv)
{
    const char *name = argv[0] + 2;
    size_t len = strcspn(name, "=");
    bool has_value = name[len] == '=';

    if (is_long(name, len, "verify", 3)) {
        if (!has_value)
            return cli_usage(), 0;
        return !cli_take_verify(&args->by_hypervisor, name + len + 1);
    }
    if (is_long(name, len, "policy", 2))
        return take_policy(args, has_value ? name + len + 1 : NULL);
    if (is_long(name, len, "hard", 2)) {
        args->hard = true;
        return 1;
    }
    if (!strcmp(name, "make-room")) {
        args->make_room = true;
        return 1;
    }
    if (is_defconfig(name, len)) {
        /* Handed on as two words, so that the file's place is its own. */
        if (!has_value && !argv[1])
            return cli_usage(), 0;
        hand_on(args, (char *)"-f");
        take_cfg(args, has_value ? argv[0] + 2 + len + 1 : argv[1]);
        return has_value ? 1 : 2;
    }
    args->dry_run |= is_long(name, len, "dryrun", 2);
    args->quiet |= is_long(name, len, "quiet", 1);
    args->help |= is_long(name, len, "help", 1);
    hand_on(args, argv[0]);
    return 1;
}

/* A cluster of letters; -f takes what follows it, or the next argument. */
static int take_short(create_args *args, char **argv)
{
    char *letter;

    for (letter = argv[0] + 1; *letter && *letter != 'f'; letter++) {
        args->dry_run |= *letter == 'n';
        args->quiet |= *letter == 'q';
        args->help |= *letter == 'h';
    }
    if (!*letter) {
        hand_on(args, argv[0]);
        return 1;
    }
    if (letter[1]) {
        /* "-qfg.cfg": everything before the f stays one word. */
        cli_fail(CLI_USAGE, "%s: put a space after -f", argv[0]);
        return 0;
    }
    if (!argv[1])
        return cli_usage(), 0;
    hand_on(args, argv[0]);
    take_cfg(args, argv[1]);
    return 2;
}

static int take_all(create_args *args, char **argv)
{
    bool options = true;
    int taken;

    while (*argv) {
        if (options && !strcmp(*argv, "--")) {
            options = false;
            hand_on(args, *argv);
            taken = 1;
        } else if (options && !strncmp(*argv, "--", 2)) {
            taken = take_long(args, argv);
        } else if (options && argv[0][0] == '-' && argv[0][1]) {
            taken = take_short(args, argv);
        } else {
            taken = !take_bare(args, *argv);
        }
        if (!taken)
            return CLI_USAGE;
        argv += taken;
    }
    return CLI_OK;
}

int create_args_parse(create_args *args, unsigned int verbose, int argc,
                      char **argv)
{
    unsigned int i;

    memset(args, 0, sizeof(*args));
    /* "--defconfig=F" becomes two words; create may add a setting. */
    args->xl_args = calloc(2 * (size_t)argc + verbose + 4, sizeof(char *));
    args->settings = calloc((size_t)argc + 1, sizeof(char *));
    if (!args->xl_args || !args->settings)
        return cli_fail(CLI_ENVIRONMENT, "no memory");

    hand_on(args, (char *)"xl");
    for (i = 0; i < verbose; i++)
        hand_on(args, (char *)"-v");
    hand_on(args, (char *)"create");
    if (take_all(args, argv + 1))
        return CLI_USAGE;
    if (args->help)
        return CLI_OK;
    if (args->policy)
        args->settings[args->num_settings++] = args->policy;
    return args->cfg ? CLI_OK : cli_usage();
}
