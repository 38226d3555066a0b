/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* xl-vnuma front status as tests/front.sh has it: "status yes" can be used. */
#include "front/front.h"

int main(int argc, char **argv)
{
    (void)argv;
    return front_status(argc > 1) ? 0 : 3;
}
