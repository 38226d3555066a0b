/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The options of commands, and what of them is handed on to xl; see cli.h. */
#include "config.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"

/* ---- xl's arguments ----------------------------------------------------- */

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

/* ---- a command's options ------------------------------------------------ */

#define MAX_OPTIONS 16u
#define FIRST_INDEX 256 /* what getopt_long() returns for the table's first */

static bool is_end(const cli_option *option)
{
    return !option->name && !option->letter;
}

static bool has_value(const cli_option *option)
{
    return option->value || option->take;
}

static int kind_of_value(const cli_option *option)
{
    if (!has_value(option))
        return no_argument;
    return option->is_optional ? optional_argument : required_argument;
}

/* For getopt_long(), which knows --help and -h too. */
static void make_long(const cli_option *table, struct option *options)
{
    unsigned int i;

    for (i = 0; !is_end(&table[i]); i++)
        if (table[i].name)
            *options++ = (struct option){
                table[i].name,
                kind_of_value(&table[i]),
                NULL,
                FIRST_INDEX + (int)i,
            };
    *options++ = (struct option){ "help", no_argument, NULL, 'h' };
    *options = (struct option){ NULL, 0, NULL, 0 };
}

static void make_short(const cli_option *table, const char *letters,
                       char *text)
{
    *text++ = 'h';
    for (; !is_end(table); table++) {
        if (!table->letter)
            continue;
        *text++ = table->letter;
        if (has_value(table))
            *text++ = ':';
    }
    strcpy(text, letters);
}

static const cli_option *find_option(const cli_option *table, int opt)
{
    if (opt >= FIRST_INDEX)
        return &table[opt - FIRST_INDEX];
    for (; opt && !is_end(table); table++)
        if (table->letter == opt)
            return table;
    return NULL;
}

/* One that getopt_long() refused: for xl, unless it is one of ours. */
static bool hand_on_other(xl_args *args, const xl_args_form *form,
                          const char *word)
{
    if (!args || !form->others || optopt >= FIRST_INDEX ||
        find_option(form->ours, optopt))
        return false;
    if (optopt)
        xl_args_add_letter(args, optopt, NULL);
    else
        xl_args_add(args, word);
    return true;
}

static int take_option(const cli_option *option, xl_args *args)
{
    if (args && option->xl)
        xl_args_add(args, option->xl);
    if (option->flag)
        *option->flag = true;
    if (option->value)
        *option->value = optarg;
    return option->take ? option->take(option->into, optarg) : CLI_OK;
}

/* With @args NULL nothing is handed on. */
static int read_options(xl_args *args, const xl_args_form *form, int argc,
                        char **argv)
{
    struct option options[MAX_OPTIONS + 2];
    char letters[4 * MAX_OPTIONS + 2];
    const cli_option *option;
    int opt, code = CLI_OK;

    make_long(form->ours, options);
    make_short(form->ours, form->letters, letters);
    opterr = !form->others;
    while (!code &&
           (opt = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        if (opt == 'h')
            return cli_help();
        if (opt == '?') {
            if (!hand_on_other(args, form, argv[optind - 1]))
                return cli_usage();
            continue;
        }
        option = find_option(form->ours, opt);
        if (option)
            code = take_option(option, args);
        else if (args)
            xl_args_add_letter(args, opt, optarg);
    }
    return code ? code : CLI_GO_ON;
}

int cli_read_options(const cli_option *table, int argc, char **argv)
{
    const xl_args_form form = { .letters = "", .ours = table };

    return read_options(NULL, &form, argc, argv);
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
    code = read_options(args, form, argc, argv);
    if (code != CLI_GO_ON)
        return code;
    args->names = argv + optind;
    args->num_names = (unsigned int)(argc - optind);
    if (args->num_names < form->min_names || args->num_names > form->max_names)
        return cli_usage();
    code = cli_only_here(options, form->command);
    return code ? code : CLI_GO_ON;
}
