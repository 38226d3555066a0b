/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma plan: where each vnode of a guest will live, and why; -o writes the
 * file that says so to plain xl.
 */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest.h"

typedef struct {
    bool json;
    const char *output; /* of -o; NULL: none */
    vnuma_plan_options options;
} plan_args;

static bool put_text(FILE *f, const char *text)
{
    bool ok = f && fputs(text, f) >= 0;

    return f && !fclose(f) && ok;
}

/* Whole or not at all: beside its place first, then moved there. */
static bool replace_file(const char *path, mode_t mode, const char *text)
{
    bool ok = false;
    char *beside;
    int fd;

    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return false;
    fd = mkstemp(beside);
    if (fd >= 0) {
        ok = !fchmod(fd, mode) && put_text(fdopen(fd, "w"), text) &&
             !rename(beside, path);
        if (!ok)
            unlink(beside);
    }
    free(beside);
    return ok;
}

/* A link stays a link, a device a device, and a file keeps its mode. */
static int write_file(const char *path, const char *text)
{
    mode_t mask = umask(0);
    char *target = NULL;
    struct stat st;
    bool ok;

    umask(mask);
    if (stat(path, &st)) {
        ok = replace_file(path, 0666 & ~mask, text);
    } else if (!S_ISREG(st.st_mode)) {
        ok = put_text(fopen(path, "w"), text);
    } else {
        target = realpath(path, NULL);
        ok = target && replace_file(target, st.st_mode & 07777, text);
    }
    if (!ok)
        cli_fail(CLI_ENVIRONMENT, "%s: %s", path, strerror(errno));
    free(target);
    return ok ? CLI_OK : CLI_ENVIRONMENT;
}

static int write_cfg(const plan_args *args, const cli_guest *guest,
                     const vnuma_plan *plan)
{
    char *text;
    int code;

    text = vnuma_plan_to_cfg(plan, &guest->source, &guest->config);
    if (!text)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    if (!strcmp(args->output, "-"))
        return cli_answer(text);
    code = write_file(args->output, text);
    free(text);
    return code;
}

static int answer(const plan_args *args, const cli_guest *guest,
                  const vnuma_plan *plan)
{
    int code = CLI_OK;

    if (args->output && plan->feasible)
        code = write_cfg(args, guest, plan);
    /* With -o - the file is the answer. */
    if (code || (args->output && !strcmp(args->output, "-")))
        return code;
    return cli_answer(args->json ? vnuma_plan_to_json(plan)
                                 : vnuma_plan_to_text(plan));
}

static int plan_file(const char *path, const vnuma_topology *topology,
                     const plan_args *args)
{
    cli_guest guest;
    vnuma_plan plan;
    int code, answered;

    cli_guest_init(&guest);
    vnuma_plan_init(&plan);

    code = cli_guest_check(&guest, path, topology, NULL, 0, true);
    if (!code && guest.config.vnuma_span.source)
        code = cli_guest_plan(&guest, topology, &args->options, &plan);
    else if (!code)
        code = cli_fail(CLI_REFUSED, "%s: there is no vnuma= to plan",
                        guest.source.name);
    cli_print_diags(&guest.diags);
    /* That nothing fits, and why, is an answer too. */
    if (!code || (args->json && plan.num_reasons)) {
        answered = answer(args, &guest, &plan);
        if (answered)
            code = answered;
    }

    vnuma_plan_dispose(&plan);
    cli_guest_dispose(&guest);
    return code;
}

/* "MB" or "MB@NODE": keep that much free, on every pnode or on one. */
static int parse_reserve(const char *text, vnuma_plan_options *options)
{
    unsigned long long mib, pnode = VNUMA_PNODE_AUTO;
    char *end;

    errno = 0;
    mib = strtoull(text, &end, 10);
    if (*end == '@' && end != text && end[1] >= '0' && end[1] <= '9')
        pnode = strtoull(end + 1, &end, 10);
    if (errno || end == text || *end || text[0] < '0' || text[0] > '9' ||
        mib > UINT64_MAX >> 20 || pnode > VNUMA_PNODE_AUTO)
        return cli_fail(CLI_USAGE, "--reserve %s: it is MIB or MIB@PNODE",
                        text);
    if (vnuma_plan_options_reserve(options, pnode, mib * 1024))
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    return CLI_OK;
}

static int parse_args(plan_args *args, int argc, char **argv)
{
    static const struct option long_options[] = {
        { "json", no_argument, NULL, 'j' },
        { "output", required_argument, NULL, 'o' },
        { "reserve", required_argument, NULL, 'r' },
        { "help", no_argument, NULL, 'h' },
        { NULL, 0, NULL, 0 },
    };
    int opt, code;

    while ((opt = getopt_long(argc, argv, "ho:", long_options, NULL)) != -1)
        switch (opt) {
        case 'j':
            args->json = true;
            break;
        case 'o':
            args->output = optarg;
            break;
        case 'r':
            code = parse_reserve(optarg, &args->options);
            if (code)
                return code;
            break;
        case 'h':
            cli_help("plan");
            exit(CLI_OK);
        default:
            return cli_usage("plan");
        }
    return optind == argc - 1 ? CLI_OK : cli_usage("plan");
}

int main_plan(const cli_options *options, int argc, char **argv)
{
    plan_args args = { .json = false };
    cli_host host;
    int code;

    cli_host_init(&host);
    vnuma_plan_options_init(&args.options);
    code = parse_args(&args, argc, argv);
    if (!code)
        code = cli_host_load(options, &host);
    if (!code)
        code = plan_file(argv[optind], &host.topology, &args);
    vnuma_plan_options_dispose(&args.options);
    cli_host_dispose(&host);
    return code;
}
