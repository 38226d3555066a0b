/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads xl-vnuma.conf, which has the grammar of xl.cfg; see conf.h. */
#include "config.h"

#include "front/conf.h"

#include <errno.h>
#include <string.h>

#include "base/diag.h"
#include "cfg/read.h"
#include "front/stock.h"

void conf_init(front_conf *conf)
{
    memset(conf, 0, sizeof(*conf));
}

void conf_dispose(front_conf *conf)
{
    vnuma_source_dispose(&conf->source);
    conf_init(conf);
}

static void read_fallback(front_conf *conf, const vnuma__value *value,
                          vnuma_diags *diags)
{
    vnuma__text text = vnuma__value_text(value);

    conf->falls_back = vnuma__text_equal(text, "stock");
    if (conf->falls_back || vnuma__text_equal(text, "refuse"))
        return;
    vnuma__error(diags, "conf-value", value->span,
                 "fallback is \"refuse\" or \"stock\"");
}

static const struct {
    const char *name;
    void (*read)(front_conf *conf, const vnuma__value *value,
                 vnuma_diags *diags);
} keys[] = {
    { "fallback", read_fallback },
};

static void read_setting(front_conf *conf, const vnuma__setting *setting,
                         vnuma_diags *diags)
{
    unsigned int i;

    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
        if (!strcmp(setting->name, keys[i].name)) {
            keys[i].read(conf, &setting->value, diags);
            return;
        }
    vnuma__error(diags, "conf-key", setting->name_span,
                 "there is no setting \"%s\"", setting->name);
    vnuma__hint(diags, "they are in xl-vnuma.conf(5)");
}

static void read_tree(front_conf *conf, vnuma_diags *diags)
{
    vnuma__tree tree;
    uint32_t i;

    vnuma__tree_init(&tree);
    if (vnuma__read(&conf->source, &tree, diags) == VNUMA_ERROR_NOMEM)
        vnuma__error(diags, "conf-file", VNUMA__NOWHERE, "no memory");
    for (i = 0; i < tree.num_settings; i++)
        read_setting(conf, &tree.settings[i], diags);
    vnuma__tree_dispose(&tree);
}

bool conf_read(front_conf *conf, vnuma_diags *diags)
{
    char path[PATH_MAX];

    stock_path(path, CONF_PATH);
    if (!vnuma_source_read(&conf->source, path)) {
        conf->is_there = true;
        read_tree(conf, diags);
    } else if (errno != ENOENT) {
        conf->is_there = true;
        vnuma__error(diags, "conf-file", VNUMA__NOWHERE, "%s: %s", path,
                     strerror(errno));
    }
    if (diags->num_errors)
        conf->falls_back = false;
    return !diags->num_errors;
}
