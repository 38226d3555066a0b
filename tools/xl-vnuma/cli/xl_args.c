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
    free(args->options);
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

void xl_args_add_option(xl_args *args, const char *option, const char *value)
{
    xl_args_add(args, strcpy(args->options + args->options_len, option));
    args->options_len += strlen(option) + 1;
    if (value)
        xl_args_add(args, value);
}

bool xl_args_has(const xl_args *args, const char *option)
{
    size_t i;

    for (i = 0; i < args->options_len; i += strlen(args->options + i) + 1)
        if (!strcmp(args->options + i, option))
            return true;
    return false;
}

/* "-pc" becomes two options; an abbreviated long one its whole name. */
static int alloc_args(xl_args *args, const cli_options *options, int argc,
                      char **argv)
{
    size_t num = strlen(options->xl_options) + 1, len = 3 * num;
    int i;

    memset(args, 0, sizeof(*args));
    for (i = 1; i < argc; i++) {
        num += strlen(argv[i]);
        len += 3 * strlen(argv[i]) + 64;
    }
    args->options = malloc(len);
    args->args = calloc(num + argc + 8, sizeof(char *));
    return args->args && args->options
               ? CLI_OK
               : cli_fail(CLI_ENVIRONMENT, "no memory");
}

int xl_args_parse(xl_args *args, const xl_args_form *form,
                  const cli_options *options, int argc, char **argv)
{
    const char *letter;
    int code;

    code = alloc_args(args, options, argc, argv);
    if (code)
        return code;
    xl_args_add(args, "xl");
    for (letter = options->xl_options; *letter; letter++)
        xl_args_add_option(args, (const char[]){ '-', *letter, '\0' }, NULL);
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
