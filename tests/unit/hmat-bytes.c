/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * hmat-bytes FILE: the HMAT that a guest gets of a text, on stdout; for
 * tests/hmat-formats.sh, which compares it with QEMU's.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/diag.h"
#include "tables/hmat_table.h"
#include "tables/hmat_text.h"
#include "vnuma.h"

int main(int argc, char **argv)
{
    vnuma_source source = { 0 };
    vnuma_diags diags = { 0 };
    vnuma__hmat hmat = { 0 };
    vnuma__hmat_loss loss;
    uint8_t *bytes;
    size_t len;

    if (argc != 2 || vnuma_source_read(&source, argv[1]) ||
        vnuma__hmat_read_text(&source, &vnuma__hmat_any_guest, &hmat, &diags))
        return 2;
    if (vnuma__hmat_build(&hmat, &bytes, &len, &loss) || loss.is_lossy)
        return 1;
    fwrite(bytes, 1, len, stdout);
    free(bytes);
    vnuma__hmat_dispose(&hmat);
    vnuma_diags_dispose(&diags);
    vnuma_source_dispose(&source);
    return fflush(stdout) ? 3 : 0;
}
