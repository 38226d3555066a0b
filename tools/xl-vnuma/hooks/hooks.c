/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The object that xl-vnuma loads into xl: creating.  Inside xl, and only
 * there, it registers libvnuma-xen's builder hooks and stands between xl and
 * libxl_domain_create_new(): before the build it compares what xl understood
 * with what was planned, behind it it settles and reads back.  xl's monitor
 * re-creates the guest on reboot in the same process image, so all of this
 * happens again then.
 *
 * What happens is told to the xl-vnuma that started us, over a socket, one
 * message a line (message.h); on a reboot there is nobody any more, and errors
 * go to stderr, which is then xl's log.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libxl.h>
#include <libxl_utils.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xenctrl.h>

#include "hooks/hooks.h"
#include "hooks/message.h"
#include "hooks/next.h"
#include "hooks/release.h"
#include "hooks/tell.h"
#include "vnuma_xen.h"

static char *expected; /* from vnuma_xen_describe_plan(); NULL: not any more */
static char *places;   /* of the vnodes; also when the guest reboots */
static bool pin;       /* likewise */
static const libxl_domain_config *current_config; /* the one being built */
static vnuma_xen_built current_built;             /* what it was given */
static char refusal[160]; /* of Xen's, that libxl went on after */

/* ---- what the hooks say ----------------------------------------------------- */

static void started(void *user, uint32_t domid)
{
    char uuid[LIBXL_UUID_FMTLEN + 1] = "";

    (void)user;
    if (current_config)
        snprintf(uuid, sizeof(uuid), LIBXL_UUID_FMT,
                 LIBXL_UUID_BYTES(current_config->c_info.uuid));
    tell(REPORT_DOMAIN " %" PRIu32 " %s", domid, uuid);
}

static void failed(void *user, uint32_t domid, const vnuma_diags *diags)
{
    (void)user;
    (void)domid;
    tell_diags(diags);
}

/* For the time behind the build; without memory less is compared then. */
static void keep_built(const vnuma_xen_built *built)
{
    if (!vnuma_xen_built_copy(built, &current_built))
        return;
    vnuma_xen_built_dispose(&current_built);
    current_built.num_pages = built->num_pages;
}

static void populated(void *user, uint32_t domid, const vnuma_xen_built *built)
{
    (void)user;
    (void)domid;
    keep_built(built);
    tell_built(built);
}

/* libxl has filled in its defaults by the time that memory is built. */
static uint64_t later_memkb(void *user, uint32_t domid)
{
    (void)user;
    (void)domid;
    if (!current_config ||
        current_config->b_info.type != LIBXL_DOMAIN_TYPE_HVM ||
        current_config->b_info.video_memkb == LIBXL_MEMKB_DEFAULT)
        return 0;
    return current_config->b_info.video_memkb;
}

static bool find_place(void *user, uint32_t domid, unsigned int vnode,
                       vnuma_place *place_r)
{
    const char *word = places;

    (void)user;
    (void)domid;
    for (; word && vnode; vnode--) {
        word = strchr(word, ';');
        word = word ? word + 1 : NULL;
    }
    return word && vnuma_place_parse(word, place_r);
}

/* ---- in between xl and libxl --------------------------------------------------- */

/* What xl read may be another file than we did, or another understanding. */
static int compare_with_plan(const libxl_domain_config *d_config)
{
    char *understood;
    int rc = 0;

    if (!expected)
        return 0;
    understood = vnuma_xen_describe_build_info(&d_config->b_info);
    if (!understood || strcmp(understood, expected)) {
        tell(REPORT_ERROR
             " error: xl understood the file differently than planned: "
             "\"%s\", not \"%s\" [readers-differ]\n",
             understood ? understood : "", expected);
        rc = ERROR_INVAL;
    }
    free(understood);
    return rc;
}

static int check_refusal(void)
{
    if (!refusal[0])
        return 0;
    tell(REPORT_ERROR " error: %s [xen-refused]\n", refusal);
    return ERROR_FAIL;
}

static int prepare(libxl_ctx *ctx, libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    vnuma_diags_init(&diags);
    rc = vnuma_xen_prepare(ctx, d_config, pin, &diags);
    tell_diags(&diags);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

/*
 * xl may be killed while Xen makes the domain, before anybody knows its
 * number: so it can be found by its UUID, unless that is another's already.
 */
static void announce(libxl_ctx *ctx, const libxl_uuid *uuid)
{
    libxl_dominfo *infos;
    bool taken = false;
    int i, num_infos;

    if (!tell_is_heard())
        return;
    infos = libxl_list_domain(ctx, &num_infos);
    if (!infos)
        return;
    for (i = 0; i < num_infos; i++)
        taken |= !libxl_uuid_compare(&infos[i].uuid, uuid);
    libxl_dominfo_list_free(infos, num_infos);
    if (!taken)
        tell(REPORT_BEGIN " " LIBXL_UUID_FMT, LIBXL_UUID_BYTES(*uuid));
}

void preload_begin(libxl_ctx *ctx, const libxl_domain_config *d_config)
{
    current_config = d_config;
    vnuma_xen_built_dispose(&current_built);
    refusal[0] = '\0';
    announce(ctx, &d_config->c_info.uuid);
}

void preload_take_built(vnuma_xen_built *built)
{
    vnuma_xen_built_dispose(&current_built);
    current_built = *built;
    vnuma_xen_built_init(built);
}

int preload_settle(libxl_ctx *ctx, uint32_t domid,
                   const libxl_domain_config *d_config)
{
    vnuma_diags diags;
    int rc;

    rc = check_refusal();
    if (rc)
        return rc;
    vnuma_diags_init(&diags);
    rc = vnuma_xen_settle(ctx, domid, d_config, &current_built, &diags);
    if (rc)
        tell_diags(&diags);
    else
        tell(REPORT_DONE " %" PRIu32, domid);
    vnuma_diags_dispose(&diags);
    return rc ? ERROR_FAIL : 0;
}

/* The first guest is all that the xl-vnuma outside waits for. */
void preload_end(void)
{
    current_config = NULL;
    /* Of one that comes from another host there is more to tell. */
    if (!preload_is_incoming())
        tell_no_more();
    free(expected);
    expected = NULL;
}

#undef libxl_domain_create_new
int libxl_domain_create_new(libxl_ctx *ctx, libxl_domain_config *d_config,
                            uint32_t *domid, const libxl_asyncop_how *ao_how,
                            const libxl_asyncprogress_how *aop_console_how)
{
    PRELOAD_NEXT(real, libxl_domain_create_new);
    int rc;

    if (!real)
        return ERROR_FAIL;
    if (!d_config->b_info.num_vnuma_nodes && !expected)
        return real(ctx, d_config, domid, ao_how, aop_console_how);

    rc = compare_with_plan(d_config);
    if (!rc)
        rc = prepare(ctx, d_config);
    if (!rc) {
        preload_begin(ctx, d_config);
        rc = real(ctx, d_config, domid, ao_how, aop_console_how);
    }
    if (!rc)
        rc = preload_settle(ctx, *domid, d_config);
    preload_end();
    return rc;
}

/*
 * From here on there is a domain that has to go when xl is ended; its paging
 * pool alone can take seconds before the first hook runs.
 */
int xc_domain_create(xc_interface *xch, uint32_t *domid,
                     struct xen_domctl_createdomain *config)
{
    PRELOAD_NEXT(real, xc_domain_create);
    int r;

    if (!real)
        return -1;
    r = real(xch, domid, config);
    /* A device model's own domain has another handle. */
    if (!r && current_config &&
        !memcmp(config->handle,
                libxl_uuid_bytearray_const(&current_config->c_info.uuid),
                sizeof(config->handle)))
        started(NULL, *domid);
    return r;
}

/* ---- what libxl and libxenguest do not look at ------------------------------------ */

/*
 * They go on when one of these is refused, and the guest then lacks its
 * console, its xenstore or its cache settings, or has its paging pool on any
 * node.  A guest that is said to be built has all of it.
 */
__attribute__((format(printf, 1, 2))) static void
note_refusal(const char *format, ...)
{
    int saved_errno = errno;
    va_list args;
    size_t len;

    if (!current_config || refusal[0])
        return;
    va_start(args, format);
    vsnprintf(refusal, sizeof(refusal), format, args);
    va_end(args);
    len = strlen(refusal);
    snprintf(refusal + len, sizeof(refusal) - len, ": Xen refused: %s",
             strerror(saved_errno));
    errno = saved_errno;
}

int xc_hvm_param_set(xc_interface *xch, uint32_t domid, uint32_t param,
                     uint64_t value)
{
    PRELOAD_NEXT(real, xc_hvm_param_set);
    int r;

    if (!real)
        return -1;
    r = real(xch, domid, param, value);
    if (r)
        note_refusal("setting the guest's HVM parameter %" PRIu32, param);
    return r;
}

int xc_domain_hvm_setcontext(xc_interface *xch, uint32_t domid,
                             uint8_t *context, uint32_t size)
{
    PRELOAD_NEXT(real, xc_domain_hvm_setcontext);
    int r;

    if (!real)
        return -1;
    r = real(xch, domid, context, size);
    if (r)
        note_refusal("setting a vcpu's state");
    return r;
}

int xc_domain_node_setaffinity(xc_interface *xch, uint32_t domid,
                               xc_nodemap_t nodemap)
{
    PRELOAD_NEXT(real, xc_domain_node_setaffinity);
    int r;

    if (!real)
        return -1;
    r = real(xch, domid, nodemap);
    if (r)
        note_refusal("setting the domain's node affinity");
    return r;
}

/* ---- what others populate for the guest ----------------------------------------- */

/* What names no node itself, and is populated where we know a better one. */
static bool find_node(uint32_t domid, unsigned int *mem_flags)
{
    uint32_t pnode = vnuma_xen_special_pnode(domid);

    if (pnode == VNUMA_PNODE_AUTO ||
        XENMEMF_get_node(*mem_flags) != XENMEMF_get_node(0))
        return false;
    *mem_flags |= XENMEMF_exact_node(pnode);
    return true;
}

/*
 * Xen keeps the low memory of its node 0 for last when no exact node is asked
 * for, and takes another node's first.  So special pages and PVH's tables ask;
 * if there is none they go where they would have gone.
 */
int xc_domain_populate_physmap(xc_interface *xch, uint32_t domid,
                               unsigned long num_extents, unsigned int order,
                               unsigned int mem_flags, xen_pfn_t *extents)
{
    PRELOAD_NEXT(real, xc_domain_populate_physmap);
    unsigned int exact = mem_flags;
    int done = 0, more;

    if (!real)
        return -1;
    if (find_node(domid, &exact))
        done = real(xch, domid, num_extents, order, exact, extents);
    if (done < 0)
        done = 0;
    if (done && (unsigned long)done == num_extents)
        return done;
    more = real(xch, domid, num_extents - done, order, mem_flags,
                extents + done);
    return more < 0 && !done ? more : done + (more < 0 ? 0 : more);
}

int xc_domain_populate_physmap_exact(xc_interface *xch, uint32_t domid,
                                     unsigned long num_extents,
                                     unsigned int order,
                                     unsigned int mem_flags,
                                     xen_pfn_t *extents)
{
    PRELOAD_NEXT(real, xc_domain_populate_physmap_exact);
    PRELOAD_NEXT(some, xc_domain_populate_physmap);
    unsigned int exact = mem_flags;
    int done = 0;

    if (preload_is_refilling() && !order)
        return preload_refill(num_extents, extents);
    if (!real || !some)
        return -1;
    if (find_node(domid, &exact))
        done = some(xch, domid, num_extents, order, exact, extents);
    if (done < 0)
        done = 0;
    if (done && (unsigned long)done == num_extents)
        return 0;
    return real(xch, domid, num_extents - done, order, mem_flags,
                extents + done);
}

/* ---- loading ---------------------------------------------------------------------- */

/* What xl starts must not load us again. */
static void restore_environment(void)
{
    const char *before = getenv(ENV_OLD_PRELOAD);

    if (before && *before)
        setenv("LD_PRELOAD", before, 1);
    else
        unsetenv("LD_PRELOAD");
    unsetenv(ENV_OLD_PRELOAD);
    unsetenv(ENV_PLAN);
    unsetenv(ENV_PLACES);
    unsetenv(ENV_PIN);
}

static void take_environment(void)
{
    const char *plan = getenv(ENV_PLAN), *where = getenv(ENV_PLACES);

    tell_from_environment();
    preload_move_from_environment();
    if (plan)
        expected = strdup(plan);
    pin = getenv(ENV_PIN);
    if (where)
        places = strdup(where);
}

__attribute__((constructor)) static void load(void)
{
    static const vnuma_xen_hooks hooks = {
        .started = started,
        .progress = tell_progress,
        .failed = failed,
        .populated = populated,
        .later_memkb = later_memkb,
        .place = find_place,
    };
    char release[32];

    /* xl may be a shell script around the real one, as on Debian. */
    if (strcmp(program_invocation_short_name, "xl"))
        return;
    take_environment();
    restore_environment();
    if (preload_other_release(release, sizeof(release))) {
        fprintf(stderr,
                "xl-vnuma: built for Xen " XEN_RELEASE ", this xl is of Xen "
                "%s: install the xl-vnuma for that release\n",
                release);
        _exit(3);
    }
    if (vnuma_xen_hooks_register(&hooks)) {
        fprintf(stderr, "xl-vnuma: cannot register builder hooks: %s\n",
                strerror(errno));
        _exit(3);
    }
    tell(REPORT_HELLO " " XEN_RELEASE);
}
