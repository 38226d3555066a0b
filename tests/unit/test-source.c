/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Texts: where they come from, and places in them. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "inside.h"
#include "tap.h"

static void check_place(const vnuma_source *source, uint32_t pos,
                        const char *want_name, uint32_t want_line,
                        uint32_t want_column)
{
    uint32_t line, column;
    const char *name;

    vnuma_span_locate((vnuma_span){ source, pos, pos }, &name, &line, &column);
    CHECK_STR(name, want_name);
    CHECK_UINT(line, want_line);
    CHECK_UINT(column, want_column);
}

static void lines_and_columns_count_from_one(void)
{
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_set(&source, "f", "ab\n\n\tc", 6), 0);
    check_place(&source, 0, "f", 1, 1);
    check_place(&source, 2, "f", 1, 3);
    check_place(&source, 3, "f", 2, 1);
    check_place(&source, 5, "f", 3, 2);
    check_place(&source, 6, "f", 3, 3);
    vnuma_source_dispose(&source);
}

/* The first argument is the program, which is none, unless it is an option. */
static void arguments_count_from_the_first_option(void)
{
    static const char with[] = "kvm\0-m\0001G", without[] = "-m\0001G";
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_set(&source, "f", with, sizeof(with)), 0);
    source.is_arguments = true;
    check_place(&source, 7, "f", 2, 1);
    vnuma_source_dispose(&source);
    CHECK_INT(vnuma_source_set(&source, "f", without, sizeof(without)), 0);
    source.is_arguments = true;
    check_place(&source, 3, "f", 2, 1);
    vnuma_source_dispose(&source);
}

static void no_source_is_no_place(void)
{
    uint32_t line = 1, column = 1;
    const char *name = "x";

    vnuma_span_locate((vnuma_span){ NULL, 0, 0 }, &name, &line, &column);
    CHECK(!name);
    CHECK_UINT(line, 0);
    CHECK_UINT(column, 0);
}

static void arguments_are_joined_as_xl_joins_them(void)
{
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_set(&source, "f", "a=1", 3), 0);
    CHECK_UINT(source.extra, 3);
    CHECK_INT(vnuma_source_append(&source, "b=2"), 0);
    CHECK_UINT(source.extra, 4);
    CHECK_INT(vnuma_source_append(&source, "c=3"), 0);
    CHECK_INT(vnuma_source_append_end(&source), 0);
    CHECK_STR(source.text, "a=1\nb=2\nc=3\n\n");
    CHECK_UINT(source.len, 13);
    check_place(&source, 2, "f", 1, 3);
    check_place(&source, 3, "f", 1, 4);
    check_place(&source, 4, "<command line>", 1, 1);
    check_place(&source, 10, "<command line>", 2, 3);
    vnuma_source_dispose(&source);
}

static void without_arguments_nothing_is_appended(void)
{
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_set(&source, "f", "a=1", 3), 0);
    CHECK_INT(vnuma_source_append_end(&source), 0);
    CHECK_STR(source.text, "a=1");
    vnuma_source_dispose(&source);
}

static void an_empty_file_can_have_arguments(void)
{
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_read(&source, "/dev/null"), 0);
    CHECK_UINT(source.len, 0);
    CHECK_STR(source.text, "");
    CHECK_INT(vnuma_source_append(&source, "b=2"), 0);
    CHECK_STR(source.text, "\nb=2\n");
    check_place(&source, 0, "/dev/null", 1, 1);
    check_place(&source, 1, "<command line>", 1, 1);
    vnuma_source_dispose(&source);
}

static void check_fails(const char *path, int want_errno)
{
    vnuma_source source;

    vnuma_source_init(&source);
    errno = 0;
    CHECK_INT(vnuma_source_read(&source, path), VNUMA_ERROR_IO);
    CHECK_INT(errno, want_errno);
    CHECK(!source.text && !source.name);
    vnuma_source_dispose(&source);
}

static void what_cannot_be_read_says_why(void)
{
    check_fails("/nonexistent/file", ENOENT);
    check_fails("/", EISDIR);
    check_fails("/dev/zero", EFBIG); /* has no size, and no end */
}

/* Reading some waits, or does something. */
static void what_others_name_is_not_read_if_linux_makes_it(void)
{
    vnuma_source source = { 0 };

    CHECK_INT(vnuma__source_read_regular(&source, "/proc/version"), 0);
    CHECK_STR(source.name, "/proc/version");
    CHECK_UINT(source.len, 0);
    CHECK_INT(vnuma__source_read_regular(&source, "/dev/null"),
              VNUMA_ERROR_IO);
    CHECK_INT(errno, 0);
    CHECK_INT(vnuma__source_read_regular(&source, "/nonexistent/file"),
              VNUMA_ERROR_IO);
    CHECK_INT(errno, ENOENT);
    vnuma_source_dispose(&source);
}

static void an_unreadable_file_is_refused(void)
{
    char path[] = "/tmp/test-source-XXXXXX";
    int fd = mkstemp(path);

    REQUIRE(fd >= 0);
    CHECK_INT(fchmod(fd, 0), 0);
    if (geteuid()) /* root reads everything */
        check_fails(path, EACCES);
    CHECK_INT(fchmod(fd, 0600), 0);
    CHECK_INT(ftruncate(fd, (off_t)VNUMA_SOURCE_MAX + 1), 0);
    check_fails(path, EFBIG);
    close(fd);
    unlink(path);
}

static void too_long_a_text_is_refused(void)
{
    char *text = calloc(1, (size_t)VNUMA_SOURCE_MAX + 2);
    vnuma_source source;

    REQUIRE(text);
    vnuma_source_init(&source);
    errno = 0;
    CHECK_INT(vnuma_source_set(&source, "f", text, VNUMA_SOURCE_MAX + 1),
              VNUMA_ERROR_IO);
    CHECK_INT(errno, EFBIG);
    CHECK_INT(vnuma_source_set(&source, "f", text, VNUMA_SOURCE_MAX), 0);
    CHECK_INT(vnuma_source_append(&source, "a=1"), VNUMA_ERROR_IO);
    CHECK_INT(errno, EFBIG);
    CHECK_UINT(source.len, VNUMA_SOURCE_MAX);
    CHECK_UINT(source.extra, VNUMA_SOURCE_MAX);
    memset(text, 'x', (size_t)VNUMA_SOURCE_MAX + 1);
    errno = 0;
    CHECK_INT(vnuma_source_append(&source, text), VNUMA_ERROR_IO);
    CHECK_INT(errno, EFBIG);
    vnuma_source_dispose(&source);
    free(text);
}

/* A pipe has no size, and gives what it has piece by piece. */
static void standard_input_may_be_a_pipe(void)
{
    static const char part[] = "a=1\n";
    int saved = dup(STDIN_FILENO), fds[2];
    vnuma_source source;
    unsigned int i;

    REQUIRE(saved >= 0 && !pipe(fds));
    for (i = 0; i < 10000; i++)
        CHECK_INT(write(fds[1], part, 4), 4);
    close(fds[1]);
    dup2(fds[0], STDIN_FILENO);
    close(fds[0]);
    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_read(&source, "-"), 0);
    CHECK_STR(source.name, "<stdin>");
    CHECK_UINT(source.len, 40000);
    CHECK(fcntl(STDIN_FILENO, F_GETFD) >= 0);
    vnuma_source_dispose(&source);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void a_failed_read_leaves_the_source_as_it_was(void)
{
    vnuma_source source;

    vnuma_source_init(&source);
    CHECK_INT(vnuma_source_set(&source, "f", "a=1", 3), 0);
    CHECK_INT(vnuma_source_read(&source, "/"), VNUMA_ERROR_IO);
    CHECK_STR(source.text, "a=1");
    vnuma_source_dispose(&source);
    vnuma_source_dispose(&source);
}

static const tap_case cases[] = {
    TAP_CASE(lines_and_columns_count_from_one),
    TAP_CASE(arguments_count_from_the_first_option),
    TAP_CASE(no_source_is_no_place),
    TAP_CASE(arguments_are_joined_as_xl_joins_them),
    TAP_CASE(without_arguments_nothing_is_appended),
    TAP_CASE(an_empty_file_can_have_arguments),
    TAP_CASE(what_cannot_be_read_says_why),
    TAP_CASE(what_others_name_is_not_read_if_linux_makes_it),
    TAP_CASE(an_unreadable_file_is_refused),
    TAP_CASE(too_long_a_text_is_refused),
    TAP_CASE(standard_input_may_be_a_pipe),
    TAP_CASE(a_failed_read_leaves_the_source_as_it_was),
};

int main(void)
{
    return TAP_RUN(cases);
}
