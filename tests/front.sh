#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The front, between a stock xl and an xl-vnuma that write down how they were
# called.  What xl itself makes of a command line is told by hand, from
# tools/xl of Xen, and for names by its rule over its own lists of commands.
set -u
cd "${top_srcdir:?}" || exit 99
# shellcheck source=tests/front-host.sh
. ./tests/front-host.sh

# ---- names of subcommands ----

# By the rule of xl's cmdtable_lookup() over the names that "xl help" prints:
# "WORD NAME" for each beginning of one, and NAME is "-" where xl takes none.
cat >"$tmp/lookup.awk" <<'EOF'
function lookup(word,  i, found, count) {
    for (i = 1; i <= num; i++) {
        if (names[i] == word)
            return word
        if (substr(names[i], 1, length(word)) == word) {
            found = names[i]
            count++
        }
    }
    return count == 1 ? found : "-"
}
{ for (i = 1; i <= NF; i++) names[++num] = $i }
END {
    for (i = 1; i <= num; i++)
        for (len = 1; len <= length(names[i]); len++) {
            word = substr(names[i], 1, len)
            if (word ~ near && !seen[word]++)
                print word, lookup(word)
        }
    print "nothing -\ncreatee -"
}
EOF
# Those that begin as one of ours does.
near='^(c|s|r|re|m|mi|cr.*|sa.*|res.*|mig.*)$'
looked_up_as_xl()
{
    while read -r word want; do
        : >"$LOG"
        # Arguments by which each that is ours is taken by us.
        case $word in
        migrate-*) set -- ;;
        re*) set -- "$tmp/saved" ;;
        *) set -- "$tmp/auto.cfg" ;;
        esac
        case $want in
        create | restore) want=$ours$want ;;
        # No guest comes in, so there is nothing to refuse.
        migrate-receive)
            [ "$ours" = refused ] && want="stock|" || want=$ours$want
            ;;
        *) want="stock|" ;;
        esac
        "$front" "$word" "$@" 2>"$tmp/err" </dev/null
        ! grep -q 'built for' "$tmp/err" ||
            echo "refused${want#refused}" >"$LOG"
        case $(cat "$LOG") in
        "$want"*) ;;
        *)
            echo "$word: $(cat "$LOG" "$tmp/err"), wanted $want"
            return 1
            ;;
        esac
        looked=$((looked + 1))
    done <"$tmp/words"
}
for names in "$top"/tests/xl-commands/*; do
    xen_is "${names##*/}"
    # What is ours is refused on a release that we were not built for.
    [ "${names##*/}" = "$release" ] && ours='ours|' || ours=refused
    looked=0
    awk -v near="$near" -f "$tmp/lookup.awk" "$names" >"$tmp/words"
    try "names of subcommands are looked up as xl ${names##*/} does" \
        looked_up_as_xl
    try "  and those are many" test "$looked" -gt 30
done
xen_is "$release"

# ---- create ----

calls "create with vnuma= is ours" "ours|create|--|auto.cfg" create auto.cfg
calls "create without is stock xl's" "stock|create|plain.cfg" create plain.cfg
calls "vnuma= in a comment is none" "stock|create|comment.cfg" \
    create comment.cfg
calls "vnuma= on the command line" 'ours|create|--|plain.cfg|vnuma="auto"' \
    create plain.cfg 'vnuma="auto"'
calls "vnuma= on the command line alone" \
    'ours|create|--|/dev/null|vnuma="auto"' create /dev/null 'vnuma="auto"'
calls "an empty vnuma= is none" 'stock|create|auto.cfg|vnuma=[]' \
    create auto.cfg 'vnuma=[]'
calls "one that is neither a list nor \"auto\" is ours to refuse" \
    'ours|create|--|plain.cfg|vnuma=5' create plain.cfg 'vnuma=5'
calls "-f FILE" "ours|create|-f|auto.cfg|--" create -f auto.cfg
calls "-fFILE" "ours|create|-fauto.cfg|--" create -fauto.cfg
calls "--defconfig=FILE" "ours|create|--defconfig=auto.cfg|--" \
    create --defconfig=auto.cfg
calls "a long option's beginning" "ours|create|--def|auto.cfg|--" \
    create --def auto.cfg
calls "the last -f counts" "stock|create|-f|auto.cfg|-f|plain.cfg" \
    create -f auto.cfg -f plain.cfg
calls "-f counts, not the first name" "ours|create|-f|auto.cfg|--" \
    create plain.cfg -f auto.cfg
calls "options after the file, then settings" \
    "ours|create|-p|-c|--|auto.cfg|name=\"x\"" \
    create auto.cfg -p -c 'name="x"'
calls "settings before the file" "ours|create|--|a=1|auto.cfg|b=2" \
    create a=1 auto.cfg b=2
calls "-- before the file" "ours|create|-q|--|auto.cfg" \
    create -q -- auto.cfg
calls "options of xl that take nothing" \
    "ours|create|-cdeFVA|--ignore-global-affinity-masks|--|auto.cfg" \
    create auto.cfg -cdeFVA --ignore-global-affinity-masks
calls "global options" "ours|-vv|-t|-T|-f|create|--|auto.cfg" \
    -vv -t -T -f create auto.cfg
calls "global options for stock xl" "stock|-vvtT|create|plain.cfg" \
    -vvtT create plain.cfg
calls "an empty argument" "stock|create|" create ''
calls "no arguments" "stock|create" create
calls "two files" "stock|create|auto.cfg|plain.cfg" create auto.cfg plain.cfg
calls "an option after a name, which xl takes for a file" \
    "stock|create|a=1|auto.cfg|-p" create a=1 auto.cfg -p
calls "an option that xl does not have" "stock|create|-z|auto.cfg" \
    create -z auto.cfg
calls "an option of ours that xl does not have" \
    "stock|create|--verify=count|auto.cfg" create --verify=count auto.cfg
calls "an option that needs an argument" "stock|create|auto.cfg|-f" \
    create auto.cfg -f
calls "an argument for one that has none" \
    "stock|create|--quiet=1|auto.cfg" create --quiet=1 auto.cfg
calls "an ambiguous beginning" "stock|create|--vnc|auto.cfg" \
    create --vnc auto.cfg
calls "-h" "stock|create|auto.cfg|-h" create auto.cfg -h
calls "--help" "stock|create|--help" create --help
calls "a file that is not there" "stock|create|absent.cfg" create absent.cfg
calls "a directory" "stock|create|directory" create directory
calls "a pipe is not read" "stock|create|fifo" create fifo
calls "a terminal is not read" "stock|create|/dev/tty" create /dev/tty
calls "a file that is none" "stock|create|no.cfg" create no.cfg
calls "a mistake next to vnuma= is ours to show" "ours|create|--|syntax.cfg" \
    create syntax.cfg

# ---- guests of Ganeti's, by what its hook has left of their tags ----

ganeti=$root/run/xl-vnuma/ganeti guest=root/etc/xen/vm1
mkdir -p "$ganeti" "$root/etc/xen"
printf 'name = "vm1"\nmemory = 512\n' >"$tmp/$guest"
cp "$tmp/$guest" "$tmp/before"
calls "without tags" "stock|create|-p|$guest" create -p $guest
printf 'vnuma=[["pnode=auto"]]\nxl_vnuma_policy="preferred"\n' >"$ganeti/vm1"
both='vnuma=[["pnode=auto"]]|xl_vnuma_policy="preferred"'
calls "with tags" "ours|create|--output=$guest|-p|--|$both|$guest" \
    create -p $guest
calls "with a file before the options" \
    "ours|create|--output=$guest|-p|--|$guest|$both" create $guest -p
calls "-f" "ours|create|--output=$guest|-f|$guest|--|$both|a=1" \
    create -f $guest a=1
calls "a dry run is stock xl's" "stock|create|-n|$guest|vnuma=\"auto\"" \
    create -n $guest
calls "another command" "stock|list|$guest" list $guest
mkdir "$root/etc/xen/auto"
cp "$tmp/$guest" "$root/etc/xen/auto/vm1"
for path in plain.cfg root/etc/xen/auto/vm1 root/etc/xen/../xen/vm1 \
    root/etc/xen/.vm1 root/etc/xen/vm2 ./$guest; do
    calls "another file: $path" "stock|create|$path" create $path
done
chmod 620 "$ganeti/vm1"
calls "tags that a group can write" "stock|create|$guest" create $guest
chmod 600 "$ganeti/vm1"
if [ "$(id -u)" = 0 ]; then
    chown 65534 "$ganeti/vm1"
    calls "tags of another user" "stock|create|$guest" create $guest
    chown 0 "$ganeti/vm1"
fi
mv "$ganeti/vm1" "$ganeti/vm2"
ln -s vm2 "$ganeti/vm1"
calls "tags by a link" "stock|create|$guest" create $guest
rm "$ganeti/vm1"
mkfifo "$ganeti/vm1"
calls "tags in a pipe" "stock|create|$guest" create $guest
rm "$ganeti/vm1"
: >"$ganeti/vm1"
calls "no tags in the file" "stock|create|$guest" create $guest
yes "a=1" | head -n 9 >"$ganeti/vm1"
calls "many" "ours|create|--output=$guest|--|$guest|a=1|a=1|a=1|a=1" \
    create $guest
rm -r "$ganeti"
try "the guest's file is not touched" cmp "$tmp/$guest" "$tmp/before"

# ---- a dry run ----

calls "a dry run is stock xl's" "stock|create|-n|full.cfg" create -n full.cfg
calls "-N" "stock|-N|create|full.cfg" -N create full.cfg
calls "as xendomains does it" \
    "stock|create|--quiet|--dryrun|--defconfig|full.cfg" \
    create --quiet --dryrun --defconfig full.cfg
calls "without vnuma=" "stock|create|-n|plain.cfg" create -n plain.cfg
calls "a vnuma= that stock xl would refuse is hidden from it" \
    'stock|create|plain.cfg|-n|vnuma=[["size=512"]]|vnuma="auto"' \
    create plain.cfg -n 'vnuma=[["size=512"]]'

# ---- other commands ----

calls "list" "stock|list|-l|x" list -l x
calls "nothing" "stock|"
calls "-h is no global option" "stock|-h" -h
calls "a global option that is none" "stock|-z|create|auto.cfg" \
    -z create auto.cfg
calls "global options only" "stock|-v" -v
calls "help" "stock|help|create" help create
calls "-- before the subcommand" "ours|-v|--|create|--|auto.cfg" \
    -v -- create auto.cfg
calls "an empty subcommand" "stock||auto.cfg" '' auto.cfg

calls "restore of what we saved" "ours|restore|-p|--|saved" restore -p saved
calls "restore with a file" "ours|restore|--|plain.cfg|saved" \
    restore plain.cfg saved
calls "restore of vnodes" "ours|restore|--|saved-vnodes" restore saved-vnodes
calls "restore of another guest" "stock|restore|saved-plain" \
    restore saved-plain
calls "restore of another program's" "stock|restore|saved-other" \
    restore saved-other
calls "restore of a file that is cut off" "stock|restore|saved-cut" \
    restore saved-cut
calls "restore of no such file" "stock|restore|absent" restore absent
calls "restore of a pipe" "stock|restore|fifo" restore fifo
calls "restore of three" "stock|restore|a|b|saved" restore a b saved
calls "migrate-receive" "ours|migrate-receive|-e|--" migrate-receive -e
calls "migrate-receive of remus" "stock|migrate-receive|-r" migrate-receive -r
calls "migrate-receive of something" "stock|migrate-receive|x" \
    migrate-receive x

# ---- running guests, by a xenstore of our own ----

calls "without a xenstore nothing is known" "stock|save|numa|file" \
    save numa file
guests_run
calls "save by name" "ours|save|--|numa|file" save numa file
calls "save by number" "ours|save|-c|--|3|file" save -c 3 file
calls "save of another guest" "stock|save|plain|file" save plain file
calls "save of its number, which another one had" "stock|save|4|file" \
    save 4 file
calls "save of its old name" "stock|save|old|file" save old file
calls "save of no such guest" "stock|save|none|file" save none file
calls "save without a file" "stock|save|numa" save numa
calls "save's options after names are names to xl" \
    "ours|save|--|numa|file|-c" save numa file -c
calls "migrate" "ours|migrate|-s|socat x|-C|plain.cfg|--|numa|host" \
    migrate -s 'socat x' -C plain.cfg numa host
calls "migrate --live" "ours|migrate|--live|--|numa|host" \
    migrate --live numa host
calls "migrate of another guest" "stock|migrate|plain|host" migrate plain host
calls "-N where xl has none" "stock|-N|save|numa|file" -N save numa file

# ---- where stock xl is ----

rm "$stock"
refuses "no stock xl" "no stock xl: none in .*/xen-$release/bin.*sbin" \
    list
mkdir "$stock"
refuses "a directory" "bin/xl is not a program" list
rmdir "$stock"
: >"$stock"
refuses "not executable" "bin/xl is not a program" list
rm "$stock"
ln -s "$front" "$stock"
refuses "the front in its place" "none in .*the front apart" list
rm "$stock"
ln -s nowhere "$stock"
refuses "a link to nowhere" "none in .*bin" create plain.cfg
rm "$stock"
cp "$front" "$installed"
ln -s "$installed" "$root/usr/sbin/xl"
refuses "the installed front" "none in .*the front apart" list
program "$root/usr/local/sbin/xl" local :
calls "another place after the front" "local|list" list
rm "$root/usr/sbin/xl" "$root/usr/local/sbin/xl"
program "$root/usr/sbin/xl" sbin :
calls "/usr/sbin/xl" "sbin|list" list
try "  which could be a script and lead here again, is counted" \
    grep -qx 'XL_VNUMA_FRONT_DEPTH=1' "$LOG.env"
rm -r "$root/sys"
calls "without a Xen" "sbin|list" list
rm "$root/usr/sbin/xl"
refuses "without a Xen and without xl" 'no Xen is running, and no stock xl' list
program "$root/usr/sbin/xl" sbin :
mkdir -p "$root/sys/hypervisor/version"
xen_is "$release"
rm "$stock"
printf '#!/bin/sh\nexec "%s" "$@"\n' "$front" >"$root/usr/sbin/xl"
refuses "a script that runs the front" 'Too many levels' list
printf '#!/bin/sh\n"%s" "$@"\n' "$front" >"$root/usr/sbin/xl"
refuses "  and that waits for it" 'Too many levels' list
rm "$root/usr/sbin/xl"
xen_is "$release"

# ---- what it inherits ----

: >"$LOG.inherits"
inherited()
{
    for who in "$front" "$stock"; do
        sh -c 'trap "" USR1 CHLD; exec "$@" 7</dev/null <&- >/dev/null' \
            sh "$who" create "$1" 2>"$tmp/err"
        cat "$tmp/err"
        for kind in fds signals; do
            mv "$LOG.$kind" "$tmp/$kind.${who##*/bin/}.${who##*/}" 2>/dev/null ||
                mv "$LOG.$kind" "$tmp/$kind.front"
        done
        cat "$LOG.env"
        [ ! -s "$LOG.env" ] || return 1
    done
    diff "$tmp/fds.front" "$tmp/fds.xl.xl" &&
        diff "$tmp/signals.front" "$tmp/signals.xl.xl"
}
try "descriptors, signals and environment are those of the caller" \
    inherited "$tmp/plain.cfg"

# ---- what is installed ----

libraries()
{
    readelf -d "$installs" | grep NEEDED | tee "$tmp/needed"
    grep -q libc "$tmp/needed" && ! grep -Eq 'vnuma|xen|libxl' "$tmp/needed"
}
try "it links neither our libraries nor Xen's" libraries
# Nothing in the environment may lead it elsewhere.
fixed()
{
    strings -n 4 "$installs" >"$tmp/strings"
    grep '^XL_VNUMA' "$tmp/strings"
    [ "$(grep '^XL_VNUMA' "$tmp/strings")" = XL_VNUMA_FRONT_DEPTH ] &&
        grep -x '/usr/lib/xen-%s/bin/xl' "$tmp/strings" &&
        ! grep '^root' "$tmp/strings"
}
try "its paths are fixed" fixed

# ---- status ----

status_is()
{
    want=$1
    shift
    env "$@" "$build/tests/front/status" $usable >"$tmp/out" 2>"$tmp/err"
    got=$?
    cat "$tmp/out" "$tmp/err"
    [ "$got" = "$want" ]
}
says()
{
    cat "$tmp/out"
    grep -Eq -e "$1" "$tmp/out"
}
usable=
try "status without a front" status_is 0 PATH=/usr/bin:/bin
try "  for no one" says '^front for: +no one here'
try "  it cannot be used" says '^xl-vnuma: +cannot be used'
ln -s "$installed" "$root/usr/sbin/xl"
mkdir -p "$root/etc/default" "$root/etc/systemd/system/x.service.d"
printf '%s\n' "#PATH=/usr/lib/xl-vnuma/front:x" >"$root/etc/default/not"
printf '%s\n' "export PATH=/usr/lib/xl-vnuma/front:\$PATH" \
    >"$root/etc/default/ganeti"
printf '%s\n' "[Service]" "Environment=PATH=/usr/lib/xl-vnuma/front:/bin" \
    >"$root/etc/systemd/system/x.service.d/path.conf"
usable=yes
try "status with the package" status_is 0 "PATH=${installed%/*}:/usr/bin:/bin"
try "  PATH" says '^xl in PATH: .*/front/xl, the front'
try "  /usr/sbin/xl" says '/usr/sbin/xl: +the front'
try "  stock xl" says "^stock xl: .*/usr/lib/xen-$release/bin/xl"
try "  it can be used" says '^xl-vnuma: +can be used'
try "  refused without" says '^without it: .*refused'
try "  for services" says '^front for: .*what root/etc/default/ganeti is for'
try "  of systemd too" says '^front for: .*x.service.d/path.conf is for'
try "  for those only" test "$(grep -c '^front for:' "$tmp/out")" = 4
xen_is 9.99
try "status on another release" status_is 0 PATH=/usr/bin:/bin
try "  it cannot be used" says '^xl-vnuma: +cannot be used'
echo 'fallback = 7' >"$conf"
try "status with a conf that is wrong" status_is 3 PATH=/usr/bin:/bin
try "  shows its place" grep -q 'xl-vnuma.conf:1:12: error' "$tmp/err"
cd "$top" || exit 99
tried
