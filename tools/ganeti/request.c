/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Ganeti's request, iallocator protocol 2: what we need of it. */
#include "config.h"

#include "ganeti/ganeti.h"

#include <stdlib.h>
#include <string.h>

#include "base/diag.h"
#include "base/json_members.h"

#define MAX_MIB (UINT64_C(1) << 40)

typedef struct {
    cluster *c;
    vnuma__members members;
} reader;

static int bad(reader *r, value_ptr at, const char *what)
{
    return vnuma__members_bad(&r->members, at, what);
}

char *cluster_string(vnuma__text text)
{
    if (text.len && memchr(text.ptr, '\0', text.len))
        return NULL;
    return strndup(text.len ? text.ptr : "", text.len);
}

vnuma__text value_bytes(vnuma__text text, value_ptr value)
{
    uint32_t end = value->span.end;

    if (value->type >= VNUMA__JSON_ARRAY)
        end = value->span.start + value->text_len;
    return vnuma__text_slice(text, value->span.start, end);
}

/* ---- names -------------------------------------------------------------- */

static int compare(vnuma__text a, const char *b)
{
    size_t len = strlen(b);
    int order = memcmp(a.ptr, b, a.len < len ? a.len : len);

    return order ? order : (a.len > len) - (a.len < len);
}

/* Of an array of structs that begin with their name, in the names' order. */
static void *find(const void *items, unsigned int num, size_t size,
                  vnuma__text name)
{
    const char *first = items;

    while (num) {
        const char *middle = first + num / 2 * size;
        int order = compare(name, *(char *const *)(const void *)middle);

        if (!order)
            return (void *)middle;
        if (order > 0) {
            first = middle + size;
            num--;
        }
        num /= 2;
    }
    return NULL;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

host *cluster_host(const cluster *c, vnuma__text name)
{
    return find(c->hosts, c->num_hosts, sizeof(host), name);
}

guest *cluster_guest(const cluster *c, vnuma__text name)
{
    return find(c->guests, c->num_guests, sizeof(guest), name);
}

typedef int item_fn(reader *r, value_ptr value, void *item);

/* The members of an object into structs that begin with their name. */
static int read_named(reader *r, const char *key, size_t size, item_fn *fn,
                      void *items_r, unsigned int *num_r)
{
    value_ptr object = vnuma__jsondoc_member(r->c->json.root, key), item;
    unsigned int num = 0;
    char *items;
    int rc = 0;

    if (!object || object->type != VNUMA__JSON_OBJECT) {
        vnuma__error(r->members.diags, r->members.id,
                     r->c->json.root->span, "there is no object \"%s\"", key);
        return VNUMA_ERROR_HOST;
    }
    VNUMA__JSON_FOREACH(item, object)
        num++;
    items = calloc(num + 1u, size);
    *(void **)items_r = items;
    if (!items)
        return VNUMA_ERROR_NOMEM;
    VNUMA__JSON_FOREACH(item, object) {
        char *at = items + *num_r * size;
        char *name = cluster_string((vnuma__text){
            item->key, item->key_len, item->span, true });

        if (!name)
            return bad(r, item, "this has a name that cannot be");
        *(char **)(void *)at = name;
        (*num_r)++;
        rc = fn(r, item, at);
        if (rc)
            return rc;
    }
    qsort(items, num, size, by_name);
    for (char *at = items; num > 1; num--, at += size)
        if (!by_name(at, at + size))
            return bad(r, object, "a name is there twice");
    return 0;
}

/* ---- hosts and guests --------------------------------------------------- */

static bool is_true(value_ptr object, const char *key, bool absent)
{
    value_ptr value = vnuma__jsondoc_member(object, key);

    if (!value || value->type != VNUMA__JSON_BOOLEAN)
        return absent;
    return vnuma__text_equal(vnuma__jsondoc_text(value), "true");
}

static uint64_t read_mib(value_ptr object, const char *key)
{
    value_ptr value = vnuma__jsondoc_member(object, key);
    uint64_t mib;

    return value && vnuma__members_number(value, MAX_MIB, &mib)
               ? mib
               : VNUMA_MEMKB_UNKNOWN;
}

static int read_host(reader *r, value_ptr value, void *item)
{
    host *h = item;

    h->value = value;
    if (value->type != VNUMA__JSON_OBJECT || vnuma__jsondoc_find_twice(value))
        return bad(r, value, "this is not a node, or has a key twice");
    h->is_usable = !is_true(value, "offline", false) &&
                   !is_true(value, "drained", false) &&
                   is_true(value, "vm_capable", true);
    h->free_mib = read_mib(value, "free_memory");
    h->up_mib = read_mib(value, "i_pri_up_memory");
    return 0;
}

#define NUMBER(key, member)                                                   \
    {                                                                         \
        key, VNUMA__IS_NUMBER, offsetof(guest, member), .max = MAX_MIB        \
    }

static const vnuma__member of_guest[] = {
    NUMBER("memory", memory_mib),
    NUMBER("vcpus", vcpus),
    NUMBER("disk_space_total", disk_mib),
    { "admin_state", VNUMA__IS_VALUE, offsetof(guest, admin_state) },
    { "nodes", VNUMA__IS_VALUE, offsetof(guest, old_nodes) },
    { NULL },
};

static guest_state state_of(value_ptr value)
{
    static const char *const names[] = { [STATE_UP] = "up",
                                         [STATE_DOWN] = "down",
                                         [STATE_OFFLINE] = "offline" };
    guest_state state = STATE_OFFLINE;

    while (state && !(value && value->type == VNUMA__JSON_STRING &&
                      vnuma__text_equal(vnuma__jsondoc_text(value),
                                        names[state])))
        state--;
    return state;
}

static int read_guest(reader *r, value_ptr value, void *item)
{
    guest *g = item;
    int rc;

    g->value = value;
    if (value->type != VNUMA__JSON_OBJECT)
        return bad(r, value, "this is not an instance");
    rc = vnuma__members_read(&r->members, value, of_guest, g);
    g->state = state_of(g->admin_state);
    return rc;
}

/* From the last to the first, so that each list is in the names' order. */
static void link_guests(cluster *c)
{
    unsigned int i;

    for (i = c->num_guests; i--;) {
        guest *g = &c->guests[i];
        value_ptr first = vnuma__jsondoc_first(g->old_nodes);

        if (!first || first->type != VNUMA__JSON_STRING)
            continue;
        g->primary = cluster_host(c, vnuma__jsondoc_text(first));
        if (!g->primary)
            continue;
        g->next = g->primary->guests;
        g->primary->guests = g;
    }
}

/* ---- the request -------------------------------------------------------- */

/* One that the request describes. */
static int want_new(reader *r, value_ptr value)
{
    value_ptr name = vnuma__jsondoc_member(value, "name");
    guest *g = &r->c->added[r->c->num_added];
    int rc;

    if (!name || name->type != VNUMA__JSON_STRING)
        return bad(r, value, "this instance has no name");
    rc = read_guest(r, value, g);
    if (rc)
        return rc;
    if (vnuma__jsondoc_find_twice(value))
        return bad(r, value, "this instance has a key twice");
    g->is_new = true;
    g->name = cluster_string(vnuma__jsondoc_text(name));
    r->c->num_added++;
    r->c->wanted[r->c->num_wanted++] = g;
    return g->name ? 0 : bad(r, name, "no instance can have that name");
}

/* One that is there. */
static int want_old(reader *r, value_ptr name)
{
    guest *g = NULL;

    if (name && name->type == VNUMA__JSON_STRING)
        g = cluster_guest(r->c, vnuma__jsondoc_text(name));
    if (!g)
        return bad(r, name ? name : r->c->request,
                   "the request is for an instance that is not there");
    r->c->wanted[r->c->num_wanted++] = g;
    return 0;
}

static int want_all(reader *r)
{
    cluster *c = r->c;
    value_ptr list = vnuma__jsondoc_member(c->request, "instances"), item;
    unsigned int num = 1;
    int rc = 0;

    VNUMA__JSON_FOREACH(item, list)
        num++;
    c->wanted = calloc(num, sizeof(*c->wanted));
    c->added = calloc(num, sizeof(*c->added));
    if (!c->wanted || !c->added)
        return VNUMA_ERROR_NOMEM;
    if (c->type == ASKED_ALLOCATE)
        return want_new(r, c->request);
    if (c->type == ASKED_RELOCATE)
        return want_old(r, vnuma__jsondoc_member(c->request, "name"));
    if (!list || list->type != VNUMA__JSON_ARRAY)
        return bad(r, c->request, "the request has no list \"instances\"");
    VNUMA__JSON_FOREACH(item, list)
        if (!rc)
            rc = c->type == ASKED_MULTI ? want_new(r, item)
                                        : want_old(r, item);
    return rc;
}

/* Ganeti may have said which nodes are to be used at all. */
static void leave_out(cluster *c)
{
    value_ptr list = vnuma__jsondoc_member(c->request, "restrict-to-nodes");
    value_ptr item;
    unsigned int i;
    host *h;

    if (!list || list->type != VNUMA__JSON_ARRAY)
        return;
    for (i = 0; i < c->num_hosts; i++)
        c->hosts[i].fits = false;
    VNUMA__JSON_FOREACH(item, list) {
        h = item->type == VNUMA__JSON_STRING
                ? cluster_host(c, vnuma__jsondoc_text(item))
                : NULL;
        if (h)
            h->fits = true;
    }
    for (i = 0; i < c->num_hosts; i++)
        c->hosts[i].is_usable &= c->hosts[i].fits;
}

static asked_type type_of(value_ptr request)
{
    static const char *const names[] = {
        [ASKED_ALLOCATE] = "allocate",      [ASKED_MULTI] = "multi-allocate",
        [ASKED_RELOCATE] = "relocate",      [ASKED_EVACUATE] = "node-evacuate",
        [ASKED_GROUP] = "change-group",
    };
    value_ptr type = vnuma__jsondoc_member(request, "type");
    unsigned int i;

    for (i = ASKED_ALLOCATE; i <= ASKED_GROUP; i++)
        if (type && type->type == VNUMA__JSON_STRING &&
            vnuma__text_equal(vnuma__jsondoc_text(type), names[i]))
            return (asked_type)i;
    return ASKED_OTHER;
}

static int read_root(reader *r)
{
    cluster *c = r->c;
    value_ptr root = c->json.root, item;
    value_ptr version = vnuma__jsondoc_member(root, "version");
    unsigned int num = 0, i;
    uint64_t number;
    int rc;

    if (!version || !vnuma__members_number(version, 2, &number) || number != 2)
        return bad(r, root, "this is not a request of iallocator protocol 2");
    c->request = vnuma__jsondoc_member(root, "request");
    VNUMA__JSON_FOREACH(item, root)
        num += vnuma__jsondoc_has_key(item, "request");
    if (!c->request || num != 1 || vnuma__jsondoc_find_twice(c->request))
        return bad(r, root, "there is no request, or a key of it twice");
    c->type = type_of(c->request);
    if (c->type == ASKED_OTHER)
        return 0;
    rc = read_named(r, "nodes", sizeof(host), read_host, &c->hosts,
                    &c->num_hosts);
    if (!rc)
        rc = read_named(r, "instances", sizeof(guest), read_guest, &c->guests,
                        &c->num_guests);
    if (rc)
        return rc;
    link_guests(c);
    leave_out(c);
    for (i = 0; i < c->num_hosts; i++)
        c->num_usable += c->hosts[i].is_usable;
    return want_all(r);
}

int cluster_parse(cluster *c, const vnuma_source *source, vnuma_diags *diags)
{
    static const char *const closed[] = { "disks", "ipolicy", "ndparams",
                                          "nics", "nodegroups", NULL };
    reader r = { c, { diags, "request" } };
    int rc;

    c->text = vnuma__source_text(source);
    rc = vnuma__jsondoc_parse_open(c->text, closed, &c->json, diags);
    if (rc == 1)
        rc = VNUMA_ERROR_HOST;
    return rc ? rc : read_root(&r);
}

static void dispose_guests(guest *guests, unsigned int num)
{
    while (num--) {
        free(guests[num].name);
        free(guests[num].nodes);
    }
    free(guests);
}

void cluster_dispose(cluster *c)
{
    unsigned int i;

    for (i = 0; i < c->num_hosts; i++) {
        free(c->hosts[i].name);
        free(c->hosts[i].why);
        vnuma_fleet_host_free(c->hosts[i].seen);
    }
    free(c->hosts);
    dispose_guests(c->guests, c->num_guests);
    dispose_guests(c->added, c->num_added);
    free(c->wanted);
    vnuma__jsondoc_dispose(&c->json);
}
