#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The front when xl-vnuma cannot be used: missing, broken, of another release;
# guests that come in then; and the file that says what is done.
set -u
cd "${top_srcdir:?}" || exit 99
# shellcheck source=tests/front-host.sh
. ./tests/front-host.sh
guests_run

# ---- xl-vnuma cannot be used ----

unprobed()
{
    rm -f "$LOG.probes"
    "$front" create auto.cfg && return 1
    cat "$LOG"
    [ ! -e "$LOG.probes" ]
}
try "xl-vnuma is started once" unprobed

# The real one, which finds a broken library when it loads what talks to Xen.
mkdir "$tmp/broken"
: >"$tmp/broken/libxenlight.so.$release"
# Not a copy: who owns the folders above it may own what it loads too.
rm -f "$root$sbin"
ln -s "$build/xl-vnuma" "$root$sbin"
broken()
{
    : >"$LOG"
    LD_LIBRARY_PATH=$tmp/broken "$front" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    cat "$LOG" "$tmp/err"
    [ "$status" = "$want" ]
}
want=3
try "broken: refused, with ld.so's reason" broken create auto.cfg
try "  which names the library" grep -q "libxenlight.*file too short" "$tmp/err"
try "  in one error" test "$(grep -c error "$tmp/err")" = 1
try "  and nothing was called" test ! -s "$LOG"
want=42
echo 'fallback = "stock"' >"$conf"
try "broken, fallback=\"stock\": stock xl does it" broken create full.cfg
try "  after a warning with the reason" \
    grep -q '^xl-vnuma front: warning: .*file too short' "$tmp/err"
# What is written there next is not to go through the link.
rm -f "$root$sbin"

program "$root$sbin" ours 'echo "xl-vnuma: built for 9.99" >&2; exit 3'
calls "unusable: without vnuma=" "stock|create|plain.cfg" create plain.cfg
calls "unusable: a dry run" "stock|create|-n|full.cfg" create -n full.cfg
falls_back()
{
    : >"$LOG"
    "$front" "$@" 2>"$tmp/err" </dev/null
    cat "$LOG" "$tmp/err"
    grep -q '^xl-vnuma front: warning: .*9\.99' "$tmp/err" &&
        [ "$(wc -l <"$tmp/err")" = 1 ]
}
try "fallback=\"stock\": a warning, and stock xl" falls_back create full.cfg
try "  as it was called" grep -qx 'stock|create|full.cfg' "$LOG"
program "$root$sbin" ours 'exit 7'
silent()
{
    "$front" create full.cfg 2>"$tmp/err"
    cat "$tmp/err"
    grep -q 'fails without a word' "$tmp/err"
}
try "  also without a reason" silent
healthy
calls "  and not while it can be used" "ours|create|--|full.cfg" \
    create full.cfg
rm "$conf"

xen_is 9.99
refuses "another release: refused" \
    "vnuma=.* built for Xen $release, and Xen 9.99 is running" create auto.cfg
refuses "  save too" "built for Xen" save numa file
calls "  without vnuma=" "stock|create|plain.cfg" create plain.cfg
xen_is "$release"
rm "$root$sbin"
refuses "missing" 'vnuma=.*sbin/xl-vnuma: No such file' create auto.cfg
calls "missing: without vnuma=" "stock|list" list
mkdir "$root$sbin"
refuses "a directory" 'sbin/xl-vnuma: ' create auto.cfg
rmdir "$root$sbin"

# ---- and a guest comes in ----

# It greets, and keeps what it gets.
cat >"$stock" <<'END'
#!/bin/sh
echo greeting
cat >"$LOG.stream"
echo "$*" >"$LOG"
exit 42
END
chmod +x "$stock"
head -c 300000 /dev/urandom >"$tmp/pages"
comes()
{
    : >"$LOG"
    # From a pipe, as from a sender.
    cat "$1" "$tmp/pages" | tee "$tmp/stream" |
        "$front" migrate-receive -e >"$tmp/out" 2>"$tmp/err"
    status=$?
    cat "$tmp/err"
    [ "$(cat "$tmp/out"):$status" = greeting:42 ] &&
        [ "$(cat "$LOG")" = "migrate-receive -e" ]
}
whole()
{
    comes "$1" && cmp "$tmp/stream" "$LOG.stream" && [ ! -s "$tmp/err" ]
}
turned_away()
{
    comes "$1" && [ ! -s "$LOG.stream" ] && [ "$(wc -l <"$tmp/err")" = 1 ] &&
        grep -q 'the guest has vnuma=, and xl-vnuma cannot be used: ' "$tmp/err"
}
try "incoming, without vnuma=: stock xl gets all of it" whole saved-plain
try "  of another program's" whole saved-other
try "  what is no guest" whole plain.cfg
: >"$tmp/nothing"
try "  a header that is cut off" whole saved-cut
try "incoming, with our record: its sender is told why" turned_away saved
try "  with vnodes" turned_away saved-vnodes
program "$root$sbin" ours 'echo "xl-vnuma: built for 9.99" >&2; exit 3'
try "incoming, unusable: without vnuma=" whole saved-plain
try "  with it" turned_away saved
echo 'fallback = "stock"' >"$conf"
accepted()
{
    comes "$1" && cmp "$tmp/stream" "$LOG.stream" &&
        grep -q '^xl-vnuma front: warning: .*9\.99' "$tmp/err"
}
try "  with it, where the conf says so" accepted saved
rm "$conf"
# A sender that waits must not be waited for, nor anything be left.
printf '#!/bin/sh\n' >"$stock"
left_alone()
{
    mkfifo "$tmp/sender"
    sleep 100 >"$tmp/sender" &
    sender=$!
    timeout 120 "$front" migrate-receive <"$tmp/sender" >"$tmp/out" || return
    tries=0
    while pgrep -f "^$front migrate-receive" && [ $tries -lt 600 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill $sender
    [ $tries -lt 600 ]
}
try "incoming: nothing is left when xl ends" left_alone
xen_is "$release"
healthy

# ---- xl-vnuma.conf ----

# conf NAME PLACE-AND-WORDS TEXT
bad_conf()
{
    printf '%s\n' "$3" >"$conf"
    refuses "conf: $1" "$2" create auto.cfg
    calls "conf: $1, without vnuma=" "stock|create|plain.cfg" create plain.cfg
}
bad_conf "an unknown key" 'xl-vnuma\.conf:2:1: error: .*"fall"' '
fall = "stock"'
bad_conf "a value that is none" 'xl-vnuma\.conf:1:12: error: ' 'fallback = "xl"'
bad_conf "a list" 'xl-vnuma\.conf:1:12: error: ' 'fallback = [ "stock" ]'
bad_conf "no grammar" 'xl-vnuma\.conf:1:[0-9]*: error: ' 'fallback'
rm "$conf"
mkdir "$conf"
refuses "conf: a directory" 'xl-vnuma\.conf: Is a directory' create auto.cfg
rmdir "$conf"
: >"$conf"
calls "conf: empty" "ours|create|--|auto.cfg" create auto.cfg
echo 'fallback = "refuse" # as without this file' >"$conf"
calls "conf: the default" "ours|create|--|auto.cfg" create auto.cfg
rm "$conf"
cd "$top" || exit 99
tried
