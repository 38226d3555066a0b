# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034,SC2154 # the caller's
#
# For tests of whole commands: $WORLD is a dom0 without Xen (tests/world).
# Sourced in the top of the tree, after tests/try.sh; $build and $tmp are the
# caller's.  Where there can be no world, the test is skipped.

if [ ! -x "$build/tests/world/xl" ]; then
    echo "1..0 # SKIP built without Xen, or with sanitizers"
    exit 0
fi
export WORLD="$tmp/world" LC_ALL=C
release=$(sed -n 's/^#define XEN_RELEASE "\(.*\)"/\1/p' "$build/config.h")
modules=$WORLD/modules
xl=$WORLD/usr/lib/xen-$release/bin/xl
mkdir -p "${xl%/*}" "$WORLD/sys/hypervisor/version" "$WORLD/dev/xen" \
    "$WORLD/run" "$modules"
chmod 755 "$WORLD" "$modules"
: >"$WORLD/dev/xen/privcmd"
cp "$build/tests/world/xl" "$xl"
cp "$build/tests/world/xl" "${xl%/*}/libxl-save-helper"
echo "${release%.*}" >"$WORLD/sys/hypervisor/version/major"
echo "${release#*.}" >"$WORLD/sys/hypervisor/version/minor"
cp tests/hosts/xl-info-n-2node.txt "$WORLD/host"
for module in xl-vnuma-xen xl-vnuma-hooks; do
    cp "$build/.libs/world.so" "$modules/$module.so"
done
printf '%s\n' 'name = "web"' 'type = "hvm"' 'memory = 512' 'vcpus = 2' \
    'vnuma = "auto"' >"$tmp/guest.cfg"

# created [TRACER...]: a guest is; $WORLD has nothing of one before.
created()
{
    rm -rf "$WORLD/kept" "$WORLD/run/xl-vnuma" "$WORLD/inherited" "$WORLD/xen"
    "$@" env LD_PRELOAD="$build/.libs/world.so" \
        XL_VNUMA_MODULES="$modules" XL_VNUMA_KEPT="$WORLD/kept" \
        "$build/xl-vnuma" create "--output=$tmp/planned.cfg" \
        "$tmp/guest.cfg" </dev/null >"$tmp/out" 2>"$tmp/err"
    status=$?
    cat "$tmp/out" "$tmp/err"
    [ "$status" = 0 ]
}
