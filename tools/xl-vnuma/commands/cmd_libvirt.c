/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * xl-vnuma libvirt: libvirt's hook for guests of Xen.  What it prints on
 * stderr is what the user of virsh reads, so a guest that does not fit is
 * refused here; the object in libvirtd (libvirt/) plans again, and gets from
 * here what libxl's configuration cannot say.
 */
#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/print.h"
#include "base/store.h"
#include "cli/guest_files.h"
#include "commands/commands.h"
#include "forms/reader.h"
#include "plan/write_xl.h"
#include "run/ledger.h"

#define WISHES_PARENT "/run/xl-vnuma"
#define WISHES WISHES_PARENT "/libvirt"
#define OURS "urn:xl-vnuma:1" /* the name space of our <metadata> */

typedef struct {
    cli_guest document;
    cli_guest guest; /* of <metadata>, as an xl.cfg; empty: there is none */
    char *text;       /* owned; to be left for the object */
    vnuma_plan *plan; /* owned; of this guest, as the host is now */
    const cli_options *options;
} hook;

/* ---- the document ------------------------------------------------------- */

static bool has_our_name_space(const vnuma__item *element)
{
    const vnuma__item *item;

    VNUMA__ITEM_FOREACH(item, element)
        if (vnuma__text_starts_with(item->name, "xmlns") &&
            vnuma__text_equal(item->value, OURS))
            return true;
    return false;
}

/* The settings in our <metadata>; without ptr: there are none. */
static vnuma__text find_settings(const vnuma_config *config)
{
    const vnuma__item *item;

    VNUMA__ITEM_FOREACH(item,
                        vnuma__item_find(config->kvm->document, "metadata"))
        if (item->tag_end && has_our_name_space(item))
            return item->value;
    return vnuma__no_text;
}

static const char *uuid_of(const hook *h)
{
    const char *uuid = h->document.config->uuid;

    /* It becomes a file's name. */
    return uuid && strlen(uuid) == 36 && !strpbrk(uuid, "/.") ? uuid : NULL;
}

/*
 * "strict" with several nodes has no word in an xl.cfg: memory goes to the one
 * that the plan has chosen, or evenly to all when none has room for all of it.
 */
static void narrow(vnuma__kvm_node *node, const vnuma_plan_vnode *vnode)
{
    vnuma__set *pnodes = &node->own.pnodes;

    if (node->own.policy.value != VNUMA__KVM_STRICT ||
        vnuma__set_count(pnodes) < 2)
        return;
    if (vnode->num_parts > 1) {
        node->own.policy.value = VNUMA__KVM_INTERLEAVE;
        return;
    }
    pnodes->first->first = pnodes->first->last = vnode->pnode;
    pnodes->first->next = NULL;
    pnodes->last = pnodes->first;
}

/* The guest as an xl.cfg, and what its <metadata> has after that. */
static int make_text(hook *h, vnuma__text settings)
{
    const vnuma__port_options options = { .plan = NULL };
    vnuma__kvm_node *node;
    vnuma__port port;
    char *text = NULL;
    int rc = vnuma__port_make(h->document.config, &options, &port,
                              &h->document.diags);

    if (rc)
        return cli_code(rc);
    for (node = port.kvm->nodes; h->plan && node; node = node->next)
        narrow(node,
               vnuma_plan_vnode_at(h->plan, (unsigned int)node->id.value));
    text = vnuma__port_to_xl(&port);
    vnuma__port_dispose(&port);
    if (text && asprintf(&h->text, "%s%.*s\n", text, (int)settings.len,
                         settings.ptr ? settings.ptr : "") < 0)
        h->text = NULL;
    free(text);
    return h->text ? CLI_OK : cli_fail(CLI_ENVIRONMENT, "no memory");
}

/* ---- checking and planning ---------------------------------------------- */

static int plan_guest(hook *h, cli_guest *guest, const vnuma_topology *host)
{
    vnuma__homes homes = { 0 };
    vnuma_plan_options options = { .lived = &guest->lived };

    if (!h->options->host_path)
        kept_load(&homes);
    vnuma__homes_find(&homes, uuid_of(h), guest->config->name, &guest->lived);
    vnuma__homes_dispose(&homes);
    return cli_code(vnuma_plan_build(guest->config, host, &options, &h->plan,
                                     &guest->diags));
}

/* Why the guest does not start; notes are for those that write its XML. */
static void print_reasons(const vnuma_diags *diags)
{
    const vnuma_diag *diag;
    unsigned int i;

    for (i = 0; i < diags->num_items; i++) {
        diag = vnuma_diags_at(diags, i);
        if (diag->severity != VNUMA_SEVERITY_NOTE || diag->related)
            cli_print_diag(diag);
    }
    cli_print_lost(diags);
}

/*
 * With what others have in flight left out, as the object will plan it.  Cells
 * are planned as the XML has them, so that reasons have their places there.
 */
static int check_and_plan(hook *h, vnuma__text settings)
{
    vnuma__ledger ledger = VNUMA__LEDGER(VNUMA__LEDGER_DIR);
    cli_guest *guest = settings.ptr ? &h->guest : &h->document;
    vnuma_topology *host = NULL;
    int code = ledger_load_host(&ledger, h->options, &host, NULL);

    if (!code && settings.ptr && h->text)
        code = cli_code(vnuma_source_set(&guest->source, "<metadata>", h->text,
                                         strlen(h->text)));
    if (!code && settings.ptr)
        code = cli_guest_check(guest, "<metadata>", host, NULL, 0, true);
    else if (!code)
        code = cli_code(vnuma_check(guest->config, host, VNUMA_CHECK_NOT_FIT,
                                    &guest->diags));
    if (!code)
        code = plan_guest(h, guest, host);
    vnuma__ledger_end(&ledger);
    vnuma_topology_free(host);
    if (code)
        print_reasons(&guest->diags);
    return code;
}

/* ---- what is left for the object ---------------------------------------- */

static int leave_text(const char *uuid, const char *text)
{
    int rc = 0;

    if ((mkdir(WISHES_PARENT, 0700) && errno != EEXIST) ||
        (mkdir(WISHES, 0700) && errno != EEXIST))
        rc = VNUMA_ERROR_IO;
    if (!rc)
        rc = text ? vnuma__store_write(WISHES, uuid, text)
                  : vnuma__store_remove(WISHES, uuid);
    return rc ? cli_fail(CLI_REFUSED, WISHES "/%s: %s", uuid,
                         rc == VNUMA_ERROR_NOMEM ? "no memory"
                                                 : strerror(errno))
              : CLI_OK;
}

static int start_guest(hook *h)
{
    const vnuma_config *config;
    vnuma__text settings;
    const char *uuid;
    int code = cli_read_source(&h->document.source, "-");

    if (!code)
        code = cli_code(vnuma_config_parse(
            &h->document.source, &h->document.config, &h->document.diags));
    config = h->document.config;
    /* Of what is no guest of Xen's libvirt says more than we. */
    if (code || !config->kvm || !config->kvm->is_xen ||
        config->type == VNUMA_GUEST_PV)
        return code == CLI_REFUSED ? CLI_OK : code;
    settings = find_settings(config);
    uuid = uuid_of(h);
    if (!uuid)
        return CLI_OK;
    if (!settings.ptr && !config->num_vnodes)
        return h->options->host_path || access(WISHES, F_OK)
                   ? CLI_OK
                   : leave_text(uuid, NULL);
    if (settings.ptr)
        code = make_text(h, settings);
    if (!code)
        code = check_and_plan(h, settings);
    if (!code && !settings.ptr)
        code = make_text(h, settings);
    if (!code && h->options->host_path) {
        fputs(h->text, stdout);
        return CLI_OK;
    }
    return code ? code : leave_text(uuid, h->text);
}

int main_libvirt(const cli_options *options, int argc, char **argv)
{
    static const cli_option none[] = { { .name = NULL } };
    hook h = { .options = options };
    int code = cli_read_options(none, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    if (argc - optind < 3)
        return cli_usage();
    /* Whatever else it is called for must not fail: that would end guests. */
    if (strcmp(argv[optind + 1], "start") != 0 ||
        strcmp(argv[optind + 2], "begin") != 0)
        return CLI_OK;
    code = start_guest(&h);
    cli_guest_dispose(&h.document);
    cli_guest_dispose(&h.guest);
    vnuma_plan_free(h.plan);
    free(h.text);
    /* Where xl-vnuma cannot be used, guests are libvirt's alone. */
    return code == CLI_ENVIRONMENT ? CLI_OK : code;
}
