/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl's arguments with ours taken out; see xl_args.h. */
#include "config.h"

#include "cli/xl_args.h"

#include <stdlib.h>
#include <string.h>

#include "cli/cli.h"

void xl_args_dispose(xl_args *args)
{
    free(args->args);
    free(args->letters);
    memset(args, 0, sizeof(*args));
}

/* execvp() wants them so, and changes nothing. */
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

static void hand_on_letter(xl_args *args, int letter)
{
    char *text = args->letters + 3 * (size_t)args->num_letters++;

    text[0] = '-';
    text[1] = (char)letter;
    xl_args_add(args, text);
}

bool xl_args_has(const xl_args *args, char letter)
{
    unsigned int i;

    for (i = 0; i < args->num_letters; i++)
        if (args->letters[3 * (size_t)i + 1] == letter)
            return true;
    return false;
}

static int take_options(xl_args *args, const xl_args_form *form, int argc,
                        char **argv)
{
    int opt, code = CLI_OK;

    while (!code && (opt = getopt_long(argc, argv, form->letters, form->longs,
                                       NULL)) != -1) {
        if (opt == '?')
            code = cli_usage();
        else if (opt == 'h')
            args->help = true;
        else if (opt == XL_ARGS_XLS)
            xl_args_add(args, argv[optind - 1]);
        else if (opt >= XL_ARGS_OURS ||
                 (form->our_letters && strchr(form->our_letters, opt)))
            code = form->take(form->user, opt, optarg);
        else {
            hand_on_letter(args, opt);
            if (optarg)
                xl_args_add(args, optarg);
        }
    }
    return code;
}

int xl_args_parse(xl_args *args, const xl_args_form *form,
                  unsigned int verbose, int argc, char **argv)
{
    unsigned int i, room = verbose + 1;
    int code;

    memset(args, 0, sizeof(*args));
    /* "-pc" becomes two words; "-Cfile" as well. */
    for (i = 1; i < (unsigned int)argc; i++)
        room += strlen(argv[i]);
    args->letters = calloc(room, 3);
    args->args = calloc((size_t)room + argc + 8, sizeof(char *));
    if (!args->args || !args->letters)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    xl_args_add(args, "xl");
    for (i = 0; i < verbose; i++)
        hand_on_letter(args, 'v');
    xl_args_add(args, form->command);
    code = take_options(args, form, argc, argv);
    if (code)
        return code;
    args->names = argv + optind;
    args->num_names = (unsigned int)(argc - optind);
    return CLI_OK;
}
