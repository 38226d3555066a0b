/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma dom0 set and reset: the running dom0's limits. */
#include "config.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/xen_calls.h"
#include "commands/dom0.h"

#define DEFAULT_TIMEOUT_S 120u

/* ---- while it waits ----------------------------------------------------- */

static volatile sig_atomic_t stopped;

static void stop(int signal)
{
    (void)signal;
    stopped = 1;
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
    static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
    const struct sigaction action = { .sa_handler = stop,
                                      .sa_flags = SA_RESTART };
    unsigned int i;

    *watching = (dom0_watching){ .is_terminal = isatty(STDERR_FILENO) };
    request->progress = show_progress;
    request->user = watching;
    stopped = 0;
    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        sigaction(signals[i], &action, NULL);
}

void dom0_unwatch(const dom0_watching *watching)
{
    if (watching->is_shown)
        fputc('\n', stderr);
}

/* ---- arguments ---------------------------------------------------------- */

/* An option whose argument is a number from 1 on. */
typedef struct {
    const char *name;
    uint64_t most;  /* 0: it is a size in MiB */
    uint64_t value; /* 0: not given */
} number_option;

static int take_number(void *into, const char *text)
{
    number_option *option = into;
    uint64_t most = option->most ? option->most : UINT64_C(1) << 32;
    vnuma__text digits = { .ptr = text, .len = strlen(text) };

    if (vnuma__text_to_u64(digits, most, &option->value) && option->value)
        return CLI_OK;
    if (!option->most)
        return cli_fail(CLI_USAGE, "%s %s: write a number of MiB",
                        option->name, text);
    return cli_fail(CLI_USAGE, "%s %s: write a number from 1 to %" PRIu64,
                    option->name, text, most);
}

static int take_nodes(void *into, const char *argument)
{
    vnuma_xen_dom0_request *request = into;
    vnuma__text text = { .ptr = argument, .len = strlen(argument) }, piece;
    int rc = 0;

    while (!rc && vnuma__text_next(&text, ',', &piece))
        if (vnuma__text_equal(piece, "relaxed"))
            request->relaxed = true;
        else if (vnuma__text_equal(piece, "strict"))
            request->relaxed = false;
        else
            rc = vnuma__text_add_range(piece, VNUMA_MAX_PNODES - 1,
                                       &request->pnodes);
    if (rc == VNUMA_ERROR_NOMEM)
        return cli_code(rc);
    if (rc)
        return cli_fail(CLI_USAGE,
                        "--nodes %s: write Xen's node numbers, as 0,2-3, and "
                        "\"relaxed\" to make them only preferred",
                        argument);
    if (!vnuma_bitmap_count(&request->pnodes))
        return cli_fail(CLI_USAGE, "--nodes %s: it names no node", argument);
    return CLI_OK;
}

/* ---- making the change -------------------------------------------------- */

static int say_dom0(vnuma_xen *xen, vnuma_diags *diags)
{
    vnuma_xen_dom0 dom0 = { 0 };
    int rc = vnuma_xen_dom0_get(xen, &dom0, diags);

    if (!rc)
        printf("dom0: %" PRIu64 " MiB, at most %" PRIu64 " MiB; %u vcpus\n",
               dom0.memkb >> 10, dom0.settings.static_max_memkb >> 10,
               vnuma_bitmap_count(&dom0.online));
    vnuma_xen_dom0_dispose(&dom0);
    return rc;
}

static int run_request(vnuma_xen_dom0_request *request, bool is_reset)
{
    dom0_watching watching;
    vnuma_xen *xen = NULL;
    vnuma_diags diags = { 0 };
    int rc;

    rc = vnuma_xen_open(&xen, &diags);
    if (!rc) {
        dom0_watch(request, &watching);
        rc = is_reset ? vnuma_xen_dom0_reset(xen, request, &diags)
                      : vnuma_xen_dom0_set(xen, request, &diags);
        dom0_unwatch(&watching);
    }
    if (!rc) {
        cli_has_done();
        rc = say_dom0(xen, &diags);
    }
    vnuma_xen_close(xen);
    return cli_end(&diags, rc);
}

/* Reads the options; there are no other arguments. */
static int read_options(const cli_options *options, const cli_option *table,
                        int argc, char **argv)
{
    int code;

    if (options->host_path)
        return cli_fail(CLI_USAGE, "dom0 set and reset use this host: "
                                   "omit --host");
    code = cli_read_options(table, argc, argv);
    return code == CLI_GO_ON && optind != argc ? cli_usage() : code;
}

int dom0_set(const cli_options *options, int argc, char **argv)
{
    number_option mem = { "--mem", 0, 0 }, max = { "--max", 0, 0 };
    number_option floor = { "--min-mem", 0, 0 },
                  vcpus = { "--vcpus", 8192, 0 };
    number_option timeout = { "--timeout", 86400, DEFAULT_TIMEOUT_S };
    vnuma_xen_dom0_request request = { .memkb = 0 };
    const cli_option table[] = {
        { .name = "mem", .take = take_number, .into = &mem },
        { .name = "max", .take = take_number, .into = &max },
        { .name = "min-mem", .take = take_number, .into = &floor },
        { .name = "nodes", .take = take_nodes, .into = &request },
        { .name = "vcpus", .take = take_number, .into = &vcpus },
        { .name = "pin", .flag = &request.pin },
        { .name = "timeout", .take = take_number, .into = &timeout },
        { .name = NULL },
    };
    int code = read_options(options, table, argc, argv);

    request.memkb = mem.value << 10;
    request.max_memkb = max.value << 10;
    request.floor_memkb = floor.value << 10;
    request.num_vcpus = vcpus.value;
    request.timeout_ms = timeout.value * 1000;
    if (code == CLI_GO_ON && !request.memkb && !request.max_memkb &&
        !request.num_vcpus && !request.pin &&
        !vnuma_bitmap_count(&request.pnodes))
        code = cli_fail(CLI_USAGE, "dom0 set: nothing to set (--mem, --max, "
                                   "--nodes, --vcpus, --pin)");
    if (code == CLI_GO_ON)
        code = run_request(&request, false);
    vnuma_bitmap_dispose(&request.pnodes);
    return code;
}

int dom0_reset(const cli_options *options, int argc, char **argv)
{
    number_option timeout = { "--timeout", 86400, DEFAULT_TIMEOUT_S };
    const cli_option table[] = {
        { .name = "timeout", .take = take_number, .into = &timeout },
        { .name = NULL },
    };
    vnuma_xen_dom0_request request = { .memkb = 0 };
    int code = read_options(options, table, argc, argv);

    request.timeout_ms = timeout.value * 1000;
    return code == CLI_GO_ON ? run_request(&request, true) : code;
}
