#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Whole commands in a dom0 without Xen (tests/world), in the ways that users
# call them: each ends with the status and the words that it should.
set -u
build=${top_builddir:?}
cd "${top_srcdir:?}" || exit 99
[ ! -w /dev/shm ] || export TMPDIR=/dev/shm
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/world.sh

# command STATUS WORDS COMMAND...: in a dom0 of which nothing is known, with a
# guest "web" if $guest is set; $input is what it reads.
command_is()
{
    wanted=$1 words=$2
    shift 2
    about=$(echo "$*" | sed "s,$tmp/,,g")
    try "$about: $wanted, \"$words\"" says "$@"
}
# shellcheck disable=SC2154 # world.sh has them
says()
{
    rm -rf "$WORLD/kept" "$WORLD/run/xl-vnuma" "$WORLD/inherited" "$WORLD/xen"
    [ -z "${guest-}" ] || cp "$tmp/one" "$WORLD/xen"
    echo "${input-}" | env LD_PRELOAD="$build/.libs/world.so" \
        XL_VNUMA_MODULES="$modules" XL_VNUMA_KEPT="$WORLD/kept" \
        "$build/xl-vnuma" "$@" >"${into:-$tmp/said}" 2>"$tmp/said.err"
    status=$?
    [ -z "${into-}" ] || : >"$tmp/said"
    cat "$tmp/said.err" >>"$tmp/said"
    cat "$tmp/said"
    [ "$status" = "$wanted" ] || return
    [ -z "$words" ] || grep -qF -e "$words" "$tmp/said"
}

# ---- create ----

cfg=$tmp/guest.cfg
cp "$cfg" "$tmp/other.cfg"
printf '%s\n' 'name = "db"' 'type = "hvm"' 'memory = 512' 'vcpus = 2' \
    'vnuma = [ [ "pnode=0", "size=512", "vcpus=0-1", "vdistances=10" ] ]' \
    >"$tmp/full.cfg"
printf '%s\n' 'name = "plain"' 'type = "hvm"' 'memory = 512' >"$tmp/plain.cfg"
printf '%s\n' 'vnuma = [ [ "pnode=9" ] ]' 'memory = 512' >"$tmp/bad.cfg"
echo 'qemu-system-x86_64 -m 1G' >"$tmp/line.cfg"
command_is 0 'pages on their nodes' create "$cfg"
need "a guest is" cp "$WORLD/xen" "$tmp/one"
command_is 0 'pages on their nodes' create "$tmp/full.cfg"
command_is 0 '' create "$tmp/plain.cfg"
command_is 0 'pages on their nodes' create -f "$tmp/none.cfg" -f "$cfg"
command_is 0 'pages on their nodes' create --defconfig="$cfg" vcpus=4
command_is 0 'pages on their nodes' create --policy=preferred "$cfg"
command_is 0 'pages on their nodes' create --hard --forget "$cfg"
command_is 0 'pages on their nodes' create --make-room "$cfg"
command_is 0 '' create -q --make-room "$cfg"
command_is 0 '' create -n "$cfg"
command_is 0 '' create --dryrun --make-room --output="$tmp/no.cfg" "$cfg"
command_is 0 '' create -q --output="$tmp/yes.cfg" "$cfg"
try "only what is made is written" test -e "$tmp/yes.cfg" -a ! -e "$tmp/no.cfg"
command_is 0 'by the hypervisor' create --verify=hypervisor "$cfg"
command_is 1 'no HMAT' create --hmat "$cfg"
command_is 3 'No such file' create --acpi-table="$tmp/none" "$cfg"
command_is 1 'pnode' create "$tmp/bad.cfg"
command_is 1 'not a file of xl' create "$tmp/line.cfg"
command_is 3 'No such file' create "$tmp/none.cfg"
command_is 3 'none' create --output="$tmp/none/planned.cfg" "$cfg"
command_is 2 'more than one file' create "$cfg" "$tmp/other.cfg"
command_is 2 'standard input' create -
command_is 2 'Usage' create
command_is 2 'it is "count" or "hypervisor"' create --verify=all "$cfg"
command_is 0 'Usage' create --help
command_is 2 'omit --host' --host "$WORLD/host" create "$cfg"

# ---- what leaves, and comes back ----

guest=web
command_is 0 'saved with its placement' save web "$tmp/web.save"
command_is 0 'saved with its placement' save -c web "$tmp/web.save"
command_is 1 'xl save failed' save web "$tmp/none/web.save"
command_is 3 'there is no domain' save db "$tmp/web.save"
command_is 2 'Usage' save web
command_is 0 '' move --yes web
command_is 0 'nothing to gain' move web
command_is 0 'from pnodes 0,1 to 1,0' move --yes --pnodes=1,0 web
command_is 2 'no terminal' move --pnodes=1,0 web
command_is 2 'no pnodes' move --yes --pnodes=x web
command_is 2 '1 pnodes for 2 vnodes' move --yes --pnodes=0 web
command_is 1 'pnode' move --yes --pnodes=0,9 web
command_is 3 'there is no domain' move --yes db
command_is 2 'Usage' move

cat >"$tmp/ssh" <<'EOF'
#!/bin/sh
[ "$1" = other ] && exec sh -c "$2"
EOF
mkdir "$tmp/bin"
printf '%s\n' '#!/bin/sh' "exec $build/xl-vnuma \"\$@\"" >"$tmp/bin/xl-vnuma"
chmod +x "$tmp/ssh" "$tmp/bin/xl-vnuma"
alone=$PATH
PATH=$tmp/bin:$PATH
command_is 0 '' migrate -s "$tmp/ssh" web other
command_is 0 '' migrate -s "$tmp/ssh" -p -e --strict web other
command_is 0 '' migrate -s "$tmp/ssh" --pnodes=1,0 web other
command_is 1 'no pnodes' migrate -s "$tmp/ssh" --pnodes=x web other
command_is 1 'failed' migrate -s "$tmp/ssh" web nowhere
PATH=$alone
command_is 1 'only xl on that host: the guest arrives without' \
    migrate -s "$tmp/ssh" web other
command_is 1 'only xl on that host: the guest is not sent' \
    migrate -s "$tmp/ssh" --strict web other
command_is 2 'Usage' migrate web
guest=

command_is 0 'pages on their nodes' restore "$tmp/web.save"
command_is 0 'pages on their nodes' restore -p --verify=count "$tmp/web.save"
command_is 0 'pages on their nodes' restore --pnodes=1,0 "$tmp/web.save"
command_is 0 'pages on their nodes' restore --strict "$cfg" "$tmp/web.save"
command_is 2 'no pnodes' restore --pnodes=a "$tmp/web.save"
command_is 3 'No such file' restore "$tmp/none"
command_is 3 'that can be read twice' restore "$tmp"
command_is 1 'no guest can be restored from it' restore "$cfg"
head -c 3000 "$tmp/web.save" >"$tmp/cut.save"
command_is 1 'no guest can be restored from it' restore "$tmp/cut.save"
command_is 2 'Usage' restore
input=nothing
command_is 1 'incoming guest: no guest can be restored' migrate-receive
input=

# What was done stays done, whether or not it can be said.
into=/dev/full guest=web
command_is 0 'standard output: No space left' save web "$tmp/unsaid.save"
guest=
command_is 0 'cannot write the answer: No space left' create "$cfg"
command_is 0 'standard output: No space left' dom0 set --mem 900
command_is 3 'standard output: No space left' dom0 show
into=

# ---- dom0, and what is left ----

command_is 0 'dom0: 900 MiB, at most 1536 MiB; 1 vcpus' \
    dom0 set --mem 900 --vcpus 1
command_is 0 'dom0: 1536 MiB' dom0 set --pin --nodes 0
command_is 1 'no node 9' dom0 set --nodes 9
command_is 2 'names no node' dom0 set --nodes relaxed
command_is 2 'write Xen' dom0 set --nodes x
command_is 2 'nothing to set' dom0 set
command_is 2 '--mem' dom0 set --mem x
command_is 2 'omit --host' --host "$WORLD/host" dom0 set --mem 900
command_is 2 'Usage' dom0 reset more
command_is 0 'dom0: 1536 MiB' dom0 reset
command_is 0 'vcpus: 2 of 2' dom0 show
command_is 0 'pnode 0: 1536 MiB' dom0 show --verify=hypervisor
command_is 0 '"vcpus"' dom0 show --json
command_is 0 'nothing was left half done' recover
command_is 0 'nothing was left half done' recover --dry-run
command_is 2 'Usage' recover more
command_is 2 'omit --host' --host "$WORLD/host" recover
command_is 0 '"host"' report
command_is 2 'Usage' report more
command_is 2 'omit --host' --host "$WORLD/host" report
command_is 0 '' front probe
command_is 2 'Usage' front
command_is 2 'Usage' front other
tried
