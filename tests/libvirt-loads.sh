#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The object that libvirtd is started with, in a daemon and with a libxl that
# are made here: whatever is wrong, the daemon starts, one line says it, and
# libxl is called as without us.
set -u
libs=${top_builddir:?}/.libs
: "${top_srcdir:?}"

if [ ! -f "$libs/vnuma-libvirt.so" ]; then
    echo "1..0 # SKIP built without Xen"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "$top_srcdir/tests/try.sh"
cd "$tmp" || exit 99

cat >xl.c <<'END'
#include <stdio.h>
#include <string.h>
/* As in libxl.h, by the offsets that the object was compiled with. */
int libxl_domain_create_new(void *ctx, void *config, unsigned *domid,
                            const void *how, const void *console);
int libxl_domain_create_new(void *ctx, void *config, unsigned *domid,
                            const void *how, const void *console)
{
    (void)ctx, (void)config, (void)how, (void)console;
    *domid = 7;
    return 0;
}
int libxl_domain_suspend(void *ctx, unsigned domid, int fd, int flags,
                         const void *how);
int libxl_domain_suspend(void *ctx, unsigned domid, int fd, int flags,
                         const void *how)
{
    (void)ctx, (void)domid, (void)fd, (void)flags, (void)how;
    return 42;
}
END
echo 'int guest(void); int guest(void) { return 0; }' >guest.c

# Loads libxl with a module, as libvirtd does, and out of reach of RTLD_NEXT.
cat >module.c <<'END'
int libxl_domain_create_new(void *, void *, unsigned *, const void *,
                            const void *);
int libxl_domain_suspend(void *, unsigned, int, int, const void *);
int start(void *config);
int start(void *config)
{
    unsigned domid = 0;

    if (libxl_domain_create_new(0, config, &domid, 0, 0) || domid != 7)
        return 1;
    libxl_domain_suspend(0, 7, -1, 0, 0);
    return libxl_domain_suspend(0, 7, -1, 0, 0) != 42;
}
END
cat >daemon.c <<'END'
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
int main(void)
{
    void *module = dlopen("./module.so", RTLD_NOW | RTLD_LOCAL);
    int (*start)(void *) =
        module ? (int (*)(void *))dlsym(module, "start") : 0;
    void *config = calloc(1, 65536);

    if (!start)
        return puts(dlerror()), 3;
    if (getenv("LD_PRELOAD"))
        return puts(getenv("LD_PRELOAD")), 4;
    if (start(config))
        return 5;
    return system("[ -z \"$LD_PRELOAD\" ]") ? 6 : 0;
}
END

# make_daemon RELEASE: with a libxl of it.
make_daemon()
{
    rm -f ./*.so*
    "${CC:-cc}" -shared -fPIC -Wl,-soname,"libxenguest.so.$1" \
        -o "libxenguest.so.$1" guest.c &&
        "${CC:-cc}" -shared -fPIC -Wl,--no-as-needed \
            -Wl,-soname,"libxenlight.so.$1" -Wl,-rpath,"$tmp" \
            -o "libxenlight.so.$1" xl.c "./libxenguest.so.$1" &&
        "${CC:-cc}" -shared -fPIC -Wl,-rpath,"$tmp" -o module.so module.c \
            "./libxenlight.so.$1" &&
        "${CC:-cc}" -o daemon daemon.c -ldl
}

# in_daemon FOLDER: the object from there; what it says goes to "said".
in_daemon()
{
    LD_PRELOAD=$1/vnuma-libvirt.so ./daemon 2>said
}

mkdir alone
cp "$libs/vnuma-libvirt.so" alone
try "it needs nothing but libc" sh -c '! readelf -d "$1" | grep NEEDED |
    grep -v "libc\.so"' sh "$libs/vnuma-libvirt.so"
try "another release" make_daemon 9.99
try "starts, and its children are without us" in_daemon "$libs"
try "one line says why" \
    sh -c '[ "$(wc -l <said)" = 1 ] && grep -q "libxl is of Xen 9.99" said'
# Not by make, which a make around us would have say where it is.
release=$(sed -n 's/^XEN_RELEASE = //p' "$top_builddir/Makefile")
try "ours, but the rest of it is missing" make_daemon "$release"
try "starts too" in_daemon "$tmp/alone"
try "and one line says that" \
    sh -c '[ "$(wc -l <said)" = 1 ] && grep -q "without xl-vnuma" said'

# All of it, with Xen's own libraries and without Xen: the guest is refused.
cat >whole.c <<'END'
#include <libxl.h>
#include <stdlib.h>
int main(void)
{
    libxl_domain_config config;
    uint32_t domid = 0;

    libxl_domain_config_init(&config);
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PVH);
    config.b_info.vnuma_nodes = calloc(1, sizeof(libxl_vnode_info));
    config.b_info.num_vnuma_nodes = 1;
    libxl_vnode_info_init(config.b_info.vnuma_nodes);
    if (libxl_domain_create_new(NULL, &config, &domid, NULL, NULL) !=
        ERROR_FAIL)
        return 1;
    libxl_domain_config_dispose(&config);
    return 0;
}
END
if "${CC:-cc}" -w -o whole whole.c -lxenlight 2>/dev/null; then
    try "a guest with cells is refused where there is no Xen" \
        sh -c 'LD_PRELOAD=$1 ./whole 2>said' sh "$libs/vnuma-libvirt.so"
    try "and that is said of it" grep -q \
        "^xl-vnuma: 00000000-0000-0000-0000-000000000000: error: " said
fi
tried
