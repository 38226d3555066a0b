/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's entry under /vm, which libxl removes with either copy of a guest
 * that moves on its host, in a xenstore that is made up: it is kept and put
 * back, for the domain that refers to it.  Each request fails, and each
 * allocation: then what is there is no worse.
 */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <xenstore.h>

#include "heap.h"
#include "run/vm_entry.h"
#include "tap.h"

#define UUID "6b5d1b4e-0000-4000-8000-0123456789ab"
#define VM "/vm/" UUID

/* ---- xenstore ----------------------------------------------------------- */

#define MAX_NODES 400u

static struct {
    char path[96], value[64];
    uint32_t reader; /* the domain that may read it; 0: none was set */
} nodes[MAX_NODES];
static unsigned int num_nodes, num_calls, fail_call, num_open;

static bool fails(void)
{
    errno = EIO;
    return ++num_calls == fail_call;
}

struct xs_handle *xs_open(unsigned long flags)
{
    (void)flags;
    if (fails())
        return NULL;
    num_open++;
    return (struct xs_handle *)nodes;
}

void xs_close(struct xs_handle *xs)
{
    (void)xs;
    num_open--;
}

static unsigned int find(const char *path)
{
    unsigned int i = 0;

    while (i < num_nodes && strcmp(nodes[i].path, path))
        i++;
    return i;
}

static void put(const char *path, const char *value)
{
    unsigned int i = find(path);

    if (i == num_nodes)
        num_nodes++;
    snprintf(nodes[i].path, sizeof(nodes[i].path), "%s", path);
    snprintf(nodes[i].value, sizeof(nodes[i].value), "%s", value);
}

void *xs_read(struct xs_handle *xs, xs_transaction_t t, const char *path,
              unsigned int *len)
{
    unsigned int i = find(path);

    (void)xs, (void)t;
    if (fails())
        return NULL;
    errno = ENOENT;
    if (i == num_nodes)
        return NULL;
    if (len)
        *len = (unsigned int)strlen(nodes[i].value);
    return strdup(nodes[i].value);
}

/* As libxenstore has it: in one piece of memory. */
char **xs_directory(struct xs_handle *xs, xs_transaction_t t, const char *path,
                    unsigned int *num_r)
{
    size_t len = strlen(path), size = num_nodes * (sizeof(char *) + 96);
    char **names = fails() ? NULL : malloc(size + 1);
    char *text = names ? (char *)(names + num_nodes) : NULL;
    unsigned int i, num = 0;

    (void)xs, (void)t;
    for (i = 0; names && i < num_nodes; i++)
        if (!strncmp(nodes[i].path, path, len) && nodes[i].path[len] == '/' &&
            !strchr(nodes[i].path + len + 1, '/')) {
            names[num++] = text;
            text = stpcpy(text, nodes[i].path + len + 1) + 1;
        }
    *num_r = num;
    return names;
}

bool xs_write(struct xs_handle *xs, xs_transaction_t t, const char *path,
              const void *data, unsigned int len)
{
    char value[64];

    (void)xs, (void)t;
    if (fails())
        return false;
    snprintf(value, sizeof(value), "%.*s", (int)len, (const char *)data);
    put(path, value);
    return true;
}

bool xs_set_permissions(struct xs_handle *xs, xs_transaction_t t,
                        const char *path, struct xs_permissions *perms,
                        unsigned int num)
{
    (void)xs, (void)t;
    if (fails() || num != 2)
        return false;
    nodes[find(path)].reader = perms[1].id;
    return true;
}

/* ---- cases -------------------------------------------------------------- */

/* Domain 7 is the guest. */
static void begin(void)
{
    memset(nodes, 0, sizeof(nodes));
    num_nodes = num_calls = fail_call = 0;
    put("/local/domain/0", "");
    put("/local/domain/5", "");
    put("/local/domain/5/vm", "/vm/another");
    put("/local/domain/7", "");
    put("/local/domain/7/vm", VM);
    put("/local/domain/9", "");
    put(VM, "");
    put(VM "/name", "g");
    put(VM "/rtc", "");
    put(VM "/rtc/timeoffset", "3600");
}

static void forget(void)
{
    unsigned int i, num = 0;

    for (i = 0; i < num_nodes; i++)
        if (strncmp(nodes[i].path, VM, strlen(VM)))
            nodes[num++] = nodes[i];
    num_nodes = num;
}

static const char *value_of(const char *path)
{
    unsigned int i = find(path);

    return i < num_nodes ? nodes[i].value : "(none)";
}

static void it_comes_back_when_it_is_gone(void)
{
    static const struct {
        const char *uuid;
        uint32_t domid;
    } named[] = { { UUID, 0 }, { NULL, 7 } };
    vm_entry entry;
    unsigned int i;

    for (i = 0; i < 2; i++) {
        begin();
        vm_entry_keep(&entry, named[i].uuid, named[i].domid);
        CHECK_UINT(entry.num_items, 2);
        forget();
        vm_entry_put_back(&entry);
        CHECK_STR(value_of(VM "/name"), "g");
        CHECK_STR(value_of(VM "/rtc/timeoffset"), "3600");
        CHECK_UINT(nodes[find(VM "/name")].reader, 7);
        CHECK_UINT(num_open, 0);
    }
}

static void one_that_is_there_is_left_alone(void)
{
    vm_entry entry;

    begin();
    vm_entry_keep(&entry, UUID, 0);
    put(VM "/name", "another");
    vm_entry_put_back(&entry);
    CHECK_STR(value_of(VM "/name"), "another");
    /* Also when that is not known. */
    begin();
    vm_entry_keep(&entry, UUID, 0);
    put(VM "/name", "another");
    fail_call = num_calls + 2;
    vm_entry_put_back(&entry);
    CHECK_STR(value_of(VM "/name"), "another");
}

static void without_a_domain_it_stays_away(void)
{
    vm_entry entry;

    begin();
    vm_entry_keep(&entry, UUID, 0);
    forget();
    put("/local/domain/7/vm", "/vm/another");
    vm_entry_put_back(&entry);
    CHECK_STR(value_of(VM "/name"), "(none)");
}

static void a_guest_without_one_has_nothing_to_keep(void)
{
    vm_entry entry;

    begin();
    vm_entry_keep(&entry, "", 0);
    CHECK_UINT(num_calls, 0);
    vm_entry_put_back(&entry);
    vm_entry_keep(&entry, NULL, 9);
    CHECK_UINT(entry.num_items, 0);
    vm_entry_put_back(&entry);
}

static void more_than_there_can_be_is_left_out(void)
{
    vm_entry entry;
    char path[96] = VM;
    unsigned int i;

    begin();
    for (i = 0; i < 5; i++) {
        strcat(path, "/deep");
        put(path, "x");
    }
    for (i = 0; i < VM_ENTRY_ITEMS; i++) {
        snprintf(path, sizeof(path), VM "/many%u", i);
        put(path, "x");
    }
    vm_entry_keep(&entry, UUID, 0);
    CHECK_UINT(entry.num_items, VM_ENTRY_ITEMS);
    forget();
    vm_entry_put_back(&entry);
    CHECK_STR(value_of(VM "/deep/deep/deep/deep"), "x");
    CHECK_STR(value_of(VM "/deep/deep/deep/deep/deep"), "(none)");
}

/* Returns whether the name came back. */
static bool keep_and_put_back(void)
{
    vm_entry entry;

    vm_entry_keep(&entry, UUID, 0);
    forget();
    vm_entry_put_back(&entry);
    return !strcmp(value_of(VM "/name"), "g");
}

static void each_request_fails(void)
{
    unsigned int n, num = 1;
    size_t before;

    for (n = 1; n <= num; n++) {
        begin();
        before = heap_bytes;
        fail_call = n;
        keep_and_put_back();
        num = num_calls < n ? 0 : n + 1;
        CHECK_UINT(num_open, 0);
        CHECK_UINT(heap_bytes, before);
    }
}

static void each_allocation_fails(void)
{
    unsigned int n, num = 0;
    size_t before;

    for (n = 0; n <= num && heap_is_ours(); n++) {
        begin();
        before = heap_bytes;
        heap_start(n, false);
        keep_and_put_back();
        num = n ? num : heap_calls;
        heap_stop();
        CHECK_UINT(num_open, 0);
        CHECK_UINT(heap_bytes, before);
    }
    CHECK(!heap_is_ours() || num > 5);
}

static const tap_case cases[] = {
    TAP_CASE(it_comes_back_when_it_is_gone),
    TAP_CASE(one_that_is_there_is_left_alone),
    TAP_CASE(without_a_domain_it_stays_away),
    TAP_CASE(a_guest_without_one_has_nothing_to_keep),
    TAP_CASE(more_than_there_can_be_is_left_out),
    TAP_CASE(each_request_fails),
    TAP_CASE(each_allocation_fails),
};

int main(void)
{
    return TAP_RUN(cases);
}
