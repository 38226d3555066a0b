/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The front: a program named xl.  Guests with vnuma= go to xl-vnuma; all else
 * becomes stock xl by one execv(), with the arguments as they are.
 *
 * It links nothing of ours or of Xen's that could be missing.  Arguments are
 * read as xl reads them: what xl would refuse is left for xl to refuse.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "front/front.h"

#define ENVIRONMENT 3 /* the exit status of xl-vnuma(1) */

typedef struct form form;

typedef struct {
    char **argv; /* as we were called; borrowed */
    int argc;
    int globals; /* how many of argv are xl's own options, and its name */
    bool dry_run;
    const form *form;
    char **args; /* the subcommand's, from its name on; in getopt's order */
    int num_args;
    /* Where in args; "--" may be before the names. */
    int options, options_end, names;
    const char *file;   /* of create: that it reads */
    bool file_is_first; /* it is args[1], before the options */
    tag_settings tags;  /* of create: go before the names */
} call;

/* A subcommand that xl-vnuma has, with the options that both know. */
struct form {
    const char *name;
    const char *least; /* its shortest name */
    const char *letters;
    const struct option *options;
    int min_names, max_names;
    guest_kind (*look)(call *c); /* NULL: that is not known before it runs */
};

/* ---- the guests --------------------------------------------------------- */

/* As xl: what has no "=" is the file, and there is one. */
static guest_kind look_created(call *c)
{
    int i;

    for (i = c->names; i < c->num_args; i++)
        if (!strchr(c->args[i], '=')) {
            if (c->file)
                return GUEST_PLAIN;
            c->file = c->args[i];
        }
    if (!c->file)
        return GUEST_PLAIN;
    if (tags_of_guest(c->file, &c->tags))
        return GUEST_OURS;
    return guest_of_file(c->file, c->args + c->names,
                         (unsigned int)(c->num_args - c->names));
}

static guest_kind look_running(call *c)
{
    return guest_running(c->args[c->names]);
}

static guest_kind look_saved(call *c)
{
    return guest_saved(c->args[c->num_args - 1]);
}

/* ---- xl's command line -------------------------------------------------- */

/* Those of create; of restore from the fifth on; all others have the last. */
static const struct option options[] = {
    { "defconfig", required_argument, NULL, 'f' },
    { "dryrun", no_argument, NULL, 'n' },
    { "ignore-global-affinity-masks", no_argument, NULL, 'i' },
    { "quiet", no_argument, NULL, 'q' },
    { "vncviewer", no_argument, NULL, 'V' },
    { "vncviewer-autopass", no_argument, NULL, 'A' },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};
static const struct option migrate_options[] = {
    { "debug", no_argument, NULL, 1 },
    { "live", no_argument, NULL, 1 },
    { "help", no_argument, NULL, 'h' },
    { NULL, 0, NULL, 0 },
};

/*
 * xl takes any beginning of a name that begins no other one.  Other commands
 * begin with "c", "s", "r", "re" and, with Xen 4.20, "res"; see find_form().
 */
static const form forms[] = {
    { "create", "cr", "hAFVcdef:inpq", options, 0, INT_MAX, look_created },
    { "save", "sa", "hcpD", options + 6, 2, 3, look_running },
    { "restore", "res", "hFcpdeVA", options + 4, 1, 2, look_saved },
    { "migrate", "migrate", "hFC:s:epD", migrate_options, 2, 2, look_running },
    /* Remus and COLO are stock xl's: their options are not here. */
    { "migrate-receive", "migrate-", "hFedp", options + 6, 0, 0, NULL },
};

#define NUM_FORMS (sizeof(forms) / sizeof(forms[0]))

static const form *find_form(const char *name, const char *release)
{
    unsigned int i;

    if (!strcmp(name, "res") && strverscmp(release, "4.20") >= 0)
        return NULL; /* or resume */
    for (i = 0; i < NUM_FORMS; i++)
        if (!strncmp(name, forms[i].least, strlen(forms[i].least)) &&
            !strncmp(name, forms[i].name, strlen(name)))
            return &forms[i];
    return NULL;
}

/* The options before the subcommand; false: xl refuses them, or helps. */
static bool read_globals(call *c)
{
    int opt;

    opterr = 0;
    while ((opt = getopt(c->argc, c->argv, "+vftTN")) != -1) {
        if (opt == '?')
            return false;
        c->dry_run |= opt == 'N';
    }
    c->globals = optind;
    if (optind == c->argc)
        return false;
    c->args = c->argv + optind;
    c->num_args = c->argc - optind;
    return true;
}

/*
 * As xl does it, which does not start getopt again: it stops at the first name
 * as it did before the subcommand.  False: xl refuses them, or helps.
 */
static bool read_options(call *c)
{
    int opt, num;

    c->file_is_first = c->form->look == look_created && c->num_args > 1 &&
                       c->args[1][0] != '-' && !strchr(c->args[1], '=');
    if (c->file_is_first)
        c->file = c->args[1];
    c->options = c->options_end = 1 + c->file_is_first;
    optind = 1;
    while ((opt = getopt_long(c->num_args - c->options + 1,
                              c->args + c->options - 1, c->form->letters,
                              c->form->options, NULL)) != -1) {
        if (opt == '?' || opt == 'h')
            return false;
        if (opt == 'f' && c->form->look == look_created) {
            c->file = optarg;
            c->file_is_first = false;
        }
        c->dry_run |= opt == 'n';
        c->options_end = c->options - 1 + optind;
    }
    c->names = c->options - 1 + optind;
    num = c->num_args - c->names;
    return num >= c->form->min_names && num <= c->form->max_names;
}

/* ---- what it becomes ---------------------------------------------------- */

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    va_list args;

    fputs("xl-vnuma front: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

static int cannot_run(const char *program)
{
    say("cannot run %s: %s", program, strerror(errno));
    return ENVIRONMENT;
}

static char **add(char **at, char *const *args, int begin, int end)
{
    for (; begin < end; begin++)
        *at++ = args[begin];
    return at;
}

static int become_stock(const call *c, const stock_xl *stock, guest_kind guest)
{
    char **args = calloc((size_t)c->argc + 2, sizeof(*args)), **end;

    if (args) {
        end = add(args, c->argv, 0, c->argc);
        /* It would refuse this vnuma=, and ignores what hides it. */
        if (guest == GUEST_OURS)
            *end = (char *)"vnuma=\"auto\"";
        if (stock_prepare(stock, args))
            execv(stock->path, args);
    }
    free(args);
    return cannot_run(stock->path);
}

/* The same arguments in an order that says which is what to any reader. */
static void put_ours(const call *c, char **at)
{
    *at++ = (char *)"xl-vnuma";
    at = add(at, c->argv, 1, c->globals);
    *at++ = (char *)c->form->name;
    if (c->tags.num)
        *at++ = (char *)c->tags.output;
    at = add(at, c->args, c->options, c->options_end);
    *at++ = (char *)"--";
    at = add(at, c->args, 1, 1 + c->file_is_first);
    at = add(at, c->tags.lines, 0, c->tags.num);
    add(at, c->args, c->names, c->num_args);
}

static int become_ours(const call *c)
{
    char **args = calloc((size_t)c->argc + 4 + TAG_LINES, sizeof(*args));

    if (args) {
        put_ours(c, args);
        execv(FRONT_OURS, args);
    }
    free(args);
    return cannot_run(FRONT_OURS);
}

/* ---- without xl-vnuma --------------------------------------------------- */

bool front_does_without(bool falls_back, const char *why)
{
    if (falls_back)
        say("warning: xl-vnuma cannot be used: %s; stock xl does it, and the "
            "guest's memory will be where that puts it",
            why);
    else
        say("the guest has vnuma=, and xl-vnuma cannot be used: %s", why);
    return falls_back;
}

#define WHY_MAX 1024

/* In a child: what it says goes to @to. */
static void become_probe(int to)
{
    char *const args[] = { (char *)FRONT_OURS, (char *)"front",
                           (char *)"probe", NULL };
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
        dup2(null, STDOUT_FILENO) >= 0 && dup2(to, STDERR_FILENO) >= 0)
        execv(FRONT_OURS, args);
    dprintf(to, "%s: %s", FRONT_OURS, strerror(errno));
    _exit(ENVIRONMENT);
}

/* NULL, and errno: it cannot be started. */
static FILE *start_probe(pid_t *pid_r)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC))
        return NULL;
    *pid_r = fork();
    if (!*pid_r)
        become_probe(ends[1]);
    close(ends[1]);
    if (*pid_r > 0)
        return fdopen(ends[0], "r");
    close(ends[0]);
    return NULL;
}

/* Starts xl-vnuma, and takes the first line that it says for its reason. */
static bool probe(char why_r[WHY_MAX])
{
    /* Whoever started us may ignore it; then there is nothing to wait for. */
    void (*before)(int) = signal(SIGCHLD, SIG_DFL);
    int status = -1;
    pid_t pid;
    FILE *f = start_probe(&pid);

    if (f) {
        if (!fgets(why_r, WHY_MAX, f))
            why_r[0] = '\0';
        while (getc(f) != EOF)
            ;
        fclose(f);
        while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
            ;
    } else {
        snprintf(why_r, WHY_MAX, "it cannot be started: %s", strerror(errno));
    }
    signal(SIGCHLD, before);
    why_r[strcspn(why_r, "\n")] = '\0';
    if (!why_r[0])
        strcpy(why_r, "it fails without a word");
    return !status;
}

/*
 * The release and the file cost nothing to look at.  Whether all libraries are
 * there and fit only a start shows.  As one costs a tenth of what creating a
 * guest does, it is made only where we would do something else then: fall back
 * to stock xl, or receive a guest.  Otherwise xl-vnuma itself is started,
 * and when it cannot load a library it says why: nothing was done, which is
 * what refusing means.  Waiting for a child in this process instead would
 * put us between xl and its terminal, its signals and its parent.
 */
static bool is_usable(const stock_xl *stock, bool has_other_way,
                      char why_r[WHY_MAX])
{
    why_r[0] = '\0';
    if (!stock->fits_us)
        snprintf(why_r, WHY_MAX,
                 "it was built for Xen %s, and Xen %s is running", XEN_RELEASE,
                 stock->release);
    else if (access(FRONT_OURS, X_OK))
        snprintf(why_r, WHY_MAX, "%s: %s", FRONT_OURS, strerror(errno));
    else
        return !has_other_way || probe(why_r);
    return false;
}

static int with_vnuma(const call *c, const stock_xl *stock, guest_kind guest)
{
    bool falls_back = true, is_incoming = !c->form->look;
    char why[WHY_MAX];

    if (!is_incoming && !front_falls_back(&falls_back))
        return ENVIRONMENT;
    if (is_usable(stock, falls_back, why))
        return become_ours(c);
    if (is_incoming && !incoming_watch(why))
        return cannot_run(stock->path);
    if (!is_incoming && !front_does_without(falls_back, why))
        return ENVIRONMENT;
    return become_stock(c, stock, guest);
}

int main(int argc, char **argv)
{
    call c = { .argv = argv, .argc = argc };
    guest_kind guest = GUEST_PLAIN;
    stock_xl stock;

    if (!stock_find(&stock)) {
        say("%s", stock.why);
        return ENVIRONMENT;
    }
    if (read_globals(&c))
        c.form = find_form(c.args[0], stock.release);
    if (c.form && read_options(&c))
        guest = c.form->look ? c.form->look(&c) : GUEST_FULL;
    if (c.tags.error) {
        say("the tags of %s: %s", c.file, strerror(c.tags.error));
        return ENVIRONMENT;
    }
    if (guest == GUEST_PLAIN || c.dry_run)
        return become_stock(&c, &stock, guest);
    return with_vnuma(&c, &stock, guest);
}
