/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What stays when all that minded a guest was killed: what is done about it.
 * Who finds it is in test-left-found.c.
 */
#include "config.h"

#include <string.h>

#include "record/left.h"
#include "tap.h"

#define UUID "6b5d1b4e-0000-4000-8000-0123456789ab"
#define OTHER "6b5d1b4e-0000-4000-8000-ba9876543210"

enum { BUILD, ARRIVE, LEAVE };
enum { NEW = 1, SUSPENDED };

static const struct {
    const char *what;
    int kind;
    uint32_t domid;
    bool is_whole, is_given;
    vnuma__found found[2]; /* one of number 0: none */
    vnuma__left_state state;
    uint32_t which;
} cases[] = {
    { "there is no domain",
      BUILD,
      7,
      false,
      false,
      { { 0 } },
      VNUMA__LEFT_NOTHING,
      0 },
    { "half built",
      BUILD,
      7,
      false,
      false,
      { { 7, UUID, "g", true, false } },
      VNUMA__LEFT_HALF,
      7 },
    { "built", BUILD, 7, true, false, { { 7, UUID, "g", true, false } },
      VNUMA__LEFT_NOTHING, 7 },
    { "it has run", BUILD, 7, false, false, { { 7, UUID, "g", false, false } },
      VNUMA__LEFT_NOTHING, 7 },
    { "half built, and its number not known",
      BUILD,
      VNUMA_ID_UNKNOWN,
      false,
      false,
      { { 6, OTHER, "", true, false }, { 7, UUID, "", true, false } },
      VNUMA__LEFT_HALF,
      7 },
    { "it was never made, and stock xl builds that guest",
      BUILD,
      VNUMA_ID_UNKNOWN,
      false,
      false,
      { { 7, UUID, "g", true, false } },
      VNUMA__LEFT_NOTHING,
      7 },
    { "whole",
      BUILD,
      7,
      true,
      false,
      { { 7, UUID, "g", true, false } },
      VNUMA__LEFT_NOTHING,
      7 },
    { "a guest of that UUID runs",
      BUILD,
      VNUMA_ID_UNKNOWN,
      false,
      false,
      { { 7, UUID, "g", false, false } },
      VNUMA__LEFT_NOTHING,
      7 },
    { "another domain has its number",
      BUILD,
      7,
      false,
      false,
      { { 7, OTHER, "g", true, false } },
      VNUMA__LEFT_NOTHING,
      0 },
    { "a later domain has its UUID",
      BUILD,
      7,
      false,
      false,
      { { 8, UUID, "g", true, false } },
      VNUMA__LEFT_NOTHING,
      0 },

    { "half here",
      ARRIVE,
      8,
      false,
      false,
      { { 7, UUID, "g", false, false },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_HALF,
      8 },
    { "half here, its sender elsewhere",
      ARRIVE,
      8,
      false,
      false,
      { { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_HALF,
      8 },
    { "all here, and not given",
      ARRIVE,
      8,
      true,
      false,
      { { 7, UUID, "g", false, true },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_HALF,
      8 },
    { "all here, and its sender renamed it",
      ARRIVE,
      8,
      true,
      false,
      { { 7, UUID, "g--migratedaway", false, true, true },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_GIVEN,
      8 },
    { "all here, and a stranger has taken the name of its sender",
      ARRIVE,
      8,
      true,
      false,
      { { 7, UUID, "g--migratedaway", false, true },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_UNSURE,
      8 },
    { "all here, and a stranger has taken its UUID",
      ARRIVE,
      8,
      true,
      false,
      { { 7, UUID, "x", false, false },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_UNSURE,
      8 },
    { "given, of a name that ends so by itself, and paused",
      ARRIVE,
      8,
      true,
      true,
      { { 8, UUID, "flight--incoming", true, false } },
      VNUMA__LEFT_NOTHING,
      8 },
    { "all here, its sender elsewhere",
      ARRIVE,
      8,
      true,
      false,
      { { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_UNSURE,
      8 },
    { "given by another host",
      ARRIVE,
      8,
      true,
      true,
      { { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_GIVEN,
      8 },
    { "given, named, and paused as was asked for",
      ARRIVE,
      8,
      true,
      true,
      { { 8, UUID, "g", true, false } },
      VNUMA__LEFT_NOTHING,
      8 },
    { "it runs here",
      ARRIVE,
      8,
      true,
      true,
      { { 8, UUID, "g", false, false } },
      VNUMA__LEFT_NOTHING,
      8 },

    { "it runs still",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g", false, false } },
      VNUMA__LEFT_LEAVING,
      7 },
    { "given away, and resumed by root",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, false } },
      VNUMA__LEFT_NOTHING,
      7 },
    { "suspended",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g", false, true } },
      VNUMA__LEFT_SUSPENDED,
      7 },
    { "suspended, its copy half here",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g", false, true },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_SUSPENDED,
      7 },
    { "given to another host",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, true } },
      VNUMA__LEFT_AWAY,
      7 },
    { "given, its copy not yet a guest",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, true },
        { 8, UUID, "g--incoming", true, false } },
      VNUMA__LEFT_NOTHING,
      7 },
    { "given, its copy a guest",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, true },
        { 8, UUID, "g", false, false } },
      VNUMA__LEFT_HALF,
      7 },
    { "given, and a stranger has taken its UUID",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, true },
        { 8, UUID, "x", false, false } },
      VNUMA__LEFT_AWAY,
      7 },
    { "given, and one of a longer name has its UUID",
      LEAVE,
      7,
      false,
      false,
      { { 7, UUID, "g--migratedaway", false, true },
        { 8, UUID, "gg", false, false } },
      VNUMA__LEFT_AWAY,
      7 },
    { "saved and gone",
      LEAVE,
      7,
      false,
      false,
      { { 0 } },
      VNUMA__LEFT_NOTHING,
      0 },
};

static void it_follows_from_entry_and_domains(void)
{
    static const vnuma__flight_kind kinds[] = {
        [BUILD] = VNUMA__FLIGHT_BUILD,
        [ARRIVE] = VNUMA__FLIGHT_ARRIVE,
        [LEAVE] = VNUMA__FLIGHT_LEAVE,
    };
    vnuma__left_state state;
    unsigned int i, num;
    uint32_t domid;

    for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
        vnuma__left left = { .is_whole = cases[i].is_whole,
                             .is_given = cases[i].is_given };

        left.flight.kind = kinds[cases[i].kind];
        left.flight.domid = cases[i].domid;
        strcpy(left.flight.uuid, UUID);
        strcpy(left.flight.name, "flight--incoming");
        for (num = 0; num < 2 && cases[i].found[num].domid;)
            num++;
        domid = 0;
        state = vnuma__left_judge(&left, cases[i].found, num, &domid);
        if (state == cases[i].state &&
            (state == VNUMA__LEFT_NOTHING || domid == cases[i].which))
            continue;
        TAP_DIAG("%s: %d of domain %u", cases[i].what, (int)state,
                 (unsigned int)domid);
        CHECK(false);
    }
}

int main(void)
{
    static const tap_case tests[] = {
        TAP_CASE(it_follows_from_entry_and_domains),
    };

    return TAP_RUN(tests);
}
