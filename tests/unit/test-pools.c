/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which pcpus a guest may use, and what runs there already: pools and load of
 * a host, and what cpus=, cpus_soft= and pool= mean on it.
 */
#include "config.h"

#include "guest/affinity.h"
#include "host-case.h"

/* ---- hosts -------------------------------------------------------------- */

static void json_has_load_and_pools(void)
{
    const vnuma_pool *pool;
    parsed_host host;

    parse_file(&host, "invented-pools.json");
    REQUIRE(!host.rc);
    CHECK(vnuma_topology_knows_load(&host.topology));
    CHECK_UINT(vnuma_topology_pcpu_at(&host.topology, 3)->load, 333);
    REQUIRE(vnuma_topology_num_pools(&host.topology) == 3);
    pool = vnuma_topology_pool_at(&host.topology, 1);
    CHECK_STR(pool->name, "mine");
    CHECK_UINT(pool->poolid, 7);
    CHECK_UINT(vnuma_bitmap_count(&pool->pcpus), 1);
    CHECK(vnuma_bitmap_test(&pool->pcpus, 2));
    dispose(&host);

    parse_file(&host, "xl-info-n-2node.txt");
    REQUIRE(!host.rc);
    CHECK(!vnuma_topology_knows_load(&host.topology));
    CHECK_UINT(vnuma_topology_num_pools(&host.topology), 0);
    dispose(&host);
}

#define WITH_POOLS(pools)                                                     \
    "{\"nodes\":[{\"node\":0,\"cpus\":[3]}],\"pools\":[" pools "]}"

static void mistakes_are_named_where_they_are(void)
{
    check_error(WITH_POOLS("{\"pool\":\"a\",\"poolid\":0,\"cpus\":[4]}"),
                "host-json", "1:74");
    check_error(WITH_POOLS("{\"pool\":\"a\",\"poolid\":0,\"cpus\":[3,3]}"),
                "host-json", "1:76");
    check_error(WITH_POOLS("{\"pool\":\"a\",\"poolid\":0,\"cpus\":[3]},"
                           "{\"pool\":\"b\",\"poolid\":1,\"cpus\":[3]}"),
                "host-json", "1:109");
    check_error(WITH_POOLS("{\"pool\":\"a\",\"poolid\":0},"
                           "{\"pool\":\"b\",\"poolid\":0}"),
                "host-pool", "1:67");
    check_error(WITH_POOLS("{\"pool\":\"a\"}"), "host-json", "1:43");
    check_error(WITH_POOLS("{\"poolid\":1}"), "host-json", "1:43");
    check_error(WITH_POOLS("{\"pool\":\"a\\n\",\"poolid\":0}"), "host-pool",
                "1:51");
    check_error("{\"nodes\":[{\"node\":0,\"cpus\":[3]}],\"pcpus\":"
                "[{\"pcpu\":3,\"node\":0,\"load\":100000001}]}",
                "host-json", "1:69");
}

static uint64_t sum_of_loads(const vnuma_topology *t)
{
    uint64_t sum = 0;
    unsigned int i;

    for (i = 0; i < t->num_pcpus; i++)
        sum += t->pcpus[i].load;
    return sum;
}

static void vcpus_spread_over_the_pcpus_they_may_use(void)
{
    vnuma_bitmap all = { 0 }, some = { 0 }, none = { 0 };
    uint64_t parts[64] = { 0 };
    parsed_host host;
    unsigned int i;

    parse_file(&host, "numactl-epyc-nps4-64cpu.txt");
    REQUIRE(!host.rc && host.topology.num_pcpus == 64);
    for (i = 0; i < 80; i++) /* more than there are pcpus */
        CHECK_INT(vnuma_bitmap_set(&all, i), 0);
    for (i = 6; i < 9; i++)
        CHECK_INT(vnuma_bitmap_set(&some, i), 0);
    for (i = 0; i < 64; i++)
        vnuma__load_add(&host.topology, &all, &all, parts);
    vnuma__load_finish(&host.topology, parts);
    for (i = 0; i < 64; i++) /* none is lost, though a part is 15.625 */
        CHECK_UINT(host.topology.pcpus[i].load, 1000);
    vnuma__load_add(&host.topology, &all, &some, parts);
    vnuma__load_add(&host.topology, &some, &all, parts);
    vnuma__load_add(&host.topology, &none, &all, parts);
    vnuma__load_finish(&host.topology, parts);
    CHECK_UINT(host.topology.pcpus[5].load, 1000);
    CHECK_UINT(host.topology.pcpus[6].load, 1667);
    CHECK_UINT(sum_of_loads(&host.topology), 66001);
    parts[0] = UINT64_MAX / 2;
    vnuma__load_finish(&host.topology, parts);
    CHECK_UINT(host.topology.pcpus[0].load, VNUMA__MAX_LOAD);
    vnuma_bitmap_dispose(&all);
    vnuma_bitmap_dispose(&some);
    dispose(&host);
}

/* ---- guests ------------------------------------------------------------- */

typedef struct {
    parsed_host host;
    vnuma_source source;
    vnuma_config *config;
} guest_case;

static void begin(guest_case *g, const char *host, const char *text)
{
    vnuma_diags diags = { 0 };

    parse_file(&g->host, host);
    g->config = NULL;
    vnuma_source_init(&g->source);
    CHECK_INT(vnuma_source_set(&g->source, "g.cfg", text, strlen(text)), 0);
    CHECK_INT(vnuma_config_parse(&g->source, &g->config, &diags), 0);
    vnuma_diags_dispose(&diags);
}

static void end(guest_case *g)
{
    vnuma_config_free(g->config);
    vnuma_source_dispose(&g->source);
    dispose(&g->host);
}

/* The pcpus of vcpu 0, 1, ... by cpus= or cpus_soft=. */
static void check_vcpus(const char *text, bool soft, const char *const *wanted,
                        unsigned int num)
{
    const vnuma_affinities *given;
    unsigned int i;
    guest_case g;
    char *found;

    begin(&g, "xl-info-n-2node.txt", text);
    given = soft ? &g.config->cpus_soft : &g.config->cpus;
    for (i = 0; i < num; i++) {
        vnuma_bitmap pcpus = { 0 };

        CHECK_INT(vnuma__item_pcpus(given, vnuma__affinity_item(given, i),
                                    &g.host.topology, &pcpus),
                  0);
        found = vnuma_bitmap_format(&pcpus);
        CHECK_STR(found, wanted[i]);
        free(found);
        vnuma_bitmap_dispose(&pcpus);
    }
    end(&g);
}

#define CHECK_VCPUS(text, soft, ...)                                          \
    check_vcpus("type='hvm'\nmemory=64\n" text "\n", soft,                   \
                (const char *const[]){ __VA_ARGS__ },                         \
                sizeof((const char *const[]){ __VA_ARGS__ }) /                \
                    sizeof(const char *))

static void each_vcpu_has_its_pcpus(void)
{
    CHECK_VCPUS("vcpus=2", false, "0-3", "0-3");
    CHECK_VCPUS("cpus='node:1'", false, "2-3", "2-3");
    CHECK_VCPUS("cpus='all,^0,^node:1'", false, "1", "1");
    /* Beyond the list libxl sets nothing. */
    CHECK_VCPUS("cpus=['0,3','nodes:0-1,^1-2','^0']", false, "0,3", "0,3",
                "none", "0-3");
    CHECK_VCPUS("cpus=[]", false, "0-3");
    CHECK_VCPUS("cpus='0'\ncpus_soft=['1','2']", true, "1", "2", "0-3");
    CHECK_VCPUS("cpus='0'", true, "0-3");
}

static void check_pool(const char *host, const char *text,
                       vnuma__pool_kind wanted_kind, const char *wanted)
{
    vnuma_bitmap pcpus = { 0 };
    vnuma__pool_kind kind;
    guest_case g;
    char *found;

    begin(&g, host, text);
    CHECK_INT(vnuma__pool_pcpus(g.config, &g.host.topology, &pcpus, &kind),
              0);
    found = vnuma_bitmap_format(&pcpus);
    CHECK_STR(found, wanted);
    CHECK_INT(kind, wanted_kind);
    free(found);
    vnuma_bitmap_dispose(&pcpus);
    end(&g);
}

static void a_pool_is_found_as_libxl_finds_it(void)
{
    static const char json[] = "invented-pools.json";
    static const char text[] = "xl-info-n-2node.txt";

    check_pool(json, "vcpus=1\n", VNUMA__POOL_KNOWN, "0-1");
    check_pool(json, "pool='mine'\n", VNUMA__POOL_KNOWN, "2");
    check_pool(json, "pool='7'\n", VNUMA__POOL_KNOWN, "2");
    check_pool(json, "pool=7\n", VNUMA__POOL_KNOWN, "2");
    check_pool(json, "pool='0'\n", VNUMA__POOL_KNOWN, "0-1");
    check_pool(json, "pool='empty'\n", VNUMA__POOL_KNOWN, "none");
    check_pool(json, "pool='7x'\n", VNUMA__POOL_MISSING, "none");
    check_pool(json, "pool='Mine'\n", VNUMA__POOL_MISSING, "none");
    check_pool(json, "pool='Pool-node1'\n", VNUMA__POOL_MISSING, "none");
    check_pool(json, "pool='3'\n", VNUMA__POOL_MISSING, "none");
    check_pool(text, "vcpus=1\n", VNUMA__POOL_UNKNOWN, "0-3");
    check_pool(text, "pool='mine'\n", VNUMA__POOL_UNKNOWN, "0-3");
    check_pool(text, "pool='1'\n", VNUMA__POOL_UNKNOWN, "0-3");
    check_pool(text, "pool='Pool-node1'\n", VNUMA__POOL_KNOWN, "2-3");
    check_pool(text, "pool='Pool-node2'\n", VNUMA__POOL_MISSING, "none");
}

static const tap_case cases[] = {
    TAP_CASE(json_has_load_and_pools),
    TAP_CASE(mistakes_are_named_where_they_are),
    TAP_CASE(vcpus_spread_over_the_pcpus_they_may_use),
    TAP_CASE(each_vcpu_has_its_pcpus),
    TAP_CASE(a_pool_is_found_as_libxl_finds_it),
};

int main(void)
{
    return TAP_RUN(cases);
}
