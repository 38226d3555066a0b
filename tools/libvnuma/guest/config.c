/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's settings: finds those that matter for NUMA in the tree of an
 * xl.cfg(5) and reads their values as xl does, or reports why it cannot.
 * config_number.c reads numbers, config_vnode.c the value of vnuma=,
 * config_affinity.c lists of CPUs and devices.
 */
#include "config.h"

#include "guest/guest.h"

#include <stdlib.h>
#include <string.h>

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

typedef struct {
    const char *word;
    int value;
} word_value;

static const word_value types[] = {
    { "hvm", VNUMA_GUEST_HVM },
    { "pv", VNUMA_GUEST_PV },
    { "pvh", VNUMA_GUEST_PVH },
};

static const word_value builders[] = {
    { "hvm", VNUMA_GUEST_HVM },
    { "generic", VNUMA_GUEST_PV },
};

static bool find_type(vnuma__config_reader *p, const vnuma__setting *setting,
                      const word_value *words, unsigned int num_words,
                      vnuma_guest_type *type_r)
{
    vnuma__text text = vnuma__value_text(&setting->value);
    unsigned int i;

    for (i = 0; i < num_words; i++)
        if (is_prefix(text, words[i].word)) {
            *type_r = words[i].value;
            return true;
        }
    vnuma__error(p->diags, "type-unknown", text.span,
                 "%s= is \"%.*s\", which is not a type of guest",
                 setting->name, VNUMA__TEXT_ARG(text));
    vnuma__hint(p->diags, "write type = \"hvm\" or type = \"pvh\"");
    return false;
}

static const char *const type_names[] = { "PV", "HVM", "PVH" };

/* type= and builder= mean the same; both may be given when they agree. */
static void set_type(vnuma__config_reader *p, const vnuma__setting *setting,
                     vnuma_guest_type type)
{
    vnuma_config *config = p->config;

    if (vnuma__is_given(config->type_span) && config->type != type) {
        vnuma__error(p->diags, "type-contradiction", setting->value.span,
                     "%s= makes it a %s guest, but another setting makes it "
                     "a %s guest",
                     setting->name, type_names[type],
                     type_names[config->type]);
        vnuma__related(p->diags, config->type_span, "first said here");
        vnuma__hint(p->diags, "leave out builder=; type= is enough");
        config->unsound |= VNUMA_ABOUT_TYPE;
        return;
    }
    config->type = type;
    config->type_span = setting->value.span;
}

static int parse_any_type(vnuma__config_reader *p,
                          const vnuma__setting *setting,
                          const word_value *words, unsigned int num_words)
{
    vnuma_guest_type type;

    if (vnuma__is_string(p, setting, "a type of guest") &&
        find_type(p, setting, words, num_words, &type))
        set_type(p, setting, type);
    else
        p->config->unsound |= VNUMA_ABOUT_TYPE;
    return 0;
}

static int parse_type(vnuma__config_reader *p, const vnuma__setting *setting)
{
    return parse_any_type(p, setting, types, sizeof(types) / sizeof(*types));
}

static int parse_builder(vnuma__config_reader *p,
                         const vnuma__setting *setting)
{
    return parse_any_type(p, setting, builders,
                          sizeof(builders) / sizeof(*builders));
}

static const char *const vga_names[] = {
    [VNUMA_VGA_CIRRUS] = "cirrus",
    [VNUMA_VGA_STD] = "stdvga",
    [VNUMA_VGA_NONE] = "none",
    [VNUMA_VGA_QXL] = "qxl",
};

#define NUM_VGAS (sizeof(vga_names) / sizeof(*vga_names))

static int parse_vga(vnuma__config_reader *p, const vnuma__setting *setting)
{
    vnuma__text text = vnuma__value_text(&setting->value);
    const char *meant;
    unsigned int i;

    if (!vnuma__is_string(p, setting, "the name of a graphics card"))
        goto bad;
    for (i = 0; i < NUM_VGAS; i++)
        if (vnuma__text_equal(text, vga_names[i])) {
            p->config->vga = i;
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

/*
 * Only counts when vga= is not given; xl ignores a value that is not a number.
 */
static int parse_stdvga(vnuma__config_reader *p, const vnuma__setting *setting)
{
    unsigned int base;
    uint64_t value;

    if (!setting->value.is_list &&
        vnuma__parse_c_number(vnuma__value_text(&setting->value), &base,
                              &value))
        p->config->vga = value ? VNUMA_VGA_STD : VNUMA_VGA_CIRRUS;
    return 0;
}

static int parse_device_model(vnuma__config_reader *p,
                              const vnuma__setting *setting)
{
    if (!setting->value.is_list)
        p->config->is_traditional = vnuma__text_equal(
            vnuma__value_text(&setting->value), "qemu-xen-traditional");
    return 0;
}

static int parse_nomigrate(vnuma__config_reader *p,
                           const vnuma__setting *setting)
{
    if (!setting->value.is_list &&
        vnuma__text_equal(vnuma__value_text(&setting->value), "0"))
        p->config->migratable_span = setting->value.span;
    return 0;
}

static int parse_acpi(vnuma__config_reader *p, const vnuma__setting *setting)
{
    unsigned int base;
    uint64_t value;

    if (!setting->value.is_list &&
        vnuma__parse_c_number(vnuma__value_text(&setting->value), &base,
                              &value) &&
        !value)
        p->config->acpi_off_span = setting->value.span;
    return 0;
}

static int copy_string(vnuma__config_reader *p, const vnuma__setting *setting,
                       char **string_r)
{
    if (!vnuma__is_string(p, setting, "a string"))
        return 0;
    *string_r = strdup(setting->value.string);
    return *string_r ? 0 : VNUMA_ERROR_NOMEM;
}

static int parse_name(vnuma__config_reader *p, const vnuma__setting *setting)
{
    return copy_string(p, setting, &p->config->name);
}

/* xl ignores a list, and makes a UUID. */
static int parse_uuid(vnuma__config_reader *p, const vnuma__setting *setting)
{
    return setting->value.string ? copy_string(p, setting, &p->config->uuid)
                                 : 0;
}

static int parse_pool(vnuma__config_reader *p, const vnuma__setting *setting)
{
    p->config->pool_span = setting->value.span;
    return copy_string(p, setting, &p->config->pool);
}

static int parse_cpus(vnuma__config_reader *p, const vnuma__setting *setting)
{
    return vnuma__parse_affinities(p, setting, &p->config->cpus);
}

static int parse_cpus_soft(vnuma__config_reader *p,
                           const vnuma__setting *setting)
{
    return vnuma__parse_affinities(p, setting, &p->config->cpus_soft);
}

/* xl has no such setting, but other tools do and it looks right. */
static int parse_nodes(vnuma__config_reader *p, const vnuma__setting *setting)
{
    vnuma__warning(p->diags, "nodes-setting", setting->name_span,
                   "xl has no setting nodes= and ignores it");
    vnuma__hint(p->diags, "memory follows pnode= of vnuma=; to keep vcpus on "
                          "nodes write cpus = \"nodes:0-1\"");
    return 0;
}

/* Some tools write it; the name is too short for guesses. */
static int parse_cpu(vnuma__config_reader *p, const vnuma__setting *setting)
{
    vnuma__warning(p->diags, "setting-unknown", setting->name_span,
                   "xl has no setting cpu= and ignores it");
    vnuma__hint(p->diags, "did you mean cpus?");
    return 0;
}

static int parse_vnuma(vnuma__config_reader *p, const vnuma__setting *setting)
{
    return vnuma__parse_vnuma(p, &setting->value);
}

/* ---- settings ----------------------------------------------------------- */

/* In the order of reading: vga= after stdvga=, vnuma= last. */
static const struct {
    const char *name;
    int (*parse)(vnuma__config_reader *p, const vnuma__setting *setting);
} keys[] = {
    { "name", parse_name },
    { "uuid", parse_uuid },
    { "type", parse_type },
    { "builder", parse_builder },
    { "memory", vnuma__parse_number },
    { "maxmem", vnuma__parse_number },
    { "vcpus", vnuma__parse_number },
    { "maxvcpus", vnuma__parse_number },
    { "videoram", vnuma__parse_number },
    { "mmio_hole", vnuma__parse_number },
    { "stdvga", parse_stdvga },
    { "vga", parse_vga },
    { "device_model_version", parse_device_model },
    { "cpus", parse_cpus },
    { "cpus_soft", parse_cpus_soft },
    { "pool", parse_pool },
    { "nodes", parse_nodes },
    { "cpu", parse_cpu },
    { "pci", vnuma__parse_pcidevs },
    { "nomigrate", parse_nomigrate },
    { "acpi", parse_acpi },
    { "vnuma", parse_vnuma },
    { "xl_vnuma_policy", vnuma__parse_policies },
};

#define NUM_KEYS (sizeof(keys) / sizeof(*keys))

/* Settings that an unknown name may mean; no setting of xl is similar. */
static const char *const near_names[] = {
    "vnuma",    "memory",    "maxmem",          "vcpus", "maxvcpus",
    "videoram", "cpus_soft", "xl_vnuma_policy",
};

/* Bounds the cost: files have some tens of settings. */
#define MAX_UNKNOWN 1000u

/* The settings that count, found in one pass. */
typedef struct {
    const vnuma__setting *settings[NUM_KEYS];
    bool twice[NUM_KEYS]; /* has been reported */
    unsigned int num_unknown;
} found_settings;

static void report_twice(vnuma__config_reader *p, const vnuma__setting *first,
                         const vnuma__setting *second)
{
    vnuma__warning(p->diags, "setting-twice", first->name_span,
                   "%s= is given again later: this one does not count",
                   first->name);
    vnuma__related(p->diags, second->name_span, "given again here");
}

static bool is_from_command_line(vnuma_span span)
{
    return span.source && span.start >= span.source->extra;
}

static void keep(vnuma__config_reader *p, found_settings *found,
                 unsigned int key, const vnuma__setting *setting)
{
    const vnuma__setting *first = found->settings[key];

    /* The command line is there to override the file. */
    if (first && !setting->is_addition && !found->twice[key] &&
        !is_from_command_line(setting->name_span)) {
        report_twice(p, first, setting);
        found->twice[key] = true;
    }
    found->settings[key] = setting;
}

/* A guess, and of what xl leaves out: no fix, as it may change the guest. */
static void check_unknown(vnuma__config_reader *p, found_settings *found,
                          const vnuma__setting *setting)
{
    vnuma__text name = {
        .ptr = setting->name,
        .len = strlen(setting->name),
        .span = setting->name_span,
    };
    const char *meant;

    if (found->num_unknown++ >= MAX_UNKNOWN || name.len < 4)
        return;
    meant = vnuma__nearest_name(name, near_names,
                                sizeof(near_names) / sizeof(*near_names));
    if (!meant)
        return;
    vnuma__warning(p->diags, "setting-unknown", setting->name_span,
                   "xl has no setting %s= and ignores it", setting->name);
    vnuma__hint(p->diags, "did you mean %s?", meant);
}

static void find_settings(vnuma__config_reader *p, const vnuma__tree *tree,
                          found_settings *found)
{
    unsigned int key;
    uint32_t i;

    for (i = 0; i < tree->num_settings; i++) {
        const vnuma__setting *setting = &tree->settings[i];

        for (key = 0; key < NUM_KEYS; key++)
            if (!strcmp(keys[key].name, setting->name))
                break;
        if (key < NUM_KEYS)
            keep(p, found, key, setting);
        else
            check_unknown(p, found, setting);
    }
}

static int parse_settings(vnuma__config_reader *p, const vnuma__tree *tree)
{
    found_settings found = { { NULL }, { false }, 0 };
    unsigned int key;
    int rc;

    find_settings(p, tree, &found);
    for (key = 0; key < NUM_KEYS; key++) {
        if (!found.settings[key])
            continue;
        rc = keys[key].parse(p, found.settings[key]);
        if (rc)
            return rc;
    }
    return 0;
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
