#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What must not be built is refused, with the reason, before a domain exists;
# what fails while it is built leaves nothing behind; what is no config, no
# host or no command says so.  Stock xl does the same in the same boot.

. /rig/lib.sh

claims()
{
    xl info | sed -n 's/^outstanding_claims *: //p'
}

nothing_left()
{
    and ok "$1: nothing is left of it" only_dom0
    and is "$1: nothing is claimed" "$(claims)" 0
}

node_free >free.before

# ---- a guest that does not fit ----

# More than pnode 1 has, but not more than the host has.
free1=$(node_free | awk '$1 == 1 { print $2 }')
size=$((free1 + 100))
big()
{
    guest_config hvm "$1" <<EOF
memory = $((size + 128))
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0-1", "vdistances=10,21" ],
          [ "pnode=1", "size=$size", "vdistances=21,10" ] ]
EOF
}

big big
run xl-vnuma plan big.cfg
says "plan refuses a guest that does not fit: vnode, pnode, what is missing" 1 \
    "vnode 1.*$size MiB.*pnode 1.* missing"
run xl-vnuma create big.cfg
says "create refuses it: vnode, pnode, what is missing" 1 \
    "vnode 1.*$size MiB.*pnode 1.* missing"
and unlike "before xl is started" "$err" 'Parsing config'
nothing_left "refused by plan"

# Without the plan before it the hook itself has to see it.
hooks=$(find /usr/lib /usr/local/lib -name xl-vnuma-hooks.so | head -n 1)
run env LD_PRELOAD="$hooks" xl create big.cfg
like "the hook refuses it too, and names vnode, pnode and what is missing" "$err" \
    'vnode 1: needs [0-9]+ MiB on pnode 1, [0-9]+ MiB free, [0-9]+ MiB missing'
nothing_left "refused by the hook"

# Without the object, of which ld.so only warns, xl does nothing.
guest_config hvm small <<'EOF'
memory = 256
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
EOF
mkdir modules
ln -s "${hooks%/*}/xl-vnuma-xen.so" modules/
run env XL_VNUMA_MODULES="$PWD/modules" xl-vnuma create small.cfg
says "without its object in xl create says which is missing" 3 \
    'xl-vnuma: create: .*modules/xl-vnuma-hooks\.so: cannot open'
nothing_left "an xl without the object"

run xl create big.cfg
says "stock xl fails too" 3 '[Mm]emory'
diag "measured: stock xl says: $(printf '%s\n' "$err" | grep -m 1 -i memory)"
unlike "stock xl does not name the node" "$err" 'pnode 1'

# ---- a build that fails in xl ----

guest_config hvm nokernel <<'EOF'
memory = 256
vcpus = 2
kernel = "/nonexistent"
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
EOF
run xl-vnuma create nokernel.cfg
like "a guest without a kernel is refused by xl, and that is told" "$err" \
    'xl-vnuma: .*xl'
nothing_left "no kernel"

# ---- xl dies while it builds ----

guest_config hvm killed <<'EOF'
memory = 512
vcpus = 2
vnuma = [ [ "pnode=0", "size=256", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=256", "vcpus=1", "vdistances=21,10" ] ]
EOF
# The device model's first sign of life ends every xl there is.
cat >killer <<'EOF'
#!/bin/sh
for process in /proc/[0-9]*; do
    [ "$(cat "$process/comm" 2>/dev/null)" != xl ] || kill -9 "${process#/proc/}"
done
exit 1
EOF
chmod +x killer
printf 'device_model_override = "%s/killer"\n' "$PWD" >>killed.cfg
run xl-vnuma create killed.cfg
says "create fails when xl is killed, and says so" 3 'xl was ended by signal 9'
nothing_left "xl killed"

# ---- what xl's own options do ----

guest_config hvm options <<'EOF'
memory = 256
vcpus = 2
vnuma = [ [ "pnode=0", "size=128", "vcpus=0", "vdistances=10,21" ],
          [ "pnode=1", "size=128", "vcpus=1", "vdistances=21,10" ] ]
EOF
run xl-vnuma create -n options.cfg
is "-n creates nothing and succeeds" "$status" 0
like "-n prints xl's JSON" "$out" '"vnuma_nodes"'
nothing_left "dry run"
run xl-vnuma create -p -q options.cfg
is "-p -q succeeds" "$status" 0
and is "-q is quiet" "$out" ""
like "-p leaves the guest paused" "$(xl list options)" ' --p--- '
xl destroy options
run xl-vnuma create -p -d options.cfg
is "-p -d succeeds" "$status" 0
like "-d shows the configuration that xl read" "$err" '"vnuma_nodes"'
xl destroy options

run xl-vnuma create -p options.cfg 'memory=300'
says "key=value arguments are checked as xl sees them, at their own place" 1 \
    '^<command line>:1:'
run xl-vnuma create -p options.cfg 'name="renamed"'
is "key=value arguments reach xl" "$status" 0
ok "under its new name" domid_of renamed
xl destroy renamed
run xl-vnuma create --no-such-option options.cfg
says "xl refuses an option that neither knows" 1 'option .* not supported'
nothing_left "options"

# ---- another release of Xen than the one it was built for ----

run env RIG_PROGRAM=xl-vnuma RIG_FAIL=1+:other-release \
    LD_PRELOAD=/usr/libexec/rig/hypercalls.so xl-vnuma topology
says "another release of Xen is refused, by both numbers" 3 \
    'built for Xen [0-9.]+, but Xen 99\.99 is running.*other-release'

# ---- bad input ----

# bad NAME STATUS REGEX COMMAND...: that on stderr, nothing on stdout.
bad()
{
    bad_name=$1 bad_status=$2 bad_words=$3
    shift 3
    run "$@"
    says "$bad_name: exit $bad_status, and the reason" "$bad_status" "$bad_words"
    and is "$bad_name: stdout says nothing" "$out" ""
}

# What needs no Xen to be refused is in tests/golden/.
head -c 4096 /dev/urandom >binary.cfg
{ cat options.cfg; yes '# a comment' | head -c 1048572; echo; } >large.cfg
mkdir directory
bad "missing file" 3 '^xl-vnuma: .*missing\.cfg' xl-vnuma create missing.cfg
bad "directory" 3 '^xl-vnuma: .*directory' xl-vnuma create directory
bad "binary file" 1 '^binary\.cfg:[0-9]+:[0-9]+: error: ' xl-vnuma create binary.cfg
run xl-vnuma check large.cfg
is "check reads a file of 1 MiB" "$status" 0
bad "create without a file" 2 '^Usage: xl-vnuma create ' xl-vnuma create
run env PATH=/nonexistent /usr/sbin/xl-vnuma create -n options.cfg
is "xl is found without PATH" "$status" 0
nothing_left "bad input"

finally ok "its memory is free again" memory_is_back free.before

done_testing
