#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the compiler and the linker can do against an attacker is in all that is
# built, whoever builds it: read off programs, shared objects and objects.
set -u
build=${top_builddir:?}
if grep -Eq '^WARN_CFLAGS.*(sanitize|coverage)' "$build/Makefile"; then
    echo "1..0 # SKIP not as it is installed"
    exit 0
fi
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck source=tests/try.sh
. "${top_srcdir:?}/tests/try.sh"

# How each property shows in what readelf says of headers, segments, the
# dynamic section and symbols: "NAME PATTERN"; !PATTERN must not be there.
cat >"$tmp/properties" <<'EOT'
PIE              Type: +DYN
BIND_NOW         \(FLAGS(_1)?\) .*NOW
RELRO            GNU_RELRO
no-exec-stack    GNU_STACK .* RW  0x
no-text-reloc    !TEXTREL
no-rwx-segment   !LOAD .* RWE 0x
EOT

# judge FILE...: what is missing, a line for each.
judge()
{
    for file; do
        readelf -hldW "$file" >"$tmp/elf"
        while read -r property pattern; do
            absent=0
            case $pattern in !*) absent=1 pattern=${pattern#!} ;; esac
            grep -Eq "$pattern" "$tmp/elf"
            [ $? = $absent ] || echo "$file: $property"
        done <"$tmp/properties"
    done
}
nothing_missing()
{
    judge "$@" >"$tmp/missing"
    cat "$tmp/missing"
    [ ! -s "$tmp/missing" ]
}
# imports PATTERN FILE...: each of these calls it.
imports()
{
    pattern=$1 status=0
    shift
    for file; do
        readelf --dyn-syms -W "$file" | grep -Eq " UND $pattern" ||
            { echo "$file"; status=1; }
    done
    return $status
}

# ---- all that was built ----

cd "$build" || exit 99
find xl-vnuma vnuma tools tests fuzz bench .libs -type f -perm -u+x \
    ! -path tests/xen/tiny ! -path 'fuzz/[am]san/*' | while read -r file; do
    readelf -h "$file" 2>/dev/null | grep -Eq 'Type: +(DYN|EXEC)' &&
        echo "$file"
done >"$tmp/built"
# shellcheck disable=SC2046 # a list of words
all_hardened()
{
    nothing_missing $(cat "$tmp/built")
}
try "there are programs and shared objects" \
    test "$(wc -l <"$tmp/built")" -gt 10
try "each is position independent and read-only once it is linked" \
    all_hardened

# What is installed, and large enough to have arrays on its stack.
installed="vnuma xl-vnuma .libs/libvnuma.so.1"
if [ -f .libs/xl-vnuma-hooks.so ]; then
    installed="$installed tools/xl-vnuma/front/xl .libs/xl-vnuma-hooks.so"
    installed="$installed .libs/xl-vnuma-xen.so"
    installed="$installed $(echo .libs/libvnuma-xen.so.*)"
fi
# shellcheck disable=SC2086 # a list of words
{
    try "what is installed guards its stack" \
        imports '__stack_chk_fail' $installed
    ! grep -q '^HARDEN_CFLAGS.*FORTIFY' Makefile ||
        try "and checks what it writes to buffers" \
            imports '__[a-z]+_chk@' $installed
}

# Those that print, end the process or start another; memory that is printed to
# is a FILE too.
silent()
{
    calls='_?_?(v?printf|puts|putchar)(_chk)?|std(out|err)|perror|v?syslog'
    calls="$calls|v?(err|warn)x?|_?_?[eE]xit|quick_exit|abort|system|popen"
    calls="$calls|fork|exec[a-z]*|posix_spawnp?"
    nm -D --undefined-only .libs/libvnuma.so.1 .libs/libvnuma-xen.so.* \
        2>/dev/null | grep -E " ($calls)(@|\$)" >"$tmp/found"
    cat "$tmp/found"
    [ ! -s "$tmp/found" ]
}
try "the libraries neither print nor end the process" silent

# The newest level is for a C library of 2.34 and a compiler of its time; there
# is none without optimisation.
newest_level()
{
    grep -Eq '^CFLAGS = .*-O([1-9s]|fast)' Makefile || return 0
    echo '#include <stdio.h>' >"$tmp/level.c"
    level=2
    ! ${CC:-cc} -O2 -E -dM -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 \
        "$tmp/level.c" | grep -q 'USE_FORTIFY_LEVEL 3' || level=3
    grep "^HARDEN_CFLAGS.*FORTIFY_SOURCE=$level" Makefile ||
        { echo "no level $level in:" && grep ^HARDEN Makefile; return 1; }
}
try "with the newest level of the C library" newest_level

# Of objects, because what begins a program of Debian's C library has no such
# note, and the linker leaves out what one of them lacks.
if [ "$(uname -m)" = x86_64 ]; then
    has_branch_notes()
    {
        find tools -name '*.o' >"$tmp/objects"
        [ -s "$tmp/objects" ] || return 1
        while read -r file; do
            readelf -nW "$file" | grep -q 'IBT, SHSTK' || echo "$file"
        done <"$tmp/objects" >"$tmp/missing"
        cat "$tmp/missing"
        [ ! -s "$tmp/missing" ]
    }
    try "objects have targets for branches and a shadow stack" has_branch_notes
    probes()
    {
        echo 'void use(char *); void big(void) { char a[9999]; use(a); }' \
            >"$tmp/big.c"
        # shellcheck disable=SC2046 # a list of words
        ${CC:-cc} -O2 -S -o "$tmp/big.s" "$tmp/big.c" \
            $(sed -n 's/^HARDEN_CFLAGS = //p' Makefile) || return 1
        grep -Eq '(or|mov)[lq]?[[:space:]]+[$]0, .*\(%rsp\)' \
            "$tmp/big.s" || { cat "$tmp/big.s"; return 1; }
    }
    try "large frames are probed, page by page" probes
fi

# ---- the judge itself: one without each ----

echo 'int main(void) { return 0; }' >"$tmp/main.c"
good="-O2 -fPIE -pie -Wl,-z,relro,-z,now"
# found NAME FLAGS...: what is linked so lacks that.
found()
{
    want=$1
    shift
    # shellcheck disable=SC2086 # a list of words
    ${CC:-cc} $good "$@" -o "$tmp/main" "$tmp/main.c" || return 1
    judge "$tmp/main" >"$tmp/missing"
    cat "$tmp/missing"
    grep -q ": $want\$" "$tmp/missing"
}
good_is_good()
{
    ! found '.*' && [ ! -s "$tmp/missing" ]
}
try "a program with all of it lacks nothing" good_is_good
try "one that is at a fixed address is found" found PIE -no-pie -fno-pie
try "one that is linked as it runs is found" found BIND_NOW -Wl,-z,lazy
try "one whose tables can be written is found" found RELRO -Wl,-z,norelro
try "one whose stack can be run is found" \
    found no-exec-stack -Wl,-z,execstack
tried
