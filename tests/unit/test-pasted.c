/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Hosts as people paste them: what is around the text, and lines wrapped. */
#include "config.h"

#include <glob.h>

#include "host-case.h"

/* Before the first line, before each line, and after the last one. */
static const struct {
    const char *before, *each, *after;
} pastes[] = {
    { "", "> ", "" },
    { "", ">", "" },
    { "> > ", "> > ", "> > \n" },
    { "", "    ", "" },
    { "", "\t", "" },
    { "```\n", "", "```\n" },
    { "~~~ text\n", "  ", "~~~\n" },
    { "root@xen1:~# xl info -n\n", "", "root@xen1:~# " },
    { "[root@xen1 ~]# numactl --hardware\n", "", "[root@xen1 ~]#\n" },
    { "$ sudo xl info -n\n", "", "$\n" },
    { "# numactl -H\n", "", "#" },
    { "xl info -n\n\n", "", "\n" },
    { "> ```\n> me@box:/srv$ cat host\n", "> ", "> ```\n" },
    { "user@box:~$ xl-vnuma topology --json\n", "", "user@box:~$ exit\n" },
    { "xen1:~ # xl info -n\n", "", "xen1:~ # " },
    { "bash-5.1# numactl -H\n", "", "bash-5.1# \n" },
    { "\xef\xbb\xbf", "", "" },
};

static char *paste(const vnuma_source *source, unsigned int number)
{
    const char *line = source->text, *end;
    char *text = NULL;
    size_t size;
    FILE *f = open_memstream(&text, &size);

    fputs(pastes[number].before, f);
    for (; line < source->text + source->len; line = end + 1) {
        end = memchr(line, '\n', source->text + source->len - line);
        fprintf(f, "%s%.*s\n", pastes[number].each, (int)(end - line), line);
    }
    fputs(pastes[number].after, f);
    fclose(f);
    return text;
}

static void check_paste(const vnuma_source *source, const char *json,
                        unsigned int number)
{
    char *text = paste(source, number), *found;
    parsed_host host;

    parse(&host, text);
    found = host.rc ? NULL : vnuma_topology_to_json(&host.topology);
    if (!found || strcmp(found, json))
        TAP_DIAG("%s, paste %u: %s:\n%.300s", source->name, number,
                 host.diags.num_items ? vnuma_diags_at(&host.diags, 0)->message
                                      : "another host",
                 text);
    CHECK(found && !strcmp(found, json));
    free(found);
    free(text);
    dispose(&host);
}

static void every_host_is_understood_as_it_is_pasted(void)
{
    const char *top = getenv("top_srcdir");
    glob_t files = { .gl_pathc = 0 };
    char pattern[4096], *json;
    unsigned int number;
    size_t i;

    snprintf(pattern, sizeof(pattern), "%s/tests/hosts/*", top ? top : ".");
    glob(pattern, 0, NULL, &files);
    CHECK(files.gl_pathc >= 10);
    for (i = 0; i < files.gl_pathc; i++) {
        parsed_host host;

        parse_file(&host, strrchr(files.gl_pathv[i], '/') + 1);
        json = vnuma_topology_to_json(&host.topology);
        for (number = 0; number < sizeof(pastes) / sizeof(pastes[0]); number++)
            check_paste(&host.source, json, number);
        free(json);
        dispose(&host);
    }
    globfree(&files);
}

#define END                                                                   \
    "> node 0 size: 10 MB\n> node 0 free: 5 MB\n> node distances:\n"          \
    "> node   0\n>   0:  10\n"

static void wrapped_lists_of_cpus_are_joined(void)
{
    parsed_host host;

    parse(&host,
          "> available: 1 nodes (0)\n> node 0 cpus: 0 1\n> 2 3\n>  4\n" END);
    CHECK_INT(host.rc, 0);
    CHECK_UINT(host.topology.num_pcpus, 5);
    dispose(&host);
    parse(&host, "> available: 1 nodes (0)\n> node 0 cpus: 0-1,\n> 4-6, 8\n"
                 "> (6)\n" END);
    CHECK_INT(host.rc, 0);
    CHECK_UINT(host.topology.num_pcpus, 6);
    dispose(&host);
}

/* A blank at the end of a line says where it was broken. */
static void wrapped_facts_are_joined_where_that_is_certain(void)
{
    static const char tables[] = "nr_nodes : 1\nnuma_info :\n"
                                 "node: memsize memfree distances\n"
                                 "  0: 64 32 10\n";
    parsed_host host;
    char text[512];

    snprintf(text, sizeof(text),
             "xen_commandline : placeholder \n> dom0_mem=1G,max:1G \n> quiet\n"
             "release : 6.1 \n%s",
             tables);
    parse(&host, text);
    CHECK_INT(host.rc, 0);
    CHECK_STR(vnuma_topology_fact(&host.topology, "xen_commandline"),
              "placeholder dom0_mem=1G,max:1G quiet");
    CHECK_STR(vnuma_topology_fact(&host.topology, "release"), "6.1 ");
    dispose(&host);
    check_error(
        "nr_nodes : 1\nxen_commandline : placeholder\ndom0_mem=1G,max:1G\n",
        "host-line", "3:1");
    check_error("nr_nodes : 1\nxen_commandline : place\nholder\n", "host-line",
                "3:1");
}

static void places_are_those_of_the_pasted_text(void)
{
    check_error("```\n> available: 1 nodes (0)\n> node 0 cpus: x\n> ```\n",
                "host-row", "3:16");
    check_error("  $ xl info -n\n  numa_info :\n   0: 10 5x 10\n", "host-row",
                "3:10");
    check_error("> { \"nodes\": [\n> { \"node\": -1 } ] }\n", "host-json",
                "2:13");
    /* No command that gives a host, and no list that goes on. */
    check_error("available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: 1 MB\n"
                "1 2\n",
                "host-row", "4:1");
    check_error("Hello,\navailable: 1 nodes (0)\nnode 0 cpus: 0\n", "host-row",
                "1:1");
    check_error("On Monday, Joe wrote:\n> nr_nodes : 1\n> numa_info :\n"
                "> 0: 64 32 10\n",
                "host-line", "1:1");
    check_error("nr_nodes : 1\n[sudo] password for joe: \n", "host-line",
                "2:1");
}

static void numactl_in_dom0_is_remarked_on(void)
{
    parsed_host host;

    parse(&host, "root@xen1:~# numactl -H\navailable: 1 nodes (0)\n"
                 "node 0 cpus: 0 1\n" END);
    CHECK_INT(host.rc, 0);
    REQUIRE(host.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&host.diags, 0)->id, "host-dom0");
    dispose(&host);
    parse(&host, "root@dom0:~# numactl -H\navailable: 1 nodes (0)\n"
                 "node 0 cpus: 0 1\n" END);
    CHECK_UINT(host.diags.num_items, 1);
    dispose(&host);
    parse(&host, "root@kvm1:~# numactl -H\navailable: 1 nodes (0)\n"
                 "node 0 cpus: 0 1\n" END);
    CHECK_INT(host.rc, 0);
    CHECK_UINT(host.diags.num_items, 0);
    dispose(&host);
}

/* Its strings are next to each other in memory. */
static void an_address_in_json_ends_where_it_ends(void)
{
    parsed_host host;

    parse(&host, "{ \"nodes\": [ { \"node\": 0 } ], \"pcidevs\": [ "
                 "{ \"address\": \"0000:03:00.1\", \"bus\": \"bus\", "
                 "\"node\": 0 } ] }");
    CHECK_INT(host.rc, 0);
    REQUIRE(host.topology.num_pcidevs == 1);
    CHECK_UINT(host.topology.pcidevs[0].bus, 3);
    CHECK_UINT(host.topology.pcidevs[0].function, 1);
    dispose(&host);
}

static const tap_case cases[] = {
    TAP_CASE(every_host_is_understood_as_it_is_pasted),
    TAP_CASE(wrapped_lists_of_cpus_are_joined),
    TAP_CASE(wrapped_facts_are_joined_where_that_is_certain),
    TAP_CASE(places_are_those_of_the_pasted_text),
    TAP_CASE(numactl_in_dom0_is_remarked_on),
    TAP_CASE(an_address_in_json_ends_where_it_ends),
};

int main(void)
{
    return TAP_RUN(cases);
}
