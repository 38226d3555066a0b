#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Guests with an HMAT that their user wrote, and with more ACPI tables, those
# of acpi_firmware= among them.  Files of tables are checked before anything is
# built; stock xl checks nothing.

. /rig/lib.sh

# Vnode 1's pnode and vcpus: on eight nodes it has none.
case $RIG_TOPOLOGY in
2node-hmat) pnode1=1 vcpus0=0-1 vcpus1=2-3 distance=21 ;;
8node-hmat) pnode1=4 vcpus0=0-3 vcpus1='' distance=31 ;;
*) echo "1..0 # SKIP no guests for topology $RIG_TOPOLOGY"; exit 0 ;;
esac
front=/usr/lib/xl-vnuma/front

size=96
mkdir -p /saved
mount -t tmpfs -o size=600m tmpfs /saved

# guest TYPE NAME: what is on stdin follows.
guest()
{
    {
        cat <<EOC
memory = $((2 * size))
vcpus = 4
extra = "$rig_extra_ rig.tick"
vnuma = [ [ "pnode=0", "size=$size", "vcpus=$vcpus0",
            "vdistances=10,$distance" ],
          [ "pnode=$pnode1", "size=$size"${vcpus1:+, "\"vcpus=$vcpus1\""},
            "vdistances=$distance,10" ] ]
EOC
        cat
    } >more.cfg
    guest_config "$1" "$2" <more.cfg
}

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

# What is kept with the domain.
kept()
{
    cat "/var/lib/xen/userdata-d.$(domid_of "$1")."*.xl-vnuma-tables
}

# has NAME WORD...: these and no others of the rig's tables, as Linux names
# them.
has()
{
    guest_saw "$1" tables
    has_name=$1
    shift
    [ "$(guest_saw "$has_name" tables | tr ' ' '\n' |
        grep -E '^(T0|ABCD|HMAT|PMTT|SRAT)' | tr '\n' ' ')" = "$* " ]
}

# check_own WHAT NAME: what Linux shows is the user's.
check_own()
{
    is "$1: vnode 0's latency" \
        "$(guest_saw "$2" node0/access0/initiators/read_latency)" 91
    is "$1: vnode 0's bandwidth" \
        "$(guest_saw "$2" node0/access0/initiators/read_bandwidth)" 1000
    is "$1: vnode 1's latency" \
        "$(guest_saw "$2" node1/access0/initiators/read_latency)" 300
    is "$1: vnode 1's bandwidth" \
        "$(guest_saw "$2" node1/access0/initiators/read_bandwidth)" 5000
    is "$1: vnode 1 is nearest to vnode 0's vcpus" \
        "$(guest_saw "$2" node1/access0)" node0
    is "$1: vnode 1 has a cache" \
        "$(guest_saw "$2" node1/memory_side_cache/index1/size)" 67108864
}

cat >own.hmat <<'EOC'
# Latencies in ns, bandwidths in MB/s, from vcpus to memory.
latency 0 0 90.5
latency 0 1 300
bandwidth 0 0 1000
bandwidth 0 1 5000
nearest 1 0
cache 1 size=64M policy=write-back line=64
EOC
table PMTT 40 >pmtt
table ABCD 65000 >large
for i in 1 2 3 4 5 6 7 8 9; do table "T00$i" 36; done >nine
head -c $((5 * 36)) nine >five

node_free >free.before

# ---- the user's own, and more tables ----

for type in hvm pvh; do
    about HVM
    [ "$type" = hvm ] || about PVH
    guest $type o </dev/null
    run xl-vnuma create --hmat=own.hmat --acpi-table pmtt \
        --acpi-table large --acpi-table five o.cfg
    says "$type: it is created with tables of the user's" 0 acpi-host-table
    ok "$type: it boots" guest_wait o 300
    check_own "$type" o
    ok "$type: it has all eight" \
        has o ABCD HMAT PMTT SRAT T001 T002 T003 T004 T005
    is "$type: the PMTT is the user's" "$(guest_saw o PMTT)" \
        "$(base64 -w 0 pmtt)"
    like "$type: the HMAT is no host's" "$(kept o)" '^file:'
    ok "$type: all pages are accounted for" test "$(strays_of o)" -le 32
    run xl destroy o
    and ok "$type: it is gone" wait_gone o 60
done

# ---- acpi_firmware= is kept next to ours, and xl is the front ----

about HVM
cp large firmware
guest hvm f <<EOC
acpi_firmware = "$PWD/firmware"
xl_vnuma_hmat = "$PWD/own.hmat"
EOC
PATH=$front:$PATH
run xl create f.cfg
says "a guest with acpi_firmware= and an HMAT is created by xl" 0 \
    'pages on their nodes'
ok "it boots" guest_wait f 300
check_own "both" f
ok "it has both" has f ABCD HMAT SRAT
boot=$(guest_boot f) ticks=$(guest_ticks f)
run xl save f /saved/f
says "it is saved by xl" 0 'saved with its placement'
rm -f firmware own.hmat
run xl restore /saved/f
says "it is restored where there are no such files" 0 'pages on their nodes'
ok "it counts on" guest_counts_on f "$boot" "$ticks" 120
run xl migrate -s '' f 'xl migrate-receive'
is "it is migrated" "$status" 0
run xl reboot f
ok "and reboots" guest_wait f 300
check_own "both, elsewhere" f
ok "it has both there" has f ABCD HMAT SRAT
run xl destroy f
and ok "it is gone" wait_gone f 60
PATH=${PATH#"$front:"}

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
    [ -z "${4-}" ] || return
    run xl create -p firmware.cfg
    is "stock xl creates a guest with $1" "$status" 0
    xl destroy r
    wait_gone r 60
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

# ---- stock xl ----

about
guest_config hvm s <<EOC
memory = 192
vcpus = 1
on_crash = "preserve"
acpi_firmware = "$PWD/zero"
EOC
run xl create s.cfg
is "stock xl creates a guest with a table whose length is 0" "$status" 0
crashed()
{
    end=$(($(cut -d . -f 1 /proc/uptime) + 60))
    until xl list s | awk 'NR == 2 && $5 ~ /c/ { ok = 1 } END { exit !ok }'; do
        xl list s
        [ "$(cut -d . -f 1 /proc/uptime)" -lt $end ] || return 1
        sleep 1
    done
}
ok "stock xl: and it crashes" crashed
xl destroy s

# The last is the ninth; one is a second SRAT.
{
    head -c $((7 * 36)) nine
    cat srat
    table HMAT 40
} >dropped
guest hvm s <<EOC
acpi_firmware = "$PWD/dropped"
EOC
run xl create s.cfg
is "stock xl creates a guest with nine tables" "$status" 0
ok "stock xl: it boots" guest_wait s 300
ok "stock xl: it has eight of them, and two SRATs" \
    has s SRAT1 SRAT2 T001 T002 T003 T004 T005 T006 T007
xl destroy s
wait_gone s 60

guest_config pvh s <<EOC
memory = 192
vcpus = 1
acpi_firmware = "$PWD/pmtt"
EOC
run xl create s.cfg
is "stock xl creates a PVH guest with tables" "$status" 0
ok "stock xl: it boots" guest_wait s 300
and unlike "stock xl: and has none of them" "$(guest_saw s tables)" PMTT
xl destroy s
wait_gone s 60

finally ok "dom0 is alone" only_dom0
finally ok "memory is back" memory_is_back free.before
umount /saved
done_testing
