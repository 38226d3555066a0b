/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any bytes through the reader.  Every span is in the text, every exact string
 * is the bytes that it points to, errors and the return value agree, each
 * diagnostic can be printed, and what was read is the same after it was
 * written and read again.
 */
#include "config.h"

#include <string.h>

#include "cfg/read.h"

#define FUZZ_CORPUS "read"
#include "fuzz.h"

static void check_span(const vnuma_source *source, vnuma_span span)
{
    FUZZ_ASSERT(span.source == source);
    FUZZ_ASSERT(span.start <= span.end && span.end <= source->len);
}

/* Recursion is limited, because xl limits the depth of lists. */
static void check_value(const vnuma_source *source, const vnuma__value *value)
{
    uint32_t i;

    check_span(source, value->span);
    if (value->is_list) {
        FUZZ_ASSERT(!value->string);
        for (i = 0; i < value->num_items; i++)
            check_value(source, &value->items[i]);
        return;
    }
    FUZZ_ASSERT(strlen(value->string) == value->len);
    if (value->exact)
        FUZZ_ASSERT(
            !memcmp(source->text + value->inner, value->string, value->len));
}

static void check_json(const vnuma_diags *diags)
{
    char *text = vnuma_diags_to_json(diags);

    FUZZ_ASSERT(text);
    free(text);
}

static void print_value(FILE *f, const vnuma__value *value)
{
    const char *p, *special = "\"\\\a\b\f\n\r\t\v", *name = "\"\\abfnrtv";
    uint32_t i;

    if (value->is_list) {
        fputc('[', f);
        for (i = 0; i < value->num_items; i++) {
            print_value(f, &value->items[i]);
            fputc(',', f);
        }
        fputc(']', f);
        return;
    }
    fputc('"', f);
    for (p = value->string; *p; p++)
        if (strchr(special, *p))
            fprintf(f, "\\%c", name[strchr(special, *p) - special]);
        else
            fputc(*p, f);
    fputc('"', f);
}

/* Each name with the value in force. */
static char *print_tree(const vnuma__tree *tree, size_t *len_r)
{
    char *text;
    uint32_t i;
    FILE *f;

    f = open_memstream(&text, len_r);
    FUZZ_ASSERT(f);
    for (i = 0; i < tree->num_names; i++) {
        const vnuma__setting *setting = tree->by_name[i];

        fprintf(f, "%s=", setting->name);
        print_value(f, &setting->value);
        fputc('\n', f);
    }
    FUZZ_ASSERT(!fclose(f));
    return text;
}

static void check_round_trip(const vnuma__tree *tree)
{
    char *text, *again;
    size_t len, again_len;
    vnuma_source source;
    vnuma_diags diags;
    vnuma__tree copy = { 0 };

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    text = print_tree(tree, &len);
    FUZZ_ASSERT(!vnuma_source_set(&source, "again", text, len));
    FUZZ_ASSERT(!vnuma__read(&source, &copy, &diags));
    again = print_tree(&copy, &again_len);
    FUZZ_ASSERT(len == again_len && !memcmp(text, again, len));
    free(text);
    free(again);
    vnuma__tree_dispose(&copy);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vnuma_source source;
    vnuma_diags diags;
    vnuma__tree tree = { 0 };
    uint32_t i;
    int rc;

    vnuma_source_init(&source);
    vnuma_diags_init(&diags);
    if (vnuma_source_set(&source, "fuzz", (const char *)data, size))
        return 0;
    rc = vnuma__read(&source, &tree, &diags);
    FUZZ_ASSERT(rc == (diags.num_errors ? VNUMA_ERROR_CONFIG : 0));
    for (i = 0; i < tree.num_settings; i++) {
        check_span(&source, tree.settings[i].name_span);
        check_value(&source, &tree.settings[i].value);
    }
    fuzz_check_diags(&diags, &source);
    check_json(&diags);
    if (!rc)
        check_round_trip(&tree);
    vnuma__tree_dispose(&tree);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return 0;
}
