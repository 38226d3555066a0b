#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The front, between a stock xl and an xl-vnuma that write down how they were
# called.  What xl itself makes of a command line is told by hand, from
# tools/xl of Xen, and for names by its rule over its own lists of commands.
set -u
cd "${top_srcdir:?}" || exit 99
build=$(readlink -f "${top_builddir:?}")
installs=$build/tools/xl-vnuma/front/xl
# The same, with its paths below a folder "root" of where it is run.
front=$build/tests/front/xl
if [ ! -x "$front" ]; then
    echo "1..0 # SKIP built without Xen"
    exit 0
fi
top=$(pwd)
tmp=$(mktemp -d "${TMPDIR:-/tmp}/front.XXXXXX") || exit 99
trap 'kill $server 2>/dev/null; rm -rf "$tmp"' EXIT
server=
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

# ---- a host ----

root=$tmp/root
export LOG="$tmp/said"
built_in()
{
    grep -ao "/[-a-zA-Z0-9/._]*$1" "$installs" | head -n 1
}
sbin=$(built_in /sbin/xl-vnuma)
conf=$root$(built_in /xen/xl-vnuma.conf)
installed=$root$(built_in /xl-vnuma/front/xl)
release=$(sed -n 's/^#define XEN_RELEASE "\(.*\)"/\1/p' "$build/config.h")
mkdir -p "$root/sys/hypervisor/version" "$root/usr/sbin" "${conf%/*}" \
    "${root}${sbin%/*}" "$root/run/xenstored" "$root/var/lib/xen" \
    "$root/usr/local/sbin" "${installed%/*}"

# program PATH NAME: it says NAME and its arguments, and what it inherits.
program()
{
    mkdir -p "${1%/*}"
    cat >"$1" <<END
#!/bin/sh
[ "\$1 \$2" != "front probe" ] || { echo >>"\$LOG.probes"; $3; }
{
    printf '%s' "$2"
    printf '|%s' "\$@"
    echo
} >"\$LOG"
env | grep XL_VNUMA_FRONT >"\$LOG.env"
[ -e "\$LOG.inherits" ] || exit 42
ls /proc/self/fd >"\$LOG.fds"
grep '^Sig[BIC]' /proc/self/status >"\$LOG.signals"
exit 42
END
    chmod +x "$1"
}
xen_is()
{
    echo "${1%.*}" >"$root/sys/hypervisor/version/major"
    echo "${1#*.}" >"$root/sys/hypervisor/version/minor"
    rm -rf "$root"/usr/lib/xen-*
    stock=$root/usr/lib/xen-$1/bin/xl
    program "$stock" stock :
}
healthy()
{
    program "$root$sbin" ours 'exit 0'
}

# calls NAME WANT ARGUMENT...: who is called, and how.
calls()
{
    what=$1 want=$2
    shift 2
    : >"$LOG"
    "$front" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    try "$what" is_called
}
is_called()
{
    cat "$tmp/err"
    echo "got:  $(cat "$LOG"), status $status"
    echo "want: $want"
    [ "$want" = "$(cat "$LOG")" ] && [ "$status" = 42 ] && [ ! -s "$tmp/err" ]
}
# refuses NAME WORDS ARGUMENT...: one line, exit 3, and nothing is called.
refuses()
{
    what=$1 want=$2
    shift 2
    : >"$LOG"
    "$front" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
    try "$what" is_refused
}
is_refused()
{
    echo "status $status"
    cat "$tmp/err"
    grep -Eq -e "$want" "$tmp/err" && [ "$status" = 3 ] && [ ! -s "$LOG" ]
}

cd "$tmp" || exit 99
xen_is "$release"
healthy
cat >"$tmp/plain.cfg" <<'END'
name = "plain"
memory = 512
END
cat >"$tmp/auto.cfg" <<'END'
type = "hvm"
memory = 512
vcpus = 2
vnuma = "auto"
END
cat >"$tmp/full.cfg" <<'END'
type = "hvm"
memory = 512
vcpus = 2
vnuma = [ [ "pnode=0", "size=256", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=256", "vcpus=1", "vdistances=21,10" ] ]
END
{ cat "$tmp/full.cfg" && echo 'pae = )'; } >"$tmp/syntax.cfg"
echo ')' >"$tmp/no.cfg"
echo '# vnuma = "auto"' >"$tmp/comment.cfg"
mkdir "$tmp/directory"
mkfifo "$tmp/fifo"

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
            if (word ~ /^[csrm]/ && !seen[word]++)
                print word, lookup(word)
        }
    print "nothing -\ncreatee -"
}
EOF
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
le32()
{
    printf '%b' "$(printf '\\0%o\\0%o\\0%o\\0%o' $(($1 % 256)) \
        $(($1 / 256 % 256)) $(($1 / 65536 % 256)) $(($1 / 16777216)))"
}
# saved CONFIG EXTRA: a file of xl save's, without its stream.
saved()
{
    printf 'Xen saved domain, xl format\n \0 \r'
    le32 $((0x01020304))
    le32 3
    le32 0
    le32 $((${#1} + ${#2} + 4))
    le32 ${#1}
    printf '%s%s' "$1" "$2"
}
# tests/unit/test-savefile.c reads real ones; here what is behind the header
# only has to say whose it is.
vnodes='{"b_info":{"vnuma_nodes":[{"memkb":1}]}}'
saved '{"c_info":{"name":"x"}}' 'xl-vnuma 1 ' >"$tmp/saved"
saved "$vnodes" '' >"$tmp/saved-vnodes"
saved '{"c_info":{"name":"x"}}' '' >"$tmp/saved-plain"
saved '{"c_info":{"name":"x"}}' 'another program' >"$tmp/saved-other"
head -c 60 "$tmp/saved" >"$tmp/saved-cut"

for names in "$top"/tests/xl-commands/*; do
    xen_is "${names##*/}"
    # What is ours is refused on a release that we were not built for.
    [ "${names##*/}" = "$release" ] && ours='ours|' || ours=refused
    looked=0
    awk -f "$tmp/lookup.awk" "$names" >"$tmp/words"
    try "names of subcommands are looked up as xl ${names##*/} does" \
        looked_up_as_xl
    try "  and those are many" test "$looked" -gt 100
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

uuid=00000000-1111-2222-3333-444444444444
old=99999999-1111-2222-3333-444444444444
kept="$root/var/lib/xen/userdata-d"
echo "$vnodes" >"$kept.3.$uuid.libxl-json"
echo '{"c_info":{"name":"old"}}' >"$kept.4.$uuid.libxl-json"
echo "$vnodes" >"$kept.4.$old.libxl-json"
cat >"$tmp/xenstore.pl" <<'END'
use IO::Socket::UNIX;
my ($path, %is) = @ARGV;
my $listener = IO::Socket::UNIX->new(Local => $path, Listen => 5) or die;
while (my $peer = $listener->accept) {
    while (read($peer, my $head, 16) == 16) {
        my ($op, $req, $tx, $len) = unpack "L4", $head;
        read($peer, my $name, $len);
        chop $name;
        my ($answer, $as) = exists $is{$name} ? ($is{$name}, $op)
                                              : ("ENOENT\0", 16);
        syswrite $peer, pack("L4", $as, $req, $tx, length $answer) . $answer;
    }
}
END
calls "without a xenstore nothing is known" "stock|save|numa|file" \
    save numa file
perl "$tmp/xenstore.pl" "$root/run/xenstored/socket" \
    /local/domain/3/name numa /local/domain/3/vm "/vm/$uuid" \
    /local/domain/4/name plain /local/domain/4/vm "/vm/$uuid" &
server=$!
tries=0
until [ -S "$root/run/xenstored/socket" ] || [ $tries = 100 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
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

# ---- xl-vnuma cannot be used ----

unprobed()
{
    rm -f "$LOG.probes"
    "$front" create auto.cfg && return 1
    cat "$LOG"
    [ ! -e "$LOG.probes" ]
}
try "xl-vnuma is started once" unprobed

# The real one, as ld.so finds it when a library is broken.
mkdir "$tmp/broken"
: >"$tmp/broken/libvnuma-xen.so.$release"
cp "$build/.libs/xl-vnuma" "$root$sbin"
broken()
{
    : >"$LOG"
    LD_LIBRARY_PATH=$tmp/broken "$front" "$@" >"$tmp/out" 2>"$tmp/err"
    status=$?
    cat "$LOG" "$tmp/err"
    [ "$status" = "$want" ]
}
want=127
try "broken: refused by ld.so, with its reason" broken create auto.cfg
try "  which names the library" grep -q "libvnuma-xen.*file too short" "$tmp/err"
try "  in one line" test "$(wc -l <"$tmp/err")" = 1
try "  and nothing was called" test ! -s "$LOG"
want=42
echo 'fallback = "stock"' >"$conf"
try "broken, fallback=\"stock\": stock xl does it" broken create full.cfg
try "  after a warning with the reason" \
    grep -q '^xl-vnuma front: warning: .*file too short' "$tmp/err"

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
    timeout 20 "$front" migrate-receive <"$tmp/sender" >"$tmp/out" || return
    tries=0
    while pgrep -f "^$front migrate-receive" && [ $tries -lt 50 ]; do
        tries=$((tries + 1))
        sleep 0.1
    done
    kill $sender
    [ $tries -lt 50 ]
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
