/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's settings: finds those that matter for NUMA in the tree of an
 * xl.cfg(5) and reads their values as xl does, or reports why it cannot.
 * config_number.c reads numbers, config_vnode.c the value of vnuma=,
 * config_affinity.c lists of CPUs and devices.
 */
#include "config.h"

#include "guest/guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/access.h"
#include "cfg/read.h"

void vnuma__config_init(vnuma_config *config)
{
    memset(config, 0, sizeof(*config));
}

static void dispose_affinities(vnuma_affinities *affinities)
{
    unsigned int i;

    for (i = 0; i < affinities->num_items; i++)
        free(affinities->items[i].terms);
    free(affinities->items);
}

void vnuma__config_dispose(vnuma_config *config)
{
    unsigned int i;

    for (i = 0; i < config->num_vnodes; i++) {
        vnuma_bitmap_dispose(&config->vnodes[i].vcpus);
        free(config->vnodes[i].vcpu_ranges);
        free(config->vnodes[i].distances);
    }
    free(config->vnodes);
    dispose_affinities(&config->cpus);
    dispose_affinities(&config->cpus_soft);
    vnuma__policies_dispose(&config->policies);
    free(config->pcidevs);
    free(config->pool);
    free(config->name);
    free(config->uuid);
    vnuma__config_init(config);
}

/* ---- tables of words ---------------------------------------------------- */

/*
 * xl compares only as many bytes as the file gives, so "h" means "hvm" and ""
 * means the first word of the table.
 */
static bool is_prefix(vnuma__text text, const char *word)
{
    return text.len <= strlen(word) && !memcmp(text.ptr, word, text.len);
}

static const struct {
    const char *setting, *word;
    vnuma_guest_type type;
} types[] = {
    { "type", "hvm", VNUMA_GUEST_HVM },
    { "type", "pv", VNUMA_GUEST_PV },
    { "type", "pvh", VNUMA_GUEST_PVH },
    { "builder", "hvm", VNUMA_GUEST_HVM },
    { "builder", "generic", VNUMA_GUEST_PV },
};

static bool find_type(vnuma__config_reader *p, const vnuma__setting *setting,
                      vnuma_guest_type *type_r)
{
    vnuma__text text = vnuma__value_text(&setting->value);
    unsigned int i;

    if (!vnuma__is_string(p, setting, "a type of guest"))
        return false;
    for (i = 0; i < sizeof(types) / sizeof(*types); i++)
        if (!strcmp(types[i].setting, setting->name) &&
            is_prefix(text, types[i].word)) {
            *type_r = types[i].type;
            return true;
        }
    vnuma__error(p->diags, "type-unknown", text.span,
                 "%s= is \"%.*s\", which is not a type of guest",
                 setting->name, VNUMA__TEXT_ARG(text));
    vnuma__hint(p->diags, "write type = \"hvm\" or type = \"pvh\"");
    return false;
}

/* type= and builder= mean the same; both may be given when they agree. */
static int parse_type(vnuma__config_reader *p, const vnuma__setting *setting,
                      void *into)
{
    static const char *const names[] = { "PV", "HVM", "PVH" };
    vnuma_config *config = into;
    vnuma_guest_type type;

    if (!find_type(p, setting, &type)) {
        config->unsound |= VNUMA_ABOUT_TYPE;
    } else if (!vnuma__is_given(config->type_span) || config->type == type) {
        config->type = type;
        config->type_span = setting->value.span;
    } else {
        vnuma__error(p->diags, "type-contradiction", setting->value.span,
                     "%s= makes it a %s guest, but another setting makes it "
                     "a %s guest",
                     setting->name, names[type], names[config->type]);
        vnuma__related(p->diags, config->type_span, "first said here");
        vnuma__hint(p->diags, "leave out builder=; type= is enough");
        config->unsound |= VNUMA_ABOUT_TYPE;
    }
    return 0;
}

static const char *const vga_names[] = {
    [VNUMA_VGA_CIRRUS] = "cirrus",
    [VNUMA_VGA_STD] = "stdvga",
    [VNUMA_VGA_NONE] = "none",
    [VNUMA_VGA_QXL] = "qxl",
};

#define NUM_VGAS (sizeof(vga_names) / sizeof(*vga_names))

static int parse_vga(vnuma__config_reader *p, const vnuma__setting *setting,
                     void *into)
{
    vnuma_vga *vga = into;
    vnuma__text text = vnuma__value_text(&setting->value);
    const char *meant;
    unsigned int i;

    if (!vnuma__is_string(p, setting, "the name of a graphics card"))
        goto bad;
    for (i = 0; i < NUM_VGAS; i++)
        if (vnuma__text_equal(text, vga_names[i])) {
            *vga = i;
            return 0;
        }
    vnuma__error(p->diags, "vga-unknown", text.span,
                 "vga= is \"%.*s\", which is not a graphics card of xl",
                 VNUMA__TEXT_ARG(text));
    meant = vnuma__nearest_name(text, vga_names, NUM_VGAS);
    vnuma__hint(p->diags,
                meant ? "did you mean %s?"
                      : "write \"stdvga\", \"cirrus\", \"none\" or "
                        "\"qxl\"%s",
                meant ? meant : "");
    if (meant)
        vnuma__fix_text(p->diags, text, "%s", meant);
bad:
    p->config->unsound |= VNUMA_ABOUT_MEMORY;
    return 0;
}

/* xl ignores a value that is not a number. */
static bool has_number(const vnuma__setting *setting, uint64_t *value_r)
{
    unsigned int base;

    return !setting->value.is_list &&
           vnuma__parse_c_number(vnuma__value_text(&setting->value), &base,
                                 value_r);
}

/* Only counts when vga= is not given. */
static int parse_stdvga(vnuma__config_reader *p, const vnuma__setting *setting,
                        void *into)
{
    vnuma_vga *vga = into;
    uint64_t value;

    (void)p;
    if (has_number(setting, &value))
        *vga = value ? VNUMA_VGA_STD : VNUMA_VGA_CIRRUS;
    return 0;
}

static int parse_device_model(vnuma__config_reader *p,
                              const vnuma__setting *setting, void *into)
{
    bool *is_traditional = into;

    (void)p;
    *is_traditional = vnuma__text_equal(vnuma__value_text(&setting->value),
                                        "qemu-xen-traditional");
    return 0;
}

static int parse_nomigrate(vnuma__config_reader *p,
                           const vnuma__setting *setting, void *into)
{
    vnuma_span *migratable = into;

    (void)p;
    if (vnuma__text_equal(vnuma__value_text(&setting->value), "0"))
        *migratable = setting->value.span;
    return 0;
}

/*
 * Of the words that xl ignores, those for "on" are its default.  What has no
 * quotes is an error already.
 */
static int parse_acpi(vnuma__config_reader *p, const vnuma__setting *setting,
                      void *into)
{
    static const char *const words[] = { "off", "false", "no", "disabled" };
    const vnuma__value *v = &setting->value;
    vnuma_span *off = into;
    bool is_quoted = v->span.end - v->span.start > v->len;
    unsigned int i;
    uint64_t value;

    if (has_number(setting, &value) && !value)
        *off = v->span;
    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (!v->is_list && is_quoted && !strcasecmp(v->string, words[i])) {
            vnuma__warning(p->diags, "word-ignored", v->span,
                           "xl reads a number here and ignores \"%s\": the "
                           "guest has ACPI",
                           v->string);
            vnuma__hint(p->diags, "0 is off, 1 is on");
        }
    return 0;
}

static int parse_string(vnuma__config_reader *p, const vnuma__setting *setting,
                        void *into)
{
    char **string = into;

    if (!vnuma__is_string(p, setting, "a string"))
        return 0;
    *string = strdup(setting->value.string);
    return *string ? 0 : VNUMA_ERROR_NOMEM;
}

/* xl ignores a list, and makes a UUID. */
static int parse_uuid(vnuma__config_reader *p, const vnuma__setting *setting,
                      void *into)
{
    return setting->value.is_list ? 0 : parse_string(p, setting, into);
}

static int parse_pool(vnuma__config_reader *p, const vnuma__setting *setting,
                      void *into)
{
    p->config->pool_span = setting->value.span;
    return parse_string(p, setting, into);
}

/* A name with upper case in it was reported by the grammar. */
static void report_ignored(vnuma__config_reader *p, const char *id,
                           const vnuma__setting *setting, const char *hint)
{
    if (!vnuma__text_equal(vnuma__span_text(setting->name_span),
                           setting->name))
        return;
    vnuma__warning(p->diags, id, setting->name_span,
                   "xl has no setting %s= and ignores it", setting->name);
    vnuma__hint(p->diags, "%s", hint);
}

/* xl has no such setting, but other tools do and it looks right. */
static int parse_nodes(vnuma__config_reader *p, const vnuma__setting *setting,
                       void *into)
{
    (void)into;
    report_ignored(p, "nodes-setting", setting,
                   "memory follows pnode= of vnuma=; to keep vcpus on nodes "
                   "write cpus = \"nodes:0-1\"");
    return 0;
}

/* Some tools write it; the name is too short for guesses. */
static int parse_cpu(vnuma__config_reader *p, const vnuma__setting *setting,
                     void *into)
{
    (void)into;
    report_ignored(p, "setting-unknown", setting, "did you mean cpus?");
    return 0;
}

/* ---- settings ----------------------------------------------------------- */

/* In the order of reading: vga= after stdvga=, vnuma= last. */
static const struct {
    const char *name;
    vnuma__parse_setting *parse;
    size_t member; /* its offset in the config; 0: the config itself */
} keys[] = {
#define INTO(member) offsetof(vnuma_config, member)
    { "name", parse_string, INTO(name) },
    { "uuid", parse_uuid, INTO(uuid) },
    { "type", parse_type },
    { "builder", parse_type },
    { "memory", vnuma__parse_number, INTO(memory_memkb) },
    { "maxmem", vnuma__parse_number, INTO(maxmem_memkb) },
    { "vcpus", vnuma__parse_number, INTO(vcpus) },
    { "maxvcpus", vnuma__parse_number, INTO(maxvcpus) },
    { "videoram", vnuma__parse_number, INTO(videoram_memkb) },
    { "mmio_hole", vnuma__parse_number, INTO(mmio_hole_memkb) },
    { "stdvga", parse_stdvga, INTO(vga) },
    { "vga", parse_vga, INTO(vga) },
    { "device_model_version", parse_device_model, INTO(is_traditional) },
    { "cpus", vnuma__parse_affinities, INTO(cpus) },
    { "cpus_soft", vnuma__parse_affinities, INTO(cpus_soft) },
    { "pool", parse_pool, INTO(pool) },
    { "nodes", parse_nodes },
    { "cpu", parse_cpu },
    { "pci", vnuma__parse_pcidevs },
    { "nomigrate", parse_nomigrate, INTO(migratable_span) },
    { "acpi", parse_acpi, INTO(acpi_off_span) },
    { "vnuma", vnuma__parse_vnuma },
    { "xl_vnuma_policy", vnuma__parse_policies, INTO(policies) },
#undef INTO
};

#define NUM_KEYS (sizeof(keys) / sizeof(*keys))

/* Settings that an unknown name may mean; no setting of xl is similar. */
static const char *const near_names[] = {
    "vnuma",    "memory",    "maxmem",          "vcpus", "maxvcpus",
    "videoram", "cpus_soft", "xl_vnuma_policy",
};

/* Bounds the cost: files have some tens of settings. */
#define MAX_UNKNOWN 1000u

static bool is_from_command_line(vnuma_span span)
{
    return span.source && span.start >= span.source->extra;
}

/* A guess, and of what xl leaves out: no fix, as it may change the guest. */
static void check_unknown(vnuma__config_reader *p,
                          const vnuma__setting *setting)
{
    vnuma__text name = {
        .ptr = setting->name,
        .len = strlen(setting->name),
        .span = setting->name_span,
    };
    const char *meant;
    char hint[64];

    if (name.len < 4)
        return;
    meant = vnuma__nearest_name(name, near_names,
                                sizeof(near_names) / sizeof(*near_names));
    if (!meant)
        return;
    snprintf(hint, sizeof(hint), "did you mean %s?", meant);
    report_ignored(p, "setting-unknown", setting, hint);
}

/* Warns of settings that xl ignores, or of which only the last counts. */
static void check_settings(vnuma__config_reader *p, const vnuma__tree *tree)
{
    const vnuma__setting *last[NUM_KEYS] = { NULL };
    bool twice[NUM_KEYS] = { false }; /* has been reported */
    unsigned int key, num_unknown = 0;
    uint32_t i;

    for (i = 0; i < tree->num_settings; i++) {
        const vnuma__setting *setting = &tree->settings[i];

        for (key = 0; key < NUM_KEYS; key++)
            if (!strcmp(keys[key].name, setting->name))
                break;
        if (key == NUM_KEYS) {
            if (num_unknown++ < MAX_UNKNOWN)
                check_unknown(p, setting);
            continue;
        }
        /* The command line is there to override the file. */
        if (last[key] && !setting->is_addition && !twice[key] &&
            !is_from_command_line(setting->name_span)) {
            vnuma__warning(p->diags, "setting-twice", last[key]->name_span,
                           "%s= is given again later: this one does not count",
                           setting->name);
            vnuma__related(p->diags, setting->name_span, "given again here");
            twice[key] = true;
        }
        last[key] = setting;
    }
}

static int parse_settings(vnuma__config_reader *p, const vnuma__tree *tree)
{
    const vnuma__setting *setting;
    unsigned int key;
    int rc = 0;

    check_settings(p, tree);
    for (key = 0; key < NUM_KEYS && !rc; key++) {
        setting = vnuma__tree_find(tree, keys[key].name);
        if (setting)
            rc = keys[key].parse(p, setting,
                                 (char *)p->config + keys[key].member);
    }
    return rc;
}

int vnuma__config_parse(const vnuma_source *source, vnuma_config *config_r,
                       vnuma_diags *diags)
{
    vnuma_config config;
    vnuma__config_reader p = { &config, diags };
    unsigned int num_errors = diags->num_errors, first;
    vnuma__tree tree;
    int rc;

    vnuma__config_init(&config);
    vnuma__tree_init(&tree);

    rc = vnuma__read(source, &tree, diags);
    if (rc && rc != VNUMA_ERROR_CONFIG)
        goto out;
    /* A setting may be missing only because the grammar's error hid it. */
    if (rc)
        config.unsound = VNUMA_ABOUT_EVERYTHING;

    first = diags->num_items;
    rc = parse_settings(&p, &tree);
    if (rc)
        goto out;
    vnuma__diags_sort(diags, first);

    *config_r = config;
    vnuma__config_init(&config);
    rc = diags->num_errors > num_errors ? VNUMA_ERROR_CONFIG : 0;

out:
    vnuma__tree_dispose(&tree);
    vnuma__config_dispose(&config);
    return rc;
}

/* ---- for the library's users -------------------------------------------- */

int vnuma_config_parse(const vnuma_source *source, vnuma_config **config_r,
                       vnuma_diags *diags)
{
    VNUMA__MAKE(config_r, vnuma__config_parse(source, made, diags),
                VNUMA_ERROR_CONFIG);
}

VNUMA__FREE(vnuma_config, vnuma__config_dispose)
VNUMA__READER(const char *, vnuma_config_name, vnuma_config, name)
VNUMA__READER(vnuma_guest_type, vnuma_config_type, vnuma_config, type)
VNUMA__READER(vnuma_span, vnuma_config_vnuma_span, vnuma_config, vnodes_span)
VNUMA__LIST_READERS(vnuma_vnode, vnuma_config, vnode)

void vnuma_config_set_pnode(vnuma_config *config, unsigned int vnode,
                            uint32_t pnode)
{
    config->vnodes[vnode].pnode.value = pnode;
}
