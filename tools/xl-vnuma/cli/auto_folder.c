/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A guest next to others that will be started; see guest_files.h. */
#include "config.h"

#include "cli/guest_files.h"

#include <glob.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Links count: in such a folder files mostly are. */
static size_t find_self(const glob_t *names, const char *cfg)
{
    struct stat self, st;
    size_t i;

    if (stat(cfg, &self))
        return names->gl_pathc;
    for (i = 0; i < names->gl_pathc; i++)
        if (!stat(names->gl_pathv[i], &st) && st.st_dev == self.st_dev &&
            st.st_ino == self.st_ino)
            break;
    return i;
}

static bool is_planned(const auto_folder *f, const char *path, cli_guest *file)
{
    struct stat st;

    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return false;
    if (cli_guest_check(file, path, f->topology, NULL, 0, true))
        return false; /* whoever creates it is told */
    cli_guest_find_home(file, f->homes);
    return !file->config->name || !f->runs(f->user, file->config->name);
}

static void plan_folder(cli_guests *guests, const auto_folder *f, size_t self,
                        vnuma_plan_options *options)
{
    const vnuma_config *config;
    vnuma__lived next_to;
    unsigned int i;
    int rc = 0;

    for (i = 0; i < guests->num && !rc; i++) {
        cli_guest *file = &guests->files[i];

        config = NULL;
        if (i == self)
            config = f->guest->config;
        else if (is_planned(f, guests->paths[i], file))
            config = file->config;
        rc = cli_guests_add(guests, i, config);
    }
    if (!rc)
        rc = vnuma_plan_several(guests->plans, guests->num, f->topology,
                                options, NULL);
    if (rc && rc != VNUMA_ERROR_NOFIT)
        return;
    vnuma__lived_of_plan(&guests->plans[self]->plan, &next_to);
    vnuma_plan_options_prefer(options, next_to.pnodes, next_to.num_vnodes);
}

void auto_folder_prefer(const auto_folder *f, vnuma_plan_options *options)
{
    glob_t names = { 0 };
    cli_guests guests;
    char *pattern;
    size_t self;

    if (asprintf(&pattern, "%s/*", f->dir) < 0)
        return;
    glob(pattern, 0, NULL, &names);
    self = find_self(&names, f->cfg);
    if (self < names.gl_pathc) {
        if (!cli_guests_init(&guests, names.gl_pathv,
                             (unsigned int)names.gl_pathc))
            plan_folder(&guests, f, self, options);
        cli_guests_dispose(&guests);
    }
    globfree(&names);
    free(pattern);
}
