/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What our object in xl reports; see hear.h. */
#include "config.h"

#include "run/hear.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/cli.h"
#include "hooks/message.h"

static double gib(uint64_t pages)
{
    return (double)pages / (1 << 18);
}

static void hear_progress(hearing *h, const char *args)
{
    uint64_t done, all;
    double seconds = cli_seconds() - h->start;
    uint32_t pnode;

    if (!h->show_progress ||
        sscanf(args, "%" SCNu32 " %" SCNu64 " %" SCNu64, &pnode, &done,
               &all) != 3 ||
        !done || seconds < 1)
        return;
    h->progress_shown = true;
    fprintf(stderr,
            "\rpopulating pnode %" PRIu32
            ": %.1f of %.1f GiB, %.1f GiB/s, %.0f s left ",
            pnode, gib(done), gib(all), gib(done) / seconds,
            seconds * (double)(all - done) / (double)done);
}

static void hear_hello(hearing *h, const char *args)
{
    (void)args;
    if (h->hooks->on_begun)
        h->hooks->on_begun(h->hooks->user, h->result);
}

static void hear_begin(hearing *h, const char *args)
{
    sscanf(args, "%39s", h->result->uuid);
}

static void hear_domain(hearing *h, const char *args)
{
    sscanf(args, "%" SCNu32 " %39s", &h->result->domid, h->result->uuid);
    h->start = cli_seconds();
}

static void hear_extents(hearing *h, const char *args)
{
    vnuma_xen_extent_set set;

    if (h->result->num_sets < VNUMA__MAX_EXTENT_SETS &&
        sscanf(args,
               "%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64,
               &set.pnode, &set.preferred, &set.num_1g, &set.num_2m,
               &set.num_4k, &set.num_released) == 6)
        h->result->sets[h->result->num_sets++] = set;
}

static void hear_built(hearing *h, const char *args)
{
    if (h->progress_shown)
        fputs("\n", stderr);
    sscanf(args, "%" SCNu64, &h->result->num_pages);
}

static void hear_error(hearing *h, const char *args)
{
    if (h->progress_shown)
        fputs("\n", stderr);
    h->progress_shown = false;
    h->result->has_error = true;
    fputs(args, stderr);
}

static void hear_record(hearing *h, const char *args)
{
    (void)args;
    h->result->has_record = true;
}

static const struct {
    const char *word;
    run_stage stage; /* that xl has reached then, at least */
    void (*hear)(hearing *h, const char *args);
} words[] = {
    { MESSAGE_HELLO, RUN_LOADED, hear_hello },
    { MESSAGE_BEGIN, RUN_LOADED, hear_begin },
    { MESSAGE_DOMAIN, RUN_MADE, hear_domain },
    { MESSAGE_PROGRESS, RUN_LOADED, hear_progress },
    { MESSAGE_EXTENTS, RUN_LOADED, hear_extents },
    { MESSAGE_BUILT, RUN_LOADED, hear_built },
    { MESSAGE_RECORD, RUN_LOADED, hear_record },
    { MESSAGE_ERROR, RUN_LOADED, hear_error },
    { MESSAGE_DONE, RUN_DONE, NULL },
    { MESSAGE_GO, RUN_GIVEN, NULL },
    { MESSAGE_ANSWER, RUN_ANSWERED, NULL },
};

void hear(hearing *h, const char *message)
{
    run_stage before = h->result->stage;
    size_t len = strcspn(message, " ");
    unsigned int i;

    for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strlen(words[i].word) != len ||
            strncmp(message, words[i].word, len))
            continue;
        if (h->result->stage < words[i].stage)
            h->result->stage = words[i].stage;
        if (words[i].hear)
            words[i].hear(h, message + len + (message[len] == ' '));
    }
    if (h->hooks->on_done && before < RUN_DONE && h->result->stage >= RUN_DONE)
        h->hooks->on_done(h->hooks->user, h->result);
}
