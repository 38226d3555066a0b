/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Separates our arguments from xl's; see xl_args.h. */
#include "config.h"

#include "cli/xl_args.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void xl_args_dispose(xl_args *args)
{
    free(args->args);
    memset(args, 0, sizeof(*args));
}

/* The cast: execvp() takes char *, and changes nothing. */
void xl_args_add(xl_args *args, const char *arg)
{
    args->args[args->num_args++] = (char *)arg;
}

void xl_args_add_names(xl_args *args)
{
    unsigned int i;

    xl_args_add(args, "--");
    for (i = 0; i < args->num_names; i++)
        xl_args_add(args, args->names[i]);
}

void xl_args_add_letter(xl_args *args, int letter, const char *value)
{
    char *word = args->letters[(unsigned char)letter];

    word[0] = '-';
    word[1] = (char)letter;
    xl_args_add(args, word);
    if (value)
        xl_args_add(args, value);
}

int xl_args_parse(xl_args *args, const xl_args_form *form,
                  const cli_options *options, int argc, char **argv)
{
    size_t max = strlen(options->xl_options) + (size_t)argc + 9;
    const char *letter;
    int i, code;

    for (i = 1; i < argc; i++)
        max += strlen(argv[i]); /* "-pc" becomes two options */
    memset(args, 0, sizeof(*args));
    args->args = calloc(max, sizeof(char *));
    if (!args->args)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    xl_args_add(args, "xl");
    for (letter = options->xl_options; *letter; letter++)
        xl_args_add_letter(args, *letter, NULL);
    xl_args_add(args, form->command);
    code = xl_args_read_options(args, form, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    args->names = argv + optind;
    args->num_names = (unsigned int)(argc - optind);
    if (args->num_names < form->min_names || args->num_names > form->max_names)
        return cli_usage();
    code = cli_only_here(options, form->command);
    return code ? code : CLI_GO_ON;
}
