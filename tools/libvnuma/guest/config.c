/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A guest's settings: finds those that matter for NUMA in the tree of an
 * xl.cfg(5) and reads their values as xl does, or reports why it cannot.
 * config_number.c reads numbers, config_vnode.c the value of vnuma=,
 * config_affinity.c lists of CPUs and devices, config_files.c names of files.
 */
#include "config.h"

#include "guest/guest.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/access.h"
#include "base/arena.h"
#include "cfg/read.h"

static void dispose_affinities(vnuma_affinities *affinities)
{
    unsigned int i;

    for (i = 0; i < affinities->num_items; i++)
        free(affinities->items[i].terms);
    free(affinities->items);
}

static void dispose_file(vnuma_file_setting *file)
{
    free(file->path);
    vnuma_source_dispose(&file->text);
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
    for (i = 0; i < config->policies.num_items; i++)
        vnuma_bitmap_dispose(&config->policies.items[i].pnodes);
    free(config->policies.items);
    free(config->pcidevs);
    free(config->pool);
    free(config->name);
    free(config->uuid);
    dispose_file(&config->acpi_firmware);
    dispose_file(&config->hmat);
    vnuma__arena_free(config->memory);
    memset(config, 0, sizeof(*config));
}

/* ---- tables of words ---------------------------------------------------- */

/*
 * xl compares only as many bytes as the file gives, so "h" means "hvm" and ""
 * means the first word of the table.
 */
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

#define NUM_TYPES (sizeof(types) / sizeof(*types))

/* type= and builder= mean the same; both may be given when they agree. */
static void parse_type(vnuma__config_reader *p)
{
    static const char *const names[] = { "PV", "HVM", "PVH" };
    vnuma__text text = vnuma__value_text(&p->setting->value);
    const char *name = p->setting->name;
    vnuma_config *config = p->config;
    unsigned int i = 0;

    if (!vnuma__is_string(p, "a type of guest"))
        return;
    while (i < NUM_TYPES &&
           (strcmp(types[i].setting, name) ||
            strncmp(text.ptr, types[i].word, text.len)))
        i++;
    if (i == NUM_TYPES) {
        vnuma__error(p->diags, "type-unknown", text.span,
                     "%s= is \"%.*s\", which is not a type of guest", name,
                     VNUMA__TEXT_ARG(text));
        vnuma__hint(p->diags, "write type = \"hvm\" or type = \"pvh\"");
    } else if (!vnuma__is_given(config->type_span) ||
               config->type == types[i].type) {
        config->type = types[i].type;
        config->type_span = p->setting->value.span;
    } else {
        vnuma__error(p->diags, "type-contradiction", p->setting->value.span,
                     "%s= makes it a %s guest, but another setting makes it "
                     "a %s guest",
                     name, names[types[i].type], names[config->type]);
        vnuma__related(p->diags, config->type_span, "first said here");
        vnuma__hint(p->diags, "leave out builder=; type= is enough");
    }
}

static const char *const vga_names[] = {
    [VNUMA_VGA_CIRRUS] = "cirrus",
    [VNUMA_VGA_STD] = "stdvga",
    [VNUMA_VGA_NONE] = "none",
    [VNUMA_VGA_QXL] = "qxl",
};

#define NUM_VGAS (sizeof(vga_names) / sizeof(*vga_names))

static void parse_vga(vnuma__config_reader *p)
{
    vnuma__text text = vnuma__value_text(&p->setting->value);
    unsigned int i;

    if (!vnuma__is_string(p, "the name of a graphics card"))
        return;
    for (i = 0; i < NUM_VGAS; i++)
        if (vnuma__text_equal(text, vga_names[i])) {
            p->config->vga = i;
            return;
        }
    vnuma__error(p->diags, "vga-unknown", text.span,
                 "vga= is \"%.*s\", which is not a graphics card of xl",
                 VNUMA__TEXT_ARG(text));
    i = vnuma__nearest_name(text, vga_names, NUM_VGAS);
    if (i < NUM_VGAS) {
        vnuma__hint(p->diags, "did you mean %s?", vga_names[i]);
        vnuma__fix_text(p->diags, text, "%s", vga_names[i]);
    } else {
        vnuma__hint(p->diags, "write \"stdvga\", \"cirrus\", \"none\" or "
                              "\"qxl\"");
    }
}

/* xl ignores a value that is not a number. */
static bool has_number(const vnuma__config_reader *p, uint64_t *value_r)
{
    vnuma__text text = vnuma__value_text(&p->setting->value);
    unsigned int base;

    return !p->setting->value.is_list &&
           vnuma__parse_c_number(text, &base, value_r);
}

/* Only counts when vga= is not given. */
static void parse_stdvga(vnuma__config_reader *p)
{
    uint64_t value;

    if (has_number(p, &value))
        p->config->vga = value ? VNUMA_VGA_STD : VNUMA_VGA_CIRRUS;
}

static void parse_device_model(vnuma__config_reader *p)
{
    p->config->is_traditional = vnuma__text_equal(
        vnuma__value_text(&p->setting->value), "qemu-xen-traditional");
}

static void parse_nomigrate(vnuma__config_reader *p)
{
    if (vnuma__text_equal(vnuma__value_text(&p->setting->value), "0"))
        p->config->migratable_span = p->setting->value.span;
}

/*
 * Of the words that xl ignores, those for "on" are its default.  What has no
 * quotes is an error already.
 */
static void parse_acpi(vnuma__config_reader *p)
{
    static const char *const words[] = { "off", "false", "no", "disabled" };
    const vnuma__value *v = &p->setting->value;
    bool is_quoted = v->span.end - v->span.start > v->len;
    unsigned int i;
    uint64_t value;

    if (has_number(p, &value) && !value)
        p->config->acpi_off_span = v->span;
    for (i = 0; i < sizeof(words) / sizeof(*words); i++)
        if (!v->is_list && is_quoted && !strcasecmp(v->string, words[i])) {
            vnuma__warning(p->diags, "word-ignored", v->span,
                           "xl reads a number here and ignores \"%s\": the "
                           "guest has ACPI",
                           v->string);
            vnuma__hint(p->diags, "0 is off, 1 is on");
        }
}

static void parse_string(vnuma__config_reader *p)
{
    char **string = p->into;

    if (!vnuma__is_string(p, "a string"))
        return;
    *string = strdup(p->setting->value.string); /* the caller has it */
    if (!*string)
        p->rc = VNUMA_ERROR_NOMEM;
}

/* xl ignores a list, and makes a UUID. */
static void parse_uuid(vnuma__config_reader *p)
{
    if (!p->setting->value.is_list)
        parse_string(p);
}

static void parse_pool(vnuma__config_reader *p)
{
    p->config->pool_span = p->setting->value.span;
    parse_string(p);
}

/* xl has no setting with upper case in its name: the grammar says so. */
static bool has_upper_case(const vnuma__setting *setting)
{
    return !vnuma__text_equal(vnuma__span_text(setting->name_span),
                              setting->name);
}

/*
 * xl has neither nodes=, which other tools have and which looks right, nor
 * cpu=, which some tools write; that name is too short for guesses.
 */
static void parse_ignored(vnuma__config_reader *p)
{
    bool is_cpu = !strcmp(p->setting->name, "cpu");

    if (has_upper_case(p->setting))
        return;
    vnuma__warning(p->diags, is_cpu ? "setting-unknown" : "nodes-setting",
                   p->setting->name_span,
                   "xl has no setting %s= and ignores it", p->setting->name);
    vnuma__hint(p->diags,
                is_cpu ? "did you mean cpus?"
                       : "memory follows pnode= of vnuma=; to keep vcpus on "
                         "nodes write cpus = \"nodes:0-1\"");
}

/* ---- settings ----------------------------------------------------------- */

/* In the order of reading: vga= after stdvga=, vnuma= last. */
static const struct vnuma__config_key keys[] = {
#define INTO(member) offsetof(vnuma_config, member)
#define NUMBER(name, member, about, min, max, unit)                           \
    {                                                                         \
        name, vnuma__parse_number, INTO(member), VNUMA_ABOUT_##about, min,    \
            max, unit                                                         \
    }
    { "name", parse_string, INTO(name) },
    { "uuid", parse_uuid, INTO(uuid) },
    { "type", parse_type, 0, VNUMA_ABOUT_TYPE },
    { "builder", parse_type, 0, VNUMA_ABOUT_TYPE },
    NUMBER("memory", memory_memkb, MEMORY, 1, VNUMA__MAX_MIB, " MiB"),
    NUMBER("maxmem", maxmem_memkb, MEMORY, 1, VNUMA__MAX_MIB, " MiB"),
    NUMBER("vcpus", vcpus, MAXVCPUS, 1, VNUMA_MAX_VCPUS, ""),
    NUMBER("maxvcpus", maxvcpus, MAXVCPUS, 1, VNUMA_MAX_VCPUS, ""),
    NUMBER("videoram", videoram_memkb, MEMORY, 0, VNUMA__MAX_MIB, " MiB"),
    /* xl's limits: HVM_BELOW_4G_MMIO_LENGTH and HVM_BELOW_4G_MMIO_START. */
    NUMBER("mmio_hole", mmio_hole_memkb, MEMORY, 256, 3840, " MiB"),
    { "stdvga", parse_stdvga },
    { "vga", parse_vga, 0, VNUMA_ABOUT_MEMORY },
    { "device_model_version", parse_device_model },
    { "cpus", vnuma__parse_affinities, INTO(cpus), VNUMA_ABOUT_CPUS },
    { "cpus_soft", vnuma__parse_affinities, INTO(cpus_soft),
      VNUMA_ABOUT_CPUS },
    { "pool", parse_pool, INTO(pool) },
    { "nodes", parse_ignored },
    { "cpu", parse_ignored },
    { "pci", vnuma__parse_pcidevs },
    { "nomigrate", parse_nomigrate },
    { "acpi", parse_acpi },
    { "vnuma", vnuma__parse_vnuma },
    { "xl_vnuma_policy", vnuma__parse_policies, INTO(policies),
      VNUMA_ABOUT_POLICY },
    { "vtpm", vnuma__parse_vtpm },
    { "device_model_args", vnuma__parse_device_model_args },
    { "device_model_args_hvm", vnuma__parse_device_model_args },
    { "acpi_laptop_slate", vnuma__parse_laptop_slate },
    { "hpet", vnuma__parse_table_off },
    { "acpi_s3", vnuma__parse_table_off },
    { "acpi_s4", vnuma__parse_table_off },
    { "acpi_firmware", vnuma__parse_acpi_firmware, INTO(acpi_firmware) },
    { "xl_vnuma_hmat", vnuma__parse_hmat, INTO(hmat) },
#undef INTO
#undef NUMBER
};

#define NUM_KEYS (sizeof(keys) / sizeof(*keys))

/* Settings that an unknown name may mean; no setting of xl is similar. */
static const char *const near_names[] = {
    "vnuma",    "memory",   "maxmem",    "vcpus",
    "maxvcpus", "videoram", "cpus_soft", "xl_vnuma_policy", "xl_vnuma_hmat",
    "acpi_firmware",
};

#define NUM_NEAR (sizeof(near_names) / sizeof(*near_names))

/* Bounds the cost: files have some tens of settings. */
#define MAX_UNKNOWN 1000u

/* A guess, and of what xl leaves out: no fix, as it may change the guest. */
static void check_unknown(vnuma__config_reader *p,
                          const vnuma__setting *setting)
{
    vnuma__text name = {
        .ptr = setting->name,
        .len = strlen(setting->name),
        .span = setting->name_span,
    };
    unsigned int meant = vnuma__nearest_name(name, near_names, NUM_NEAR);

    if (name.len < 4 || meant == NUM_NEAR || has_upper_case(setting))
        return;
    vnuma__warning(p->diags, "setting-unknown", setting->name_span,
                   "xl has no setting %s= and ignores it", setting->name);
    vnuma__hint(p->diags, "did you mean %s?", near_names[meant]);
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
            setting->name_span.start < setting->name_span.source->extra) {
            vnuma__warning(p->diags, "setting-twice", last[key]->name_span,
                           "%s= is given again later: this one does not count",
                           setting->name);
            vnuma__related(p->diags, setting->name_span, "given again here");
            twice[key] = true;
        }
        last[key] = setting;
    }
}

static void parse_settings(vnuma__config_reader *p, const vnuma__tree *tree)
{
    unsigned int key, num_errors;

    check_settings(p, tree);
    for (key = 0; key < NUM_KEYS && !p->rc; key++) {
        p->key = &keys[key];
        p->into = (char *)p->config + p->key->member;
        p->setting = vnuma__tree_find(tree, p->key->name);
        num_errors = p->diags->num_errors;
        if (p->setting)
            p->key->parse(p);
        if (p->diags->num_errors > num_errors)
            p->config->unsound |= p->key->about;
    }
}

int vnuma__config_parse(const vnuma_source *source, vnuma_config *config_r,
                        vnuma_diags *diags)
{
    vnuma__config_reader p = { .config = config_r, .diags = diags };
    unsigned int num_errors = diags->num_errors, first;
    vnuma__tree tree = { 0 };
    int rc = vnuma__read(source, &tree, diags);

    if (!rc || rc == VNUMA_ERROR_CONFIG) {
        /* A setting may be missing only because the grammar's error hid it. */
        config_r->unsound = rc ? VNUMA_ABOUT_EVERYTHING : 0;
        first = diags->num_items;
        parse_settings(&p, &tree);
        config_r->tables.is_pvh = config_r->type == VNUMA_GUEST_PVH;
        config_r->tables.without_vnuma =
            !config_r->num_vnodes && !config_r->vnuma_auto;
        vnuma__diags_sort(diags, first);
        rc = p.rc;
    }
    vnuma__tree_dispose(&tree);
    if (rc)
        vnuma__config_dispose(config_r);
    else if (diags->num_errors > num_errors)
        rc = VNUMA_ERROR_CONFIG;
    return rc;
}

/* ---- for the library's users -------------------------------------------- */

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
