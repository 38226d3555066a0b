#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A guest is told how fast its memory is: by an HMAT that is its host's, or its
# user's, HVM and PVH; it has the same one after a reboot, a save and a restore.
# Files of ACPI tables are checked before anything is built.

. /rig/lib.sh

# Vnode 1's pnode and vcpus, and what Linux shows of it: its best initiator.
case $RIG_TOPOLOGY in
2node-hmat)
    pnode1=1 vcpus0=0-1 vcpus1=2-3 distance=21 cache=1073741824
    latency1=80 bandwidth1=20480 best1=node1 ;;
8node-hmat)
    pnode1=4 vcpus0=0-3 vcpus1='' distance=31 cache=536870912
    latency1=110 bandwidth1=81920 best1=node0 ;;
*) echo "1..0 # SKIP no HMAT in topology $RIG_TOPOLOGY"; exit 0 ;;
esac

size=96
mkdir -p /saved
mount -t tmpfs -o size=1200m tmpfs /saved

# guest TYPE NAME: what is on stdin follows.
guest()
{
    {
        cat <<EOC
memory = $((2 * size))
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=$size", "vcpus=$vcpus0", "vdistances=10,$distance" ],
          [ "pnode=$pnode1", "size=$size"${vcpus1:+, "\"vcpus=$vcpus1\""}, "vdistances=$distance,10" ] ]
EOC
        cat
    } >more.cfg
    guest_config "$1" "$2" <more.cfg
}

# check_speeds WHAT NAME LATENCY0 BANDWIDTH0 LATENCY1 BANDWIDTH1
check_speeds()
{
    is "$1: vnode 0's latency" \
        "$(guest_saw "$2" node0/access0/initiators/read_latency)" "$3"
    is "$1: vnode 0's bandwidth" \
        "$(guest_saw "$2" node0/access0/initiators/read_bandwidth)" "$4"
    is "$1: vnode 1's latency" \
        "$(guest_saw "$2" node1/access0/initiators/read_latency)" "$5"
    is "$1: vnode 1's bandwidth" \
        "$(guest_saw "$2" node1/access0/initiators/read_bandwidth)" "$6"
    is "$1: vnode 1's CPUs reach it as fast" \
        "$(guest_saw "$2" node1/access1/initiators/read_latency)" "$5"
}

check_hosts()
{
    check_speeds "$1" "$2" 80 20480 $latency1 $bandwidth1
    is "$1: vnode 0 is best reached from its own CPUs" \
        "$(guest_saw "$2" node0/access0)" node0
    is "$1: vnode 1 is best reached from $best1" \
        "$(guest_saw "$2" node1/access0)" "$best1"
    is "$1: vnode 0 has its cache" \
        "$(guest_saw "$2" node0/memory_side_cache/index1/size)" "$cache"
}

# What is kept with the domain.
kept()
{
    cat "/var/lib/xen/userdata-d.$(domid_of "$1")."*.xl-vnuma-tables
}

node_free >free.before

# ---- the host ----

run xl-vnuma topology --json
is "topology --json succeeds" "$status" 0
and like "it has the host's HMAT" "$out" '"hmat": \{'
run xl-vnuma topology --draw
like "it is drawn" "$out" "node $pnode1: $latency1 ns, $bandwidth1 MB/s from node"
and like "with the cache" "$out" 'node 0: 80 ns, 20480 MB/s.* side cache of'

# ---- there and back ----

# round TYPE NAME SECONDS
round()
{
    guest "$1" "$2" <<'EOC'
xl_vnuma_hmat = "host"
EOC
    run xl-vnuma plan --hmat "$2.cfg"
    is "$1: plan --hmat prints it" "$status" 0
    run xl-vnuma create "$2.cfg"
    is "$1: it is created" "$status" 0
    ok "$1: it boots" guest_wait "$2" "$3"
    check_hosts "$1" "$2"
    guest_saw "$2" HMAT >HMAT.first
    and is "$1: its table is the one that is kept with it" \
        "$(cat HMAT.first)" "$(kept "$2" | sed 's/^host://')"
    base64 -d <HMAT.first >hmat.dat
    emit hmat.dat "hmat-$1.dat"
    guest_saw "$2" SRAT | base64 -d >srat.dat
    emit srat.dat "hmat-$1-srat.dat"
    guest_saw "$2" SLIT | base64 -d >slit.dat
    emit slit.dat "hmat-$1-slit.dat"
    pages_of "$(domid_of "$2")" >pages
    ok "$1: vnode 1's pages are on pnode $pnode1" \
        test "$(pages_on "$pnode1")" -ge $((size * 256))
    is "$1: show knows where all is" "$(strays_of "$2")" 0

    run xl reboot "$2"
    ok "$1: it boots again" guest_wait "$2" "$3"
    check_hosts "$1 reboot" "$2"
    guest_saw "$2" HMAT >HMAT.second
    and ok "$1 reboot: its HMAT is the same" cmp HMAT.first HMAT.second
    is "$1 reboot: it is kept again" "$(kept "$2" | sed 's/^host://')" \
        "$(cat HMAT.first)"

    boot=$(guest_boot "$2") ticks=$(guest_ticks "$2")
    run xl-vnuma save "$2" /saved/"$2"
    is "$1: it is saved" "$status" 0
    and ok "$1: nothing is left of its tables" sh -c \
        '! ls /var/lib/xen/userdata-d.*.xl-vnuma-tables'
    run xl-vnuma restore /saved/"$2"
    is "$1: it is restored" "$status" 0
    and unlike "$1: nothing differs here" "$err" hmat-differs
    ok "$1: it counts on" guest_counts_on "$2" "$boot" "$ticks" 120
    run xl reboot "$2"
    ok "$1: it boots after that" guest_wait "$2" "$3"
    check_hosts "$1 restore, reboot" "$2"
    guest_saw "$2" HMAT >HMAT.second
    and ok "$1 restore, reboot: its HMAT is the same" \
        cmp HMAT.first HMAT.second
    run xl destroy "$2"
    and ok "$1: it is gone" wait_gone "$2" 60
    and ok "$1: and its tables with it" sh -c \
        '! ls /var/lib/xen/userdata-d.*.xl-vnuma-tables'
    rm -f /saved/"$2"
}

about HVM
round hvm h 240
about PVH
round pvh p 240

# ---- the user's own, and more tables ----

cat >own.hmat <<'EOC'
latency 0 0 90.5
latency 0 1 300
bandwidth 0 0 1000
bandwidth 0 1 5000
nearest 1 0
cache 1 size=64M policy=write-back line=64
EOC

# byte NUMBER
byte()
{
    printf '%b' "\\0$(printf %03o "$1")"
}

# table SIGNATURE LENGTH: one with a right checksum on stdout.
table()
{
    {
        printf '%s' "$1"
        byte $(($2 % 256))
        byte $(($2 / 256))
        byte 0
        byte 0
        byte 1
        head -c $(($2 - 9)) /dev/zero
    } >table.tmp
    sum=$(od -An -v -t u1 table.tmp |
        awk '{ for (i = 1; i <= NF; i++) n += $i } END { print n % 256 }')
    head -c 9 table.tmp
    byte $(((256 - sum) % 256))
    tail -c +11 table.tmp
}

table PMTT 40 >pmtt
for type in hvm pvh; do
    about HVM
    [ "$type" = hvm ] || about PVH
    guest $type o </dev/null
    run xl-vnuma create --hmat=own.hmat --acpi-table pmtt o.cfg
    says "$type: it is created with tables of the user's" 0 acpi-host-table
    ok "$type: it boots" guest_wait o 240
    check_speeds "$type own" o 91 1000 300 5000
    is "$type: vnode 1 has the cache" \
        "$(guest_saw o node1/memory_side_cache/index1/size)" 67108864
    is "$type: it has the PMTT" "$(guest_saw o PMTT)" "$(base64 -w 0 pmtt)"
    like "$type: which is no host's" "$(kept o)" '^file:'
    run xl destroy o
    and ok "$type: it is gone" wait_gone o 60
done

# ---- acpi_firmware= is kept next to ours ----

about HVM
table ABCD 48 >firmware
guest hvm f <<EOC
acpi_firmware = "$PWD/firmware"
xl_vnuma_hmat = "$PWD/own.hmat"
EOC
run xl-vnuma create f.cfg
is "a guest with acpi_firmware= and an HMAT is created" "$status" 0
ok "it boots" guest_wait f 240
check_speeds "both" f 91 1000 300 5000
boot=$(guest_boot f) ticks=$(guest_ticks f)
run xl-vnuma save f /saved/f
is "it is saved" "$status" 0
rm -f firmware
run xl-vnuma restore /saved/f
is "it is restored where there is no such file" "$status" 0
ok "it counts on" guest_counts_on f "$boot" "$ticks" 120
run xl reboot f
ok "and reboots" guest_wait f 240
check_speeds "both, elsewhere" f 91 1000 300 5000
run xl destroy f
and ok "it is gone" wait_gone f 60

# ---- refused by name, before xl ----

about HVM
guest hvm r </dev/null

# refused WHAT FILE WORDS [SETTING]
refused()
{
    # shellcheck disable=SC2086 # no setting, no argument
    run xl-vnuma create --acpi-table "$2" r.cfg ${4-}
    says "$1 is refused" 1 "$3"
    and ok "$1: nothing was built" no_domain r
    cp r.cfg firmware.cfg
    echo "acpi_firmware = \"$2\"" >>firmware.cfg
    [ -z "${4-}" ] || echo "$4" >>firmware.cfg
    run xl-vnuma check firmware.cfg
    says "$1 in acpi_firmware= too" 1 "firmware.cfg:[0-9]+:17: error: .*$3"
}

table ABCD 40 >good
{ head -c 39 good; printf 'x'; } >checksum
refused "a wrong checksum" checksum 'wrong checksum.*acpi-table'
{ printf ABCD; head -c 36 /dev/zero; } >zero
refused "a length of 0" zero 'length is 0.*acpi-table'
{ cat good; head -c 20 /dev/zero; } >short
refused "less than 36 bytes" short 'the last 20 bytes are no table.*acpi-table'
head -c 38 good >beyond
refused "a length beyond the file" beyond 'beyond the file.*acpi-table'
{ printf 'A\001CD'; tail -c +5 good; } >unprintable
refused "an unprintable signature" unprintable 'printable letters.*acpi-table'
table SRAT 48 >srat
refused "a second SRAT" srat 'second SRAT.*acpi-twice'
for i in 1 2 3 4 5 6 7 8 9; do table "T00$i" 36; done >nine
refused "one table too many" nine 'room for 8.*acpi-count'
head -c $((7 * 36)) nine >seven
refused "too many with a TPM" seven 'room for 6, as it has a TPM.*acpi-count' \
    'device_model_args_hvm=["-device","tpm-tis,tpmdev=t"]'
run xl-vnuma create --hmat=nowhere r.cfg
says "an HMAT that is not there is refused" 1 file-unreadable
echo 'latency 0 2 80' >wrong.hmat
run xl-vnuma create --hmat=wrong.hmat r.cfg
says "a wrong one is refused at its place" 1 \
    'wrong.hmat:1:11: error: the guest has no vnode 2'

about
finally ok "dom0 is alone" only_dom0
finally ok "memory is back" memory_is_back free.before
umount /saved
done_testing
