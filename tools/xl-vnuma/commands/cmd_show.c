/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma show: where domains are, compared with what was promised. */
#include "config.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/show.h"
#include "commands/commands.h"
#include "commands/show_pid.h"

typedef char *format_fn(const vnuma_domains *domains,
                        const vnuma_topology *topology);

typedef struct {
    const cli_options *options;
    show_query query;
    const char *domains_path; /* of --domains; NULL: the live ones */
    format_fn *format;        /* NULL: a picture */
    picture_options picture;
    bool watch;
    double seconds;
} show_job;

/* ---- reading domains ---------------------------------------------------- */

static int load(const show_job *job, vnuma_topology **host_r,
                vnuma_domains **domains_r)
{
    const char *which = job->query.domain;
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    int rc, code = CLI_OK;

    if (!job->domains_path) {
        rc = show_live(&job->query, host_r, domains_r, &diags);
    } else {
        code = cli_host_load(job->options, host_r, NULL);
        if (!code)
            code = cli_read_source(&source, job->domains_path);
        if (code)
            return code;
        rc = vnuma_domains_parse(&source, *host_r, domains_r, &diags);
    }
    code = cli_end(&diags, rc);
    vnuma_source_dispose(&source);
    if (!code && which && !vnuma_domains_keep(*domains_r, which))
        code = cli_fail(CLI_ENVIRONMENT, "there is no domain \"%s\"", which);
    return code;
}

/* ---- printing ----------------------------------------------------------- */

/* A text; or, without one, a file. */
static int make_answer(void *user, char **text_r)
{
    const show_job *job = user;
    vnuma_topology *host = NULL;
    vnuma_domains *domains = NULL;
    int code = load(job, &host, &domains);

    if (!code && job->picture.path) {
        code = picture_out(host, domains, &job->picture);
    } else if (!code) {
        *text_r = job->format ? job->format(domains, host)
                              : picture_text(host, domains);
        if (!*text_r)
            code = cli_fail(CLI_ENVIRONMENT, "no memory");
    }
    vnuma_domains_free(domains);
    vnuma_topology_free(host);
    return code;
}

/* ---- options ------------------------------------------------------------ */

static int take_seconds(void *into, const char *argument)
{
    double *seconds = into;
    char *end;

    *seconds = strtod(argument, &end);
    if (end != argument && !*end && *seconds >= 0.1 && *seconds <= 86400)
        return CLI_OK;
    return cli_fail(CLI_USAGE, "--interval is in seconds, 0.1 to 86400");
}

static int check_options(const show_job *job, bool is_for_people)
{
    if (job->options->host_path && !job->domains_path)
        return cli_fail(CLI_USAGE,
                        "show uses this host: with --host also give "
                        "--domains FILE, the output of show --json there");
    if (job->watch && (job->picture.path || !is_for_people))
        return cli_fail(CLI_USAGE,
                        "--watch is for tables and for --draw on a terminal");
    if (job->watch && job->query.count && !job->query.force)
        return cli_fail(CLI_USAGE,
                        "--watch would have Xen walk all memory every %g "
                        "seconds; use --force if that is meant",
                        job->seconds);
    return CLI_OK;
}

int main_show(const cli_options *options, int argc, char **argv)
{
    bool json = false, metrics = false, draw = false, kvm = false;
    const char *pid = NULL;
    show_job job = { .options = options, .seconds = 1 };
    const cli_option table[] = {
        { .name = "json", .flag = &json },
        { .name = "prometheus", .flag = &metrics },
        { .name = "draw", .flag = &draw },
        { .name = "output",
          .letter = 'o',
          .take = picture_take_path,
          .into = &job.picture },
        { .name = "theme", .take = picture_take_theme, .into = &job.picture },
        { .name = "watch", .flag = &job.watch },
        { .name = "interval", .take = take_seconds, .into = &job.seconds },
        { .name = "verify",
          .take = cli_take_verify,
          .into = &job.query.count },
        { .name = "force", .flag = &job.query.force },
        { .name = "kvm", .flag = &kvm },
        { .name = "pid", .value = &pid },
        { .name = "domains", .value = &job.domains_path },
        { .name = NULL },
    };
    char *text = NULL;
    int code = cli_read_options(table, argc, argv);

    if (code != CLI_GO_ON)
        return code;
    kvm |= IS_KVM && !job.domains_path;
    if (pid || kvm)
        return optind < argc || metrics || draw || job.picture.path
                   ? cli_usage()
               : pid ? show_pid(options, pid, json)
                     : show_kvm(options, json);
    if (argc - optind > 1 || json + metrics + (draw || job.picture.path) > 1)
        return cli_usage();
    job.query.domain = argv[optind];
    if (json)
        job.format = vnuma_domains_to_json;
    else if (metrics)
        job.format = vnuma_domains_to_metrics;
    else if (!draw)
        job.format = vnuma_domains_to_text;
    code = check_options(&job, !json && !metrics);
    if (!code && job.watch)
        code = watch_run(make_answer, &job, job.seconds);
    else if (!code)
        code = make_answer(&job, &text);
    return code || !text ? code : cli_answer(text);
}
