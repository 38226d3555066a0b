/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma create: check and plan the guest, let xl create it with our
 * builder hooks inside, and say where its memory is.
 */
#include "config.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "create_args.h"
#include "guest.h"
#include "run_xl.h"
#include "vnuma_xen.h"

typedef struct {
    create_args args;
    cli_guest guest;
    vnuma_plan plan;
    int code; /* of what was found out when the guest was built */
} create;

/* ---- where the memory is ------------------------------------------------------ */

static uint64_t share_pages(const run_share *share)
{
    return (share->num_1g << VNUMA__ORDER_1G) +
           (share->num_2m << VNUMA__ORDER_2M) + share->num_4k;
}

static uint64_t promised_on(const run_result *result, uint32_t pnode)
{
    unsigned int i;

    for (i = 0; i < result->num_shares; i++)
        if (result->shares[i].pnode == pnode)
            return share_pages(&result->shares[i]);
    return 0;
}

static void print_split(const run_result *result)
{
    unsigned int i;

    for (i = 0; i < result->num_shares; i++)
        printf("  pnode %" PRIu32 ": %" PRIu64 " pages in %" PRIu64
               " x 1G, %" PRIu64 " x 2M, %" PRIu64 " x 4K\n",
               result->shares[i].pnode, share_pages(&result->shares[i]),
               result->shares[i].num_1g, result->shares[i].num_2m,
               result->shares[i].num_4k);
}

static void print_others(const vnuma_xen_residency *residency,
                         const run_result *result, uint32_t wanted)
{
    uint64_t others = 0, away = 0;
    unsigned int i;

    /* A guest that runs already may have given pages back. */
    if (residency->num_pages > result->num_pages)
        others = residency->num_pages - result->num_pages;

    printf("  %" PRIu64 " special and video RAM pages:", others);
    for (i = 0; i < residency->num_nodes; i++) {
        const vnuma_xen_node_pages *node = &residency->nodes[i];
        uint64_t promised = promised_on(result, node->pnode);

        if (node->num_pages <= promised)
            continue;
        printf(" %" PRIu64 " on pnode %" PRIu32,
               node->num_pages - promised, node->pnode);
        if (node->pnode != wanted)
            away += node->num_pages - promised;
    }
    putchar('\n');
    if (away)
        printf("  %" PRIu64 " of them are not on pnode %" PRIu32
               ": Xen keeps its low memory for last\n",
               away, wanted);
}

/* The hypervisor's own count against what was promised. */
static int verify_by_hypervisor(create *c, const run_result *result)
{
    vnuma_xen_residency residency;
    uint64_t right = 0;
    vnuma_diags diags;
    vnuma_xen *xen = NULL;
    unsigned int i;
    int rc;

    vnuma_diags_init(&diags);
    vnuma_xen_residency_init(&residency);
    rc = vnuma_xen_open(&xen, &diags);
    if (!rc)
        rc = vnuma_xen_get_residency(xen, result->domid, &residency, &diags);
    cli_print_diags(&diags);
    if (rc)
        goto out;

    for (i = 0; i < residency.num_nodes; i++) {
        uint64_t promised = promised_on(result, residency.nodes[i].pnode);
        uint64_t pages = residency.nodes[i].num_pages;

        right += pages < promised ? pages : promised;
    }
    printf("%s: %" PRIu64 " of %" PRIu64 " pages on their nodes, by the "
           "hypervisor's count\n",
           c->guest.config.name ? c->guest.config.name : "guest", right,
           result->num_pages);
    print_split(result);
    print_others(&residency, result, c->plan.vnodes[0].pnode);
    rc = right == result->num_pages ? 0 : VNUMA_ERROR_XEN;

out:
    vnuma_xen_close(xen);
    vnuma_xen_residency_dispose(&residency);
    vnuma_diags_dispose(&diags);
    return cli_code(rc);
}

static int verify_by_count(create *c, const run_result *result)
{
    printf("%s: %" PRIu64 " of %" PRIu64 " pages on their nodes\n",
           c->guest.config.name ? c->guest.config.name : "guest",
           result->num_pages, result->num_pages);
    print_split(result);
    return CLI_OK;
}

static void built(void *user, const run_result *result)
{
    create *c = user;

    if (!c->plan.num_vnodes)
        return; /* a guest without vNUMA: nothing was promised */
    if (c->args.verify == VERIFY_HYPERVISOR)
        c->code = verify_by_hypervisor(c, result);
    else if (!c->args.quiet)
        c->code = verify_by_count(c, result);
    if (fflush(stdout) && !c->code)
        c->code = cli_fail(CLI_ENVIRONMENT, "standard output: %s",
                           strerror(errno));
}

/* ---- what is left when it failed -------------------------------------------------- */

static bool read_uuid(const char *text, uint8_t uuid[16])
{
    unsigned int i, digit, digits = 0;

    memset(uuid, 0, 16);
    for (i = 0; text[i] && digits < 32; i++) {
        if (text[i] == '-')
            continue;
        if (sscanf((char[]){ text[i], 0 }, "%1x", &digit) != 1)
            return false;
        uuid[digits / 2] = uuid[digits / 2] << 4 | digit;
        digits++;
    }
    return digits == 32;
}

/*
 * xl removes a domain that it could not build, unless xl itself was ended.  A
 * guest of an xl that ended well is left alone, whatever was not heard of it.
 */
static void remove_remains(void *user, const run_result *result)
{
    vnuma_xen *xen = NULL;
    vnuma_diags diags;
    uint8_t uuid[16];

    (void)user;
    if (!result->has_domain || result->done || !result->exit_status ||
        !read_uuid(result->uuid, uuid))
        return;
    vnuma_diags_init(&diags);
    if (!vnuma_xen_open(&xen, &diags))
        vnuma_xen_destroy(xen, result->domid, uuid, &diags);
    cli_print_diags(&diags);
    vnuma_xen_close(xen);
    vnuma_diags_dispose(&diags);
}

static int judge(const create *c, const run_result *result)
{
    if (result->signal)
        return cli_fail(CLI_ENVIRONMENT, "xl was ended by signal %d (%s)",
                        result->signal, strsignal(result->signal));
    if (result->exit_status)
        return result->has_error
                   ? cli_fail(CLI_REFUSED, "the guest was not created")
                   : cli_fail(CLI_REFUSED,
                              "xl create failed (exit status %d); its reason "
                              "is above",
                              result->exit_status);
    if (c->args.dry_run)
        return CLI_OK;
    if (!result->loaded)
        return cli_fail(CLI_ENVIRONMENT,
                        "xl created the guest without us: it did not load "
                        "%s; destroy the guest, its memory is not where the "
                        "file says",
                        run_hooks_path());
    if (!result->done)
        return cli_fail(CLI_ENVIRONMENT,
                        "xl ended without telling us of a guest; its reason "
                        "is above");
    if (c->plan.num_vnodes && !result->num_pages)
        return cli_fail(CLI_ENVIRONMENT,
                        "xl built the guest without our memory step; destroy "
                        "it, its memory is not where the file says");
    return c->code;
}

/* ---- the way there ------------------------------------------------------------------ */

/*
 * ld.so only says that it ignores an object which it cannot load, and xl goes
 * on without it; so it is tried here, where nothing has been created yet.
 */
static int check_hooks(void)
{
    void *object = dlopen(run_hooks_path(), RTLD_NOW | RTLD_LOCAL);

    if (!object)
        return cli_fail(CLI_ENVIRONMENT, "create: %s", dlerror());
    dlclose(object);
    return CLI_OK;
}

/*
 * What the file leaves out reaches xl as one more setting, with everything
 * explicit; a file that says it all goes to xl as it is.
 */
static int make_explicit(create *c, char **setting_r)
{
    *setting_r = NULL;
    if (!c->plan.num_vnodes || vnuma_config_is_full(&c->guest.config))
        return CLI_OK;
    *setting_r = vnuma_plan_to_setting(&c->plan);
    if (!*setting_r)
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    c->args.xl_args[c->args.num_xl_args++] = *setting_r;
    return CLI_OK;
}

static int run(create *c)
{
    run_result result = { 0 };
    char *plan, *setting;
    int r, code;

    code = make_explicit(c, &setting);
    if (code)
        return code;
    code = check_hooks();
    plan = code ? NULL : vnuma_xen_describe_plan(&c->plan);
    if (!plan && code) {
        free(setting);
        return code;
    }
    if (!plan) {
        free(setting);
        return cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    r = run_xl(c->args.xl_args, plan, c->args.quiet,
               &(run_hooks){ built, remove_remains, c }, &result);
    free(setting);
    free(plan);
    if (r)
        return cli_fail(CLI_ENVIRONMENT, "cannot run xl: %s%s",
                        strerror(errno),
                        errno == ENOENT ? " (is xen-utils installed?)" : "");
    return judge(c, &result);
}

static int check_and_plan(create *c)
{
    cli_options live = { NULL, 0 };
    cli_host host;
    int code;

    cli_host_init(&host);
    code = cli_host_load(&live, &host);
    if (!code)
        code = cli_guest_check(&c->guest, c->args.cfg, &host.topology,
                               c->args.settings, c->args.num_settings, true);
    if (!code && c->guest.config.vnuma_span.source)
        code = cli_guest_plan(&c->guest, &host.topology, NULL, &c->plan);
    if (!code)
        code = cli_code(vnuma_xen_compare(&c->guest.source, &c->guest.diags));
    if (!c->args.quiet || code)
        cli_print_diags(&c->guest.diags);
    cli_host_dispose(&host);
    return code;
}

int main_create(const cli_options *options, int argc, char **argv)
{
    create c = { .code = CLI_OK };
    int code;

    cli_guest_init(&c.guest);
    vnuma_plan_init(&c.plan);

    code = create_args_parse(&c.args, options->verbose, argc, argv);
    if (code)
        goto out;
    if (c.args.help) {
        code = cli_help("create");
        goto out;
    }
    if (options->host_path) {
        code = cli_fail(CLI_USAGE, "create is for this host: no --host");
        goto out;
    }
    if (!strcmp(c.args.cfg, "-")) {
        /* xl has to read the same file after us. */
        code = cli_fail(CLI_USAGE, "create: xl cannot read standard input");
        goto out;
    }
    code = check_and_plan(&c);
    if (!code)
        code = run(&c);

out:
    vnuma_plan_dispose(&c.plan);
    cli_guest_dispose(&c.guest);
    create_args_dispose(&c.args);
    return code;
}
