# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh disable=SC2034 # the tests of the front use it
#
# For tests of the front: a host with a stock xl and an xl-vnuma that write down
# how they were called.  Sourced, in the top of the tree.

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

# fronted ARGUMENT...: the front is run, and what it said and did is kept.
fronted()
{
    : >"$LOG"
    "$front" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
    status=$?
}
# calls NAME WANT ARGUMENT...: who is called, and how.
calls()
{
    what=$1 want=$2
    shift 2
    fronted "$@"
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
    fronted "$@"
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

# ---- saved and running guests ----

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
# guests_run: from now on there is a xenstore, which knows "numa" and "plain".
guests_run()
{
    perl "$tmp/xenstore.pl" "$root/run/xenstored/socket" \
        /local/domain/3/name numa /local/domain/3/vm "/vm/$uuid" \
        /local/domain/4/name plain /local/domain/4/vm "/vm/$uuid" &
    server=$!
    tries=0
    until [ -S "$root/run/xenstored/socket" ] || [ $tries = 600 ]; do
        sleep 0.1
        tries=$((tries + 1))
    done
}
