/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Files that a guest's settings name for its ACPI: what is wrong in them is
 * said at the setting, or, for the text of an HMAT, at its place in that text.
 */
#include "config.h"

#include <sys/stat.h>
#include <unistd.h>

#include "guest/config_files.h"
#include "inside.h"
#include "tables-case.h"

#define GUEST                                                                 \
    "type = \"hvm\"\nmemory = 512\nvcpus = 2\n"                               \
    "vnuma = [ [ \"size=256\", \"vcpus=0-1\" ], [ \"size=256\" ] ]\n"

static void write_file(const char *name, const void *bytes, size_t len)
{
    FILE *f = fopen(name, "w");

    REQUIRE(f);
    fwrite(bytes, 1, len, f);
    fclose(f);
}

typedef struct {
    vnuma_source source;
    vnuma_config config;
    vnuma_diags diags;
    int rc;
} read_guest;

static void read_with(read_guest *g, const char *text, vnuma_severity severity)
{
    int rc;

    memset(g, 0, sizeof(*g));
    CHECK_INT(vnuma_source_set(&g->source, "g.cfg", text, strlen(text)), 0);
    rc = vnuma__config_parse(&g->source, &g->config, &g->diags);
    g->rc = vnuma__config_read_files(&g->config, severity, &g->diags);
    g->rc = rc ? rc : g->rc;
}

static void end(read_guest *g)
{
    vnuma_diags_dispose(&g->diags);
    vnuma__config_dispose(&g->config);
    vnuma_source_dispose(&g->source);
}

/* One diagnostic, as "FILE:LINE:COLUMN: SEVERITY ID". */
static void check_one(const char *setting, vnuma_severity severity,
                      const char *want)
{
    static const char *const names[] = { "note", "warning", "error" };
    char text[1024], said[256];
    const vnuma_diag *diag;
    uint32_t line, column;
    const char *file;
    read_guest g;

    snprintf(text, sizeof(text), GUEST "%s\n", setting);
    read_with(&g, text, severity);
    CHECK(!g.rc == !g.diags.num_errors);
    CHECK_UINT(g.diags.num_items, 1);
    REQUIRE(g.diags.num_items);
    diag = vnuma_diags_at(&g.diags, 0);
    vnuma_span_locate(diag->span, &file, &line, &column);
    snprintf(said, sizeof(said), "%s:%u:%u: %s %s", file, line, column,
             names[diag->severity], diag->id);
    CHECK_STR(said, want);
    end(&g);
}

static void each_mistake_is_at_its_setting(void)
{
    table_file nine = { .len = 0 }, seven = { .len = 0 }, srat = { .len = 0 };
    table_file pmtt = { .len = 0 }, wrong = { .len = 0 };

    add_tables(&nine, 9);
    add_tables(&seven, 7);
    add_table(&srat, "SRAT", 48);
    add_table(&pmtt, "PMTT", 48);
    add_table(&wrong, "ABCD", 48)[9]++;
    write_file("nine", nine.bytes, nine.len);
    write_file("seven", seven.bytes, seven.len);
    write_file("srat", srat.bytes, srat.len);
    write_file("pmtt", pmtt.bytes, pmtt.len);
    write_file("wrong", wrong.bytes, wrong.len);
    write_file("empty", "", 0);
#define CHECK_FIRMWARE(name, want)                                            \
    check_one("acpi_firmware = \"" name "\"", VNUMA_SEVERITY_ERROR,           \
              "g.cfg:5:17: " want)
    CHECK_FIRMWARE("nine", "error acpi-count");
    CHECK_FIRMWARE("srat", "error acpi-twice");
    CHECK_FIRMWARE("wrong", "error acpi-table");
    CHECK_FIRMWARE("empty", "error acpi-table");
    CHECK_FIRMWARE("none", "error file-unreadable");
    CHECK_FIRMWARE("", "error file-unreadable");
    CHECK_FIRMWARE("-", "error file-unreadable");
    CHECK_FIRMWARE("pmtt", "note acpi-host-table");
    check_one("acpi_firmware = \"none\"", VNUMA_SEVERITY_WARNING,
              "g.cfg:5:17: warning file-unreadable");
    check_one("vtpm = [ \"backend=x\" ]\nacpi_firmware = \"seven\"",
              VNUMA_SEVERITY_ERROR, "g.cfg:6:17: error acpi-count");
    check_one("device_model_args_hvm = [ \"-device\", \"tpm-tis,tpmdev=t\" ]\n"
              "acpi_firmware = \"seven\"",
              VNUMA_SEVERITY_ERROR, "g.cfg:6:17: error acpi-count");
    check_one("hpet = 0\nacpi_s4 = 1\nacpi_firmware = \"nine\"\n"
              "acpi_laptop_slate = 1\n",
              VNUMA_SEVERITY_ERROR, "g.cfg:7:17: error acpi-count");
    check_one("vtpm = [ \"backend=x\" ]\nacpi_laptop_slate = 1\n"
              "acpi_firmware = \"seven\"",
              VNUMA_SEVERITY_ERROR, "g.cfg:7:17: error acpi-count");
}

/* Nor does opening one wait, or set off what a device does. */
static void what_is_no_regular_file_is_not_opened(void)
{
    REQUIRE(!mkfifo("pipe", 0600));
    REQUIRE(!symlink("pipe", "link"));
    CHECK_FIRMWARE("pipe", "error file-unreadable");
    CHECK_FIRMWARE("link", "error file-unreadable");
    CHECK_FIRMWARE("/dev/zero", "error file-unreadable");
    CHECK_FIRMWARE("/", "error file-unreadable");
    check_one("xl_vnuma_hmat = \"pipe\"", VNUMA_SEVERITY_WARNING,
              "g.cfg:5:17: warning file-unreadable");
}

/* As in --hmat=/dev/stdin. */
static void what_the_command_line_names_may_be_a_pipe(void)
{
    static const char setting[] = "xl_vnuma_hmat=\"/dev/stdin\"";
    vnuma_source source = { 0 };
    vnuma_config config = { 0 };
    vnuma_diags diags = { 0 };
    int ends[2];

    REQUIRE(!pipe(ends) && dup2(ends[0], STDIN_FILENO) >= 0);
    CHECK_INT(write(ends[1], "latency 0 1 80\n", 15), 15);
    close(ends[0]);
    close(ends[1]);
    CHECK_INT(vnuma_source_set(&source, "g.cfg", GUEST, strlen(GUEST)), 0);
    CHECK_INT(vnuma_source_append(&source, setting), 0);
    CHECK_INT(vnuma__config_parse(&source, &config, &diags), 0);
    CHECK_INT(vnuma__config_read_files(&config, VNUMA_SEVERITY_ERROR, &diags),
              0);
    CHECK_UINT(config.hmat.text.len, 15);
    vnuma_diags_dispose(&diags);
    vnuma__config_dispose(&config);
    vnuma_source_dispose(&source);
}

static void what_is_switched_off_makes_room(void)
{
    table_file nine = { .len = 0 };
    read_guest g;

    add_tables(&nine, 9);
    write_file("nine", nine.bytes, nine.len);
    read_with(&g, GUEST "acpi_firmware = \"nine\"\nhpet = 0\n",
              VNUMA_SEVERITY_ERROR);
    CHECK_INT(g.rc, 0);
    end(&g);
    read_with(&g,
              "type = \"hvm\"\nmemory = 512\nacpi_firmware = \"nine\"\n",
              VNUMA_SEVERITY_ERROR);
    CHECK_INT(g.rc, 0);
    end(&g);
}

static void what_is_right_is_kept(void)
{
    table_file file = { .len = 0 };
    read_guest g;

    add_tables(&file, 7);
    write_file("seven", file.bytes, file.len);
    write_file("hmat", "latency 0 1 80\n", 15);
    read_with(&g,
              GUEST "acpi_firmware = \"seven\"\nxl_vnuma_hmat = \"hmat\"\n"
                    "acpi_laptop_slate = 0\nvtpm = [ ]\n",
              VNUMA_SEVERITY_ERROR);
    CHECK_INT(g.rc, 0);
    CHECK_UINT(g.diags.num_items, 0);
    CHECK_UINT(g.config.tables.num, 7);
    CHECK_UINT(g.config.acpi_firmware.text.len, file.len);
    CHECK_UINT(g.config.hmat.text.len, 15);
    CHECK(!vnuma__hmat_is_hosts(&g.config));
    end(&g);
}

static void an_hmat_has_places_of_its_own(void)
{
    static const char text[] = "# two vnodes\nlatency 0 2 80\n";
    static const char from[] = "latency 1 0 80\n";

    write_file("hmat", text, sizeof(text) - 1);
    write_file("from", from, sizeof(from) - 1);
    check_one("xl_vnuma_hmat = \"hmat\"", VNUMA_SEVERITY_ERROR,
              "hmat:2:11: error hmat-text");
    check_one("xl_vnuma_hmat = \"from\"", VNUMA_SEVERITY_ERROR,
              "from:1:1: error hmat-text");
    check_one("xl_vnuma_hmat = \"none\"", VNUMA_SEVERITY_ERROR,
              "g.cfg:5:17: error file-unreadable");
}

/* vnuma="auto" says nothing of its vnodes yet. */
static void vnodes_that_are_not_known_are_not_missed(void)
{
    read_guest g;

    write_file("hmat", "latency 9 9 80\n", 15);
    read_with(&g,
              "type = \"hvm\"\nmemory = 512\nvcpus = 2\nvnuma = \"auto\"\n"
              "xl_vnuma_hmat = \"hmat\"\n",
              VNUMA_SEVERITY_ERROR);
    CHECK_INT(g.rc, 0);
    end(&g);
}

static void xl_reads_no_tables_for_a_pvh_guest(void)
{
    read_guest g;

    read_with(&g,
              "type = \"pvh\"\nmemory = 512\nvcpus = 2\nvnuma = \"auto\"\n"
              "acpi_firmware = \"none\"\n",
              VNUMA_SEVERITY_ERROR);
    CHECK_INT(g.rc, 0);
    REQUIRE(g.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&g.diags, 0)->id, "acpi-ignored");
    CHECK_STR(vnuma_diags_at(&g.diags, 0)->hint,
              "create --acpi-table gives the tables to a PVH guest");
    CHECK(g.config.tables.is_pvh);
    end(&g);
    /* Nor for one of PV, which has no other way either. */
    read_with(&g,
              "type = \"pv\"\nmemory = 512\nacpi_firmware = \"none\"\n",
              VNUMA_SEVERITY_ERROR);
    REQUIRE(g.diags.num_items == 1);
    CHECK_STR(vnuma_diags_at(&g.diags, 0)->id, "acpi-ignored");
    CHECK(!vnuma_diags_at(&g.diags, 0)->hint);
    end(&g);
}

static const tap_case cases[] = {
    TAP_CASE(each_mistake_is_at_its_setting),
    TAP_CASE(what_is_no_regular_file_is_not_opened),
    TAP_CASE(what_the_command_line_names_may_be_a_pipe),
    TAP_CASE(what_is_switched_off_makes_room),
    TAP_CASE(what_is_right_is_kept),
    TAP_CASE(an_hmat_has_places_of_its_own),
    TAP_CASE(vnodes_that_are_not_known_are_not_missed),
    TAP_CASE(xl_reads_no_tables_for_a_pvh_guest),
};

int main(void)
{
    char dir[] = "/tmp/test-guest-files.XXXXXX";
    int failed;

    if (!mkdtemp(dir) || chdir(dir))
        return EXIT_FAILURE;
    failed = TAP_RUN(cases);
    return system("rm -rf \"$PWD\"") ? EXIT_FAILURE : failed;
}
