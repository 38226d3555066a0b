#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is opened and started: in the sources, every descriptor is closed on
# exec and there is no shell; and a whole create is traced, in a dom0 that is
# none (tests/world/world.c).
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

# ---- the sources ----

# judge FILE...: calls whose descriptor a child would get, and shells.  One
# that is meant to be inherited says so in a comment on its line.
cat >"$tmp/judge.pl" <<'EOT'
undef $/;
my %wanted = (
    open => qr/\bO_CLOEXEC\b/, openat => qr/\bO_CLOEXEC\b/,
    fopen => qr/"[\w+]+e"/, freopen => qr/"[\w+]+e"/,
    socket => qr/\bSOCK_CLOEXEC\b/, socketpair => qr/\bSOCK_CLOEXEC\b/,
    accept4 => qr/\bSOCK_CLOEXEC\b/, pipe2 => qr/\bO_CLOEXEC\b/,
    memfd_create => qr/\bMFD_CLOEXEC\b/, mkostemp => qr/\bO_CLOEXEC\b/,
    eventfd => qr/\bEFD_CLOEXEC\b/, dup3 => qr/\bO_CLOEXEC\b/,
    epoll_create1 => qr/\bEPOLL_CLOEXEC\b/,
    # A shell, or a descriptor that is not closed on exec.
    (map { $_ => 0 } qw(accept creat dup mkstemp pipe popen system tmpfile
                        wordexp)),
);
my $names = join "|", sort keys %wanted;
for my $file (@ARGV) {
    open my $f, "<", $file or die;
    my $text = <$f>;
    while ($text =~ /(?<![\w"*>.])($names)(\((?:[^()]|(?2))*\))([^\n]*)/g) {
        my ($name, $arguments, $rest) = ($1, $2, $3);
        next if $rest =~ m{/\*.*inherits};
        next if $wanted{$name} && $arguments =~ $wanted{$name};
        my $line = 1 + substr($text, 0, $-[0]) =~ tr/\n//;
        print "$file:$line: $name\n";
    }
}
EOT
sources_are_closed()
{
    find tools -name '*.[ch]' | sort >"$tmp/sources"
    [ "$(wc -l <"$tmp/sources")" -gt 200 ] &&
        xargs perl "$tmp/judge.pl" <"$tmp/sources" >"$tmp/found"
    cat "$tmp/found"
    [ ! -s "$tmp/found" ]
}
try "no child of ours gets a descriptor, and there is no shell" \
    sources_are_closed
cat >"$tmp/bad.c" <<'EOT'
    fd = open(path, O_RDONLY);
    f = fopen(path, "r");
    f = popen("ls", "re");
    fd = memfd_create("x",
                      0); /* xl inherits it */
    fd = openat(dir, find(name),
                O_RDONLY | O_CLOEXEC);
    fd = dup(fd);
EOT
judge_finds()
{
    perl "$tmp/judge.pl" "$tmp/bad.c" | sed 's/.*: //' | tr '\n' ' ' \
        >"$tmp/found"
    cat "$tmp/found"
    [ "$(cat "$tmp/found")" = "open fopen popen dup " ]
}
try "the judge finds those that are not" judge_finds

# ---- a create ----

if [ ! -x "$build/tests/world/xl" ]; then
    tried
    exit 0
fi
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/world.sh
need "a guest is created in a world without Xen" created
# Those that this script itself was started with are not counted.
inherits_one()
{
    cat "$WORLD/inherited"
    for fd in /proc/$$/fd/*; do
        echo "${fd##*/} $(readlink "$fd")"
    done >"$tmp/before"
    grep -v '^[012] ' "$WORLD/inherited" | grep -vxFf "$tmp/before" \
        >"$tmp/more"
    [ "$(wc -l <"$tmp/more")" = 1 ] && grep -q ' socket:' "$tmp/more"
}
try "xl gets one descriptor more than its user's: where it reports" \
    inherits_one
# An xl that is started without them prints into what has their place.
closed()
{
    created sh -c 'exec "$@" <&- >&- 2>&-' sh
    cat "$WORLD/inherited"
    for fd in 0 1 2; do
        grep -qx "$fd /dev/null" "$WORLD/inherited" || return 1
    done
    grep -q '^[0-9]* socket:' "$WORLD/inherited"
}
try "nothing takes the place of a standard one that is closed" closed
need "and a guest is created" created
mkfifo "$tmp/pipe"
not_waited_for()
{
    timeout 120 env LD_PRELOAD="$build/.libs/world.so" \
        XL_VNUMA_MODULES="$modules" "$build/xl-vnuma" restore "$tmp/pipe" \
        </dev/null 2>&1 | grep 'must be a file that can be read twice'
}
try "nor is a pipe waited for in the place of a saved guest" not_waited_for
modes_are()
{
    find "$WORLD/kept" "$WORLD/run/xl-vnuma" -printf '%y%m %P\n' |
        sort -u | tee "$tmp/modes"
    [ -s "$tmp/modes" ] && ! grep -Ev '^(d700|f600) ' "$tmp/modes"
}
try "what is kept is its owner's alone" modes_are

if ! strace -o /dev/null true 2>/dev/null ||
    grep -q '^WARN_CFLAGS.*coverage' "$build/Makefile"; then
    try "  # SKIP no strace here, or counters are written too" true
    tried
    exit 0
fi
traced()
{
    # A file for each process, so that no line is cut by another's.
    created strace -ff -o "$tmp/trace" -e \
        trace=%file,%desc,%process,socket,socketpair,accept,accept4 &&
        cat "$tmp"/trace.* >"$tmp/trace" && grep -q '"places"' "$tmp/trace"
}
need "and once more with each call of it written down" traced

# A descriptor is a number that a call returned.
not_closed()
{
    calls='open|openat|creat|socket|socketpair|accept4?|pipe2?|dup|fcntl'
    calls="$calls|memfd_create|epoll_create1?|eventfd2?|inotify_init1?"
    grep -E "^($calls)\(.* = [0-9]+\$" \
        "$tmp/trace" |
        grep -Ev 'CLOEXEC|fcntl\([0-9]+, F_(GET|SET)' >"$tmp/found"
    cat "$tmp/found"
    [ ! -s "$tmp/found" ]
}
try "every descriptor is closed on exec" not_closed
# Opening a folder of ours, and what is in it by that descriptor.
links_followed()
{
    grep -E '^open(at)?\(' "$tmp/trace" |
        grep -e "\"$WORLD/kept" -e "\"$WORLD/run/xl-vnuma/builds" \
            -e 'openat([0-9]*, "[^.]' \
            >"$tmp/ours"
    grep -v O_NOFOLLOW "$tmp/ours" >"$tmp/found"
    cat "$tmp/found"
    [ -s "$tmp/ours" ] && [ ! -s "$tmp/found" ]
}
try "no file of ours is opened through a link" links_followed
made()
{
    grep -E 'O_CREAT|mkdir' "$tmp/trace" | tee "$tmp/ours"
    [ -s "$tmp/ours" ] &&
        ! grep -E 'O_CREAT' "$tmp/ours" | grep -v 'O_EXCL.*, 0600)' |
        grep -v -e "$WORLD/inherited" -e "$WORLD/xen" &&
        ! grep -E 'mkdir' "$tmp/ours" | grep -v ', 0700)'
}
try "what is made is new, and 0600 or 0700" made
started()
{
    grep -E 'execve\(.* = 0$' "$tmp/trace" |
        sed 's/.*execve("\([^"]*\)".*/\1/' | grep -v '/env$' |
        tr '\n' ' ' >"$tmp/programs"
    cat "$tmp/programs"
    [ "$(cat "$tmp/programs")" = \
        "$build/xl-vnuma $xl " ]
}
try "nothing but xl is started" started
tried
