/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The iallocator "vnuma": what Ganeti asks, the hosts that it asks for, and
 * hail, which is asked the same with the hosts that fit.
 */
#ifndef XL_VNUMA_GANETI_H
#define XL_VNUMA_GANETI_H

#include <stdio.h>
#include <sys/types.h>

#include "base/json_reader.h"

typedef const vnuma__jsondoc_value *value_ptr;

/* ---- request.c ---------------------------------------------------------- */

typedef struct host host;

typedef enum {
    STATE_OTHER, /* or none */
    STATE_UP,
    STATE_DOWN,
    STATE_OFFLINE,
} guest_state;

/* An instance that is there, or one that the request adds. */
typedef struct guest {
    char *name; /* owned */
    value_ptr value, admin_state, old_nodes;
    uint64_t memory_mib, vcpus, disk_mib;
    guest_state state;
    host *primary;      /* NULL: none yet */
    struct guest *next; /* the next of the same host, by name */
    char *nodes;        /* owned; JSON: where it was moved or added to */
    bool is_new;        /* it is in the request only */
} guest;

typedef enum {
    REPORT_NOT_READ, /* the host is not to be used, or its name is no file's */
    REPORT_MISSING,
    REPORT_BROKEN,
    REPORT_STALE,
    REPORT_CURRENT,
} report_state;

struct host {
    char *name; /* owned */
    value_ptr value;
    guest *guests;     /* whose first node it is */
    bool is_usable;    /* neither drained nor offline nor left out */
    uint64_t free_mib; /* VNUMA_MEMKB_UNKNOWN */
    uint64_t up_mib;   /* of guests that are taken off that; likewise */
    report_state report;
    char *why;              /* owned; what is wrong with the report, or NULL */
    vnuma_fleet_host *seen; /* owned; NULL without a good report */
    bool fits;              /* what is asked for now */
    bool is_shut;           /* for hail: drained */
    int64_t memory_mib, disk_mib; /* given back by what was moved, or taken */
};

typedef enum {
    ASKED_OTHER, /* hail's alone */
    ASKED_ALLOCATE,
    ASKED_MULTI,
    ASKED_RELOCATE,
    ASKED_EVACUATE,
    ASKED_GROUP,
} asked_type;

/* What Ganeti's file says; all zeroes before. */
typedef struct {
    vnuma__text text;
    vnuma__jsondoc json; /* owned */
    value_ptr request;
    asked_type type;
    host *hosts; /* owned, as the guests; by name */
    unsigned int num_hosts, num_usable;
    guest *guests;
    unsigned int num_guests;
    guest *added; /* owned; of allocate and multi-allocate */
    unsigned int num_added;
    guest **wanted; /* owned; the guests to be placed, in their order */
    unsigned int num_wanted;
    char *reports;   /* borrowed; where they are */
    uint64_t now;    /* seconds since 1970 */
} cluster;

/*
 * Returns 0, VNUMA_ERROR_HOST (reported) or VNUMA_ERROR_NOMEM.  @source stays
 * while it is used; dispose in any case.
 */
int cluster_parse(cluster *c, const vnuma_source *source, vnuma_diags *diags);
void cluster_dispose(cluster *c);
host *cluster_host(const cluster *c, vnuma__text name);
guest *cluster_guest(const cluster *c, vnuma__text name); /* that is there */
/* A value as it is written in @text. */
vnuma__text value_bytes(vnuma__text text, value_ptr value);
/* A string as its owned copy; NULL: no memory, or it has a NUL. */
char *cluster_string(vnuma__text text);

/* ---- tags.c ------------------------------------------------------------- */

bool tags_ask(value_ptr guest);
/*
 * The guest's settings by its tags; without any as if it had vnuma:auto.
 * Returns 0, VNUMA_ERROR_CONFIG (reported) or VNUMA_ERROR_NOMEM; @source is to
 * be disposed after the config, in any case.
 */
int tags_config(const guest *g, vnuma_source *source, vnuma_config **config_r,
                vnuma_diags *diags);
/*
 * Tags, up to a NULL, as settings of xl.cfg(5), a line for each; nothing when
 * none is ours.  Returns 0 or VNUMA_ERROR_CONFIG (reported).
 */
int tags_print(const char *hypervisor, char **tags, FILE *f,
               vnuma_diags *diags);

/* ---- hosts.c ------------------------------------------------------------ */

/*
 * Sets fits of each host, of which the report is read the first time; @again:
 * it is needed for another guest.  Returns 0 or VNUMA_ERROR_NOMEM.
 */
int hosts_fit(cluster *c, const vnuma_config *config, bool again);
/* It will be there: the next is planned next to it. */
int hosts_take(host *h, const char *name, const vnuma_config *config);
/* "2 of 100 hosts fit"; @stale: those with stale reports were asked for too */
void hosts_tell_fit(const cluster *c, bool stale, FILE *f);
/* Which reports are not as they should be. */
void hosts_tell_reports(const cluster *c, bool stale, FILE *f);

/* ---- edit.c ------------------------------------------------------------- */

/* What hail gets in the place of the request's own. */
typedef struct {
    const guest *guest; /* NULL: all that have no tag */
    bool restrict_to;   /* hosts that fit, by restrict-to-nodes or is_shut */
    bool stale;         /* those with stale reports too */
} question;

bool host_is_asked(const host *h, bool stale);
/* A string as JSON; owned, NULL: no memory. */
char *json_of(const char *string);
/* Writes the input with what was changed; false: no memory. */
bool edit_input(cluster *c, const question *q, FILE *f);

/* ---- answer.c ----------------------------------------------------------- */

/* What hail answers; all zeroes before. */
typedef struct {
    vnuma_source source; /* owned */
    vnuma__jsondoc json; /* owned */
    bool success;
    char *info; /* owned */
    value_ptr result;
} answer;

/* False: no memory, or not of iallocator protocol 2.  Dispose in any case. */
bool answer_read(answer *a, const char *text, size_t len);
void answer_dispose(answer *a);

/* ---- hail.c ------------------------------------------------------------- */

/*
 * Asks hail.  Returns 0 when it answered; else the exit status to end with:
 * what there was to say was said.  Dispose in any case.
 */
int hail_ask(cluster *c, const question *q, char **argv, answer *a);

/*
 * Asks hail for Ganeti's own request, which is the same when all hosts fit,
 * while these are looked at: it takes longer than that.  Then either its
 * answer is taken, as by hail_ask(), or it is abandoned.
 */
typedef struct {
    pid_t pid; /* 0: none */
    int output;
} early_hail;
void hail_begin(early_hail *e, char **argv);
int hail_end(early_hail *e, answer *a);
void hail_abandon(early_hail *e);
/* Becomes hail, with the same arguments; returns only when that failed. */
void hail_become(char **argv);

#endif
