/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma dom0 set and reset: the running dom0's limits. */
#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "commands/dom0.h"
#include "vnuma_xen.h"
#include "vnuma_xen_dom0.h"

#define DEFAULT_TIMEOUT_S 120u

/* ---- while it waits -------------------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
}

static void catch_signals(void)
{
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    struct sigaction action;
    unsigned int i;

    memset(&action, 0, sizeof(action));
    action.sa_handler = stop;
    sigemptyset(&action.sa_mask);
    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

static bool show_progress(void *user, uint64_t memkb, uint64_t target_memkb)
{
    dom0_watching *w = user;

    if (w->is_terminal && ++w->polls > 10) {
        fprintf(stderr,
                "\rdom0 has %" PRIu64 " MiB on its way to %" PRIu64 " MiB ",
                memkb >> 10, target_memkb >> 10);
        w->is_shown = true;
    }
    return stopped;
}

void dom0_watch(vnuma_xen_dom0_request *request, dom0_watching *watching)
{
    *watching = (dom0_watching){ .is_terminal = isatty(STDERR_FILENO) };
    request->progress = show_progress;
    request->user = watching;
    stopped = 0;
    catch_signals();
}

void dom0_unwatch(const dom0_watching *watching)
{
    if (watching->is_shown)
        fputc('\n', stderr);
}

/* ---- arguments ----------------------------------------------------------------------- */

static bool read_number(const char *text, uint64_t most, uint64_t *number_r)
{
    char *end;

    errno = 0;
    *number_r = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end && !errno && *number_r &&
           *number_r <= most;
}

static int read_mib(const char *option, const char *text, uint64_t *memkb_r)
{
    uint64_t mib;

    if (!read_number(text, UINT64_C(1) << 32, &mib))
        return cli_fail(CLI_USAGE, "%s %s: write a number of MiB", option,
                        text);
    *memkb_r = mib << 10;
    return CLI_OK;
}

static int read_nodes(const char *text, vnuma_xen_dom0_request *request)
{
    char *copy = strdup(text), *rest = copy, *word, *end;
    int code = copy ? CLI_OK : cli_fail(CLI_ENVIRONMENT, "no memory");
    unsigned long first, last;

    while (!code && (word = strsep(&rest, ","))) {
        if (!strcmp(word, "relaxed") || !strcmp(word, "strict")) {
            request->relaxed = *word == 'r';
            continue;
        }
        first = last = strtoul(word, &end, 10);
        if (end != word && *end == '-')
            last = strtoul(word = end + 1, &end, 10);
        if (end == word || *end || first > last || last >= VNUMA_MAX_PNODES)
            code = cli_fail(CLI_USAGE,
                            "--nodes %s: write Xen's node numbers, as 0,2-3, "
                            "and \"relaxed\" to make them only preferred",
                            text);
        for (; !code && first <= last; first++)
            if (vnuma_bitmap_set(&request->pnodes, first))
                code = cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    free(copy);
    if (!code && !vnuma_bitmap_count(&request->pnodes))
        code = cli_fail(CLI_USAGE, "--nodes %s: it names no node", text);
    return code;
}

static int read_count(const char *option, const char *text, uint64_t most,
                      unsigned int *count_r)
{
    uint64_t number;

    if (!read_number(text, most, &number))
        return cli_fail(CLI_USAGE, "%s %s: write a number from 1 to %" PRIu64,
                        option, text, most);
    *count_r = number;
    return CLI_OK;
}

static int take_option(int opt, vnuma_xen_dom0_request *request)
{
    unsigned int seconds = 0;
    int code;

    switch (opt) {
    case 'm':
        return read_mib("--mem", optarg, &request->memkb);
    case 'M':
        return read_mib("--max", optarg, &request->max_memkb);
    case 'f':
        return read_mib("--min-mem", optarg, &request->floor_memkb);
    case 'n':
        return read_nodes(optarg, request);
    case 'v':
        return read_count("--vcpus", optarg, 8192, &request->num_vcpus);
    case 'p':
        request->pin = true;
        return CLI_OK;
    case 't':
        code = read_count("--timeout", optarg, 86400, &seconds);
        request->timeout_ms = code ? 0 : seconds * 1000;
        return code;
    default:
        return cli_usage();
    }
}

/* ---- making the change -------------------------------------------------- */

static int say_dom0(vnuma_xen *xen, vnuma_diags *diags)
{
    vnuma_xen_dom0 dom0;
    int rc;

    vnuma_xen_dom0_init(&dom0);
    rc = vnuma_xen_dom0_get(xen, &dom0, diags);
    if (!rc)
        printf("dom0: %" PRIu64 " MiB, at most %" PRIu64 " MiB; %u vcpus\n",
               dom0.memkb >> 10, dom0.settings.static_max_memkb >> 10,
               vnuma_bitmap_count(&dom0.online));
    vnuma_xen_dom0_dispose(&dom0);
    return rc;
}

static int run_request(vnuma_xen_dom0_request *request,
                       int (*change)(struct vnuma_xen *xen,
                                     const vnuma_xen_dom0_request *request,
                                     vnuma_diags *diags))
{
    dom0_watching watching;
    vnuma_xen *xen = NULL;
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_open(&xen, &diags);
    if (!rc) {
        dom0_watch(request, &watching);
        rc = change(xen, request, &diags);
        dom0_unwatch(&watching);
    }
    if (!rc)
        rc = say_dom0(xen, &diags);
    cli_print_diags(&diags);
    if (rc == VNUMA_ERROR_NOMEM)
        cli_fail(CLI_ENVIRONMENT, "no memory");
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&diags);
    return rc || !fflush(stdout) ? cli_code(rc) : CLI_ENVIRONMENT;
}

static const struct option long_options[] = {
    { "timeout", required_argument, NULL, 't' },
    { "help", no_argument, NULL, 'h' },
    { "mem", required_argument, NULL, 'm' },
    { "max", required_argument, NULL, 'M' },
    { "min-mem", required_argument, NULL, 'f' },
    { "nodes", required_argument, NULL, 'n' },
    { "vcpus", required_argument, NULL, 'v' },
    { "pin", no_argument, NULL, 'p' },
    { NULL, 0, NULL, 0 },
};

static int refuse_host(const cli_options *options)
{
    return options->host_path
               ? cli_fail(CLI_USAGE, "dom0 set and reset use this host: "
                                     "omit --host")
               : CLI_OK;
}

int dom0_set(const cli_options *options, int argc, char **argv)
{
    vnuma_xen_dom0_request request = { .timeout_ms =
                                           DEFAULT_TIMEOUT_S * 1000 };
    int opt, code = refuse_host(options);

    while (!code &&
           (opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (opt == 'h') {
            vnuma_bitmap_dispose(&request.pnodes);
            return cli_help();
        }
        code = take_option(opt, &request);
    }
    if (!code && optind != argc)
        code = cli_usage();
    if (!code && !request.memkb && !request.max_memkb && !request.num_vcpus &&
        !request.pin && !vnuma_bitmap_count(&request.pnodes))
        code = cli_fail(CLI_USAGE, "dom0 set: nothing to set (--mem, --max, "
                                   "--nodes, --vcpus, --pin)");
    if (!code)
        code = run_request(&request, vnuma_xen_dom0_set);
    vnuma_bitmap_dispose(&request.pnodes);
    return code;
}

int dom0_reset(const cli_options *options, int argc, char **argv)
{
    vnuma_xen_dom0_request request = { .timeout_ms =
                                           DEFAULT_TIMEOUT_S * 1000 };
    int opt, code = refuse_host(options);

    while (!code &&
           (opt = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
        if (opt == 'h')
            return cli_help();
        code = opt == 't' ? take_option(opt, &request) : cli_usage();
    }
    if (!code && optind != argc)
        code = cli_usage();
    return code ? code : run_request(&request, vnuma_xen_dom0_reset);
}
