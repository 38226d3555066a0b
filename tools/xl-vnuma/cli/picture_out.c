/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pictures on the terminal, or in files, by xl-vnuma-picture.so. */
#include "config.h"

#include <dlfcn.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/show.h"

static unsigned int terminal_width(void)
{
    const char *columns = getenv("COLUMNS");
    struct winsize size;
    unsigned long width;

    if (!ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) && size.ws_col)
        return size.ws_col;
    width = columns ? strtoul(columns, NULL, 10) : 0;
    return width && width < 1000 ? width : 80;
}

char *picture_text(const vnuma_topology *topology,
                   const vnuma_domains *domains)
{
    vnuma_draw_options options = { .width = terminal_width() };

    setlocale(LC_CTYPE, "");
    options.utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8");
    options.colour = cli_wants_colour(STDOUT_FILENO);
    return vnuma_draw(topology, domains, &options);
}

int picture_take_path(void *into, const char *argument)
{
    picture_options *options = into;
    const char *dot = strrchr(argument, '.');

    options->path = argument;
    options->format =
        dot && !strcasecmp(dot, ".png") ? PICTURE_PNG : PICTURE_SVG;
    if (options->format == PICTURE_PNG || (dot && !strcasecmp(dot, ".svg")))
        return CLI_OK;
    return cli_fail(CLI_USAGE, "-o %s: a picture's file ends in .svg or .png",
                    argument);
}

int picture_take_theme(void *into, const char *argument)
{
    picture_options *options = into;

    options->is_dark = !strcmp(argument, "dark");
    if (options->is_dark || !strcmp(argument, "light"))
        return CLI_OK;
    return cli_fail(CLI_USAGE, "--theme is light or dark");
}

/* NULL after a message that says what is missing. */
static picture_write_fn *load_writer(void)
{
    picture_write_fn *write_file = NULL;
    void *module;

#ifndef HAVE_CAIRO
    cli_fail(CLI_ENVIRONMENT,
             "this " PROGRAM " was built without cairo, so it cannot write "
             "pictures; --draw without -o draws on the terminal");
    return NULL;
#endif
    module = cli_load_module("xl-vnuma-picture.so");
    if (module)
        write_file = (picture_write_fn *)dlsym(module, PICTURE_SYMBOL);
    if (!write_file)
        cli_fail(CLI_ENVIRONMENT, "cannot write pictures: %s",
                 cli_module_error());
    return write_file;
}

static int write_picture(const vnuma_topology *topology,
                         const vnuma_domains *domains,
                         const picture_options *options)
{
    picture_write_fn *write_file = load_writer();
    vnuma__scene scene = { 0 };
    const char *why;
    int code = CLI_OK;

    if (!write_file)
        return CLI_ENVIRONMENT;
    if (vnuma__scene_build(topology, domains, 0, &scene))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    if (write_file(&scene, options->path, options->format, options->is_dark,
                   &why))
        code = cli_fail(CLI_ENVIRONMENT, "%s: %s", options->path, why);
    vnuma__scene_dispose(&scene);
    return code;
}

int picture_out(const vnuma_topology *topology, const vnuma_domains *domains,
                const picture_options *options)
{
    if (options->path)
        return write_picture(topology, domains, options);
    return cli_answer(picture_text(topology, domains));
}
