/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A NUL passes for the end of a text in C: what is after it would not be read.
 * Every reader refuses it, and those that have places say where it is.  A
 * guest's file may have it where xl does not mind: in a comment, and as the
 * last
 * byte, of which there is a warning.
 */
#include "config.h"

#include "cfg/read.h"
#include "inside.h"
#include "record/promise.h"
#include "record/record.h"
#include "tap.h"

typedef int read_fn(const vnuma_source *source, vnuma_diags *diags);

static int read_guest(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_config *config = NULL;
    int rc = vnuma_config_parse(source, &config, diags);

    vnuma_config_free(config);
    return rc;
}

static int read_host(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_topology *host = NULL;
    int rc = vnuma_topology_parse(source, &host, diags);

    vnuma_topology_free(host);
    return rc;
}

static int read_domains(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_topology host;
    vnuma_domains *domains = NULL;
    int rc;

    memset(&host, 0, sizeof(host));
    rc = vnuma_domains_parse(source, &host, &domains, diags);
    vnuma_domains_free(domains);
    return rc;
}

static int read_grub(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_dom0_grub *grub;
    vnuma_dom0_cmdline line;
    int rc;

    if (vnuma_dom0_grub_make(&grub))
        abort();
    vnuma_dom0_cmdline_init(&line);
    rc = vnuma_dom0_grub_read(grub, source, diags);
    CHECK_INT(vnuma_dom0_grub_cmdline(grub, 0, &line), rc);
    vnuma_dom0_cmdline_dispose(&line);
    vnuma_dom0_grub_free(grub);
    return rc;
}

static int read_xl_conf(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_dom0_autoballoon autoballoon;

    return vnuma_dom0_get_autoballoon(source, "", &autoballoon, diags);
}

static int read_record(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma_record *record = NULL;
    int rc = vnuma_record_parse(source->text, source->len, &record, diags);

    vnuma_record_free(record);
    return rc;
}

static int read_promise(const vnuma_source *source, vnuma_diags *diags)
{
    vnuma__promise promise;

    (void)diags;
    return vnuma__promise_parse(source->text, source->len, &promise)
               ? 0
               : VNUMA_ERROR_CONFIG;
}

static const struct {
    read_fn *read;
    const char *id, *text; /* id NULL: there are no places */
} readers[] = {
    { read_guest, "not-text",
      "name = 'g'\nmemory = 64\nvcpus = 1\n\ntype = \"pvh\"\n"
      "vnuma = [ [ 'pnode=0',\n 'size=64', \"vcpus=0\" ] ]\n" },
    { read_host, "host-form",
      "release : 6.1\nnr_nodes : 1\nnr_cpus : 1\n"
      "cpu_topology :\ncpu: core socket node\n  0: 0 0 0\n"
      "numa_info :\nnode: memsize memfree distances\n  0: 64 32 10\n" },
    { read_host, "host-form",
      "available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: 64 MB\n"
      "node 0 free: 32 MB\nnode distances:\nnode 0\n 0: 10\n" },
    { read_host, "host-form",
      "{\"nodes\": [{\"node\": 0, \"memkb\": 64, \"free_memkb\": 32,"
      " \"cpus\": [0], \"distances\": [10]}]}\n" },
    { read_domains, NULL,
      "{\"domains\": [{\"domid\": 1, \"name\": \"a\"}]}\n" },
    { read_grub, "grub-text",
      "# a\nGRUB_TIMEOUT=5\nGRUB_CMDLINE_XEN=\"dom0_mem=1G\"\n" },
    { read_grub, "grub-text",
      "set default=0\nmenuentry 'a' {\n multiboot2 /boot/xen.gz a b\n}\n" },
    { read_xl_conf, "not-text", "autoballoon = \"off\"\n" },
    { read_record, NULL,
      "xl-vnuma 1\n{\"device_model\":true,\"pinned\":false,\"pnodes\":[0],"
      "\"memkb\":[1024],\"vcpu_to_vnode\":[0],\"distances\":[10],"
      "\"host_distances\":[10],"
      "\"range_start\":[0],\"range_end\":[1048576],\"range_vnode\":[0],"
      "\"places\":[\"strict:0\"]}\n" },
    { read_promise, NULL, "xl-vnuma 1\nstrict:0;0=4\n" },
};

/* What the reader says of the text with a NUL before byte @at of it. */
static void check_at(unsigned int i, size_t at)
{
    const char *text = readers[i].text;
    char bytes[1024];
    vnuma_source source;
    vnuma_diags diags;
    const vnuma_diag *first;

    memcpy(bytes, text, at);
    bytes[at] = '\0';
    memcpy(bytes + at + 1, text + at, strlen(text) - at);
    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    CHECK_INT(vnuma_source_set(&source, "text", bytes, strlen(text) + 1), 0);
    if (!readers[i].read(&source, &diags) && !diags.num_warnings) {
        TAP_DIAG("reader %u: taken at %zu", i, at);
        tap_failed = true;
    } else if (readers[i].id) {
        REQUIRE(diags.num_items);
        first = vnuma_diags_at(&diags, 0);
        if (first->severity == VNUMA_SEVERITY_ERROR)
            CHECK_STR(first->id, readers[i].id);
        CHECK_UINT(first->span.start, at);
    }
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

static void a_nul_is_refused_anywhere(void)
{
    unsigned int i;
    size_t at;
    vnuma_source source;
    vnuma_diags diags;

    for (i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        vnuma_source_init(&source);
        vnuma_diags_init(&diags);
        CHECK_INT(vnuma_source_set(&source, "text", readers[i].text,
                                   strlen(readers[i].text)),
                  0);
        if (readers[i].read(&source, &diags)) {
            TAP_DIAG("reader %u: %s", i,
                     diags.num_items ? vnuma_diags_at(&diags, 0)->message
                                     : "");
            tap_failed = true;
        }
        vnuma_diags_dispose(&diags);
        vnuma_source_dispose(&source);
        for (at = 0; at <= strlen(readers[i].text); at++)
            check_at(i, at);
    }
}

static const tap_case cases[] = {
    TAP_CASE(a_nul_is_refused_anywhere),
};

int main(void)
{
    return TAP_RUN(cases);
}
