#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Boots a real Xen in QEMU, once, on an invented NUMA machine, has dom0 run
# scenarios one after the other, and prints what they assert as one TAP stream.
# Owns QEMU's command line, the time limits, and the reading of the second
# serial port (dom0/init writes it).  Always ends by itself, with QEMU gone.

set -u

here=$(cd "$(dirname "$0")" && pwd)

usage()
{
    cat >&2 <<'EOF'
usage: boot.sh --topology T [--scenario S[,S...]] [OPTIONS] INITRD
  --topology T   a file of topologies/, or a path
  --scenario S   which of /rig/scenarios to run, in this order; may be repeated
  --timeout N    seconds for everything (1500)
  --each N       seconds for one scenario (900)
  --silence N    seconds without a sign of life (90)
  --wire FILE    the machine shares this file of 2^N bytes with others (wire.c)
  --net A,B      a network card: what it sends goes from the socket A to B
  --disk FILE    a disk; what is written to it is gone afterwards
  --linux        no Xen: the kernel runs on the machine itself (tests/kvm)
  --out DIR      keep console.log, rig.log and files/ there
  --keep         keep them in a temporary directory and say where
  --shell        no scenario: dom0's console on this terminal
INITRD is made by mkdom0.sh.
Exit status: 0 all passed; 1 some failed; 2 usage; 3 it could not be run
EOF
    exit 2
}

topology='' scenarios='' limit=1500 each=900 silence=90 out='' keep=no shell=no wire=''
net='' disk='' linux=no
while [ $# -gt 0 ]; do
    case $1 in
    --keep) keep=yes; shift; continue ;;
    --shell) shell=yes; shift; continue ;;
    --linux) linux=yes; shift; continue ;;
    --*) [ $# -ge 2 ] || usage ;;
    *) break ;;
    esac
    case $1 in
    --topology) topology=$2 ;;
    --scenario) scenarios=${scenarios:+$scenarios,}$2 ;;
    --timeout) limit=$2 ;;
    --each) each=$2 ;;
    --silence) silence=$2 ;;
    --wire) wire=$2 ;;
    --net) net=$2 ;;
    --disk) disk=$2 ;;
    --out) out=$2 ;;
    *) usage ;;
    esac
    shift 2
done
[ $# -eq 1 ] || usage
[ -n "$topology" ] || usage
[ "$shell" = yes ] && scenarios=shell
[ -n "$scenarios" ] || usage
initrd=$1

# ---- what the person and prove see ----

started=$EPOCHSECONDS
tests=0 failures=0
phase_text='' phase_shown=''
name=${topology##*/}

# On a terminal one line that counts; elsewhere a line per phase.
show()
{
    if [ -t 2 ]; then
        printf '\r\033[K%s: %s (%d s)' "$name" "$phase_text" \
            $((EPOCHSECONDS - started)) >&2
    elif [ "$phase_text" != "$phase_shown" ]; then
        printf '%s: %s (%d s)\n' "$name" "$phase_text" \
            $((EPOCHSECONDS - started)) >&2
    fi
    phase_shown=$phase_text
}

unshow()
{
    [ ! -t 2 ] || printf '\r\033[K' >&2
}

phase()
{
    phase_text=$1
    show
}

say()
{
    unshow
    printf '%s\n' "$*"
}

result()
{
    tests=$((tests + 1))
    case $1 in
    not*) failures=$((failures + 1)) ;;
    esac
    say "$1 $tests - $2"
}

environment()
{
    result "not ok" "$name: the machine runs to its end"
    say "# $1"
    if [ -s "$dir/console.log" ]; then
        say "# the console ends:"
        tail -n 25 "$dir/console.log" | tr -d '\r' | tr -c '[:print:]\n\t' . |
            sed 's/^/#   /'
    fi
    say "1..$tests"
    exit 3
}

# ---- start and end ----

dir=
pid=
own_dir=no

kill_qemu()
{
    [ -n "$pid" ] || return 0
    kill -TERM "$pid" 2>/dev/null
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.2
    done
    kill -KILL "$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
    pid=
}

# shellcheck disable=SC2317 # called by the trap
cleanup()
{
    unshow
    kill_qemu
    if [ "$own_dir" = yes ] && [ -n "$dir" ]; then
        if [ "$keep" = yes ]; then
            echo "# logs are in $dir" >&2
        else
            rm -rf "$dir"
        fi
    fi
}
trap cleanup EXIT
trap 'exit 3' HUP INT TERM

if [ -n "$out" ]; then
    dir=$out
    mkdir -p "$dir" || exit 3
else
    dir=$(mktemp -d "${TMPDIR:-/tmp}/xen-boot.XXXXXX") || exit 3
    own_dir=yes
fi
rm -rf "$dir/console.log" "$dir/rig.log" "$dir/files"
: >"$dir/console.log"
: >"$dir/rig.log"

[ -f "$initrd" ] || environment "no file $initrd"
command -v qemu-system-x86_64 >/dev/null ||
    environment "qemu-system-x86_64 is missing"
what=()
[ "$linux" = no ] || what=(kernel)
debian=$("$here/packages.sh" "$(. "$here/cache.sh" && release_here)" \
    "${what[@]}") || environment "no packages"

# ---- the machine ----

case $topology in
*/*) topology_file=$topology ;;
*) topology_file=$here/topologies/$topology ;;
esac
[ -f "$topology_file" ] || environment "no topology $topology_file"

memory=0 cpus=0 sockets=1 machine=q35 append=
numa=() dists=() hmat=()

# speeds FROM TYPE UNIT VALUES: one row of a matrix of the HMAT.
speeds()
{
    local value to=0

    for value in ${4//,/ }; do
        hmat+=(-numa "hmat-lb,initiator=$1,target=$to,hierarchy=memory,data-type=access-$2,$2=$value$3")
        to=$((to + 1))
    done
}

while read -r word node rest; do
    case $word in
    '' | '#'*) continue ;;
    sockets) sockets=$node; continue ;;
    append) append="$append $node $rest"; continue ;;
    # From the CPUs of a node to the memory of each, in ns and in MB/s.
    speeds)
        machine=q35,hmat=on
        for pair in $rest; do
            case $pair in
            latency=*) speeds "$node" latency '' "${pair#*=}" ;;
            bandwidth=*) speeds "$node" bandwidth M "${pair#*=}" ;;
            *) environment "$topology_file: what is \"$pair\"?" ;;
            esac
        done
        continue ;;
    # A side cache in front of the memory of a node, after all speeds.
    cache)
        hmat+=(-numa "hmat-cache,node-id=$node,size=$rest,level=1,associativity=direct,policy=write-back,line=64")
        continue ;;
    node) ;;
    *) environment "$topology_file: what is \"$word\"?" ;;
    esac
    for pair in $rest; do
        value=${pair#*=}
        case $pair in
        memory=*)
            memory=$((memory + value))
            numa+=(-object "memory-backend-ram,size=${value}M,id=ram$node")
            numa_node="node,nodeid=$node,memdev=ram$node" ;;
        cpus=) ;;
        initiator=*) numa_node="$numa_node,initiator=$value" ;;
        cpus=*)
            numa_node="$numa_node,cpus=$value"
            cpus=$((cpus + ${value#*-} - ${value%-*} + 1)) ;;
        distances=*)
            to=0
            for distance in ${value//,/ }; do
                # QEMU has one distance for both ways unless told otherwise,
                # and the local one is not for us to set.
                [ "$to" = "$node" ] ||
                    dists+=(-numa "dist,src=$node,dst=$to,val=$distance")
                to=$((to + 1))
            done ;;
        esac
    done
    numa+=(-numa "$numa_node")
done <"$topology_file"
numa+=("${dists[@]}" "${hmat[@]}")

# No CPU feature is here by chance: see README, "Flags".
cpu=${XEN_CPU:-qemu64,+npt,+pdpe1gb,+rdrand}
xen_args="com1=115200,8n1 console=com1 conring_size=1m bootscrub=0"
xen_args+=" dom0_mem=1536M,max:1536M dom0_max_vcpus=2 ${XEN_ARGS-}"
dom0_args="quiet cryptomgr.notests"
dom0_args+=" rig.topology=$name rig.run=${scenarios//,/:}"
dom0_args+=" rig.seconds=$each"
if [ "$linux" = yes ]; then
    kernel=(-kernel "$debian/vmlinuz" -initrd "$initrd"
        -append "console=ttyS0 $dom0_args$append")
else
    # A comma separates multiboot modules; doubled it is a comma.
    dom0_args="console=hvc0 $dom0_args"
    kernel=(-kernel "$debian/xen" -append "$xen_args"
        -initrd "$debian/vmlinux ${dom0_args//,/,,},${initrd//,/,,}")
fi

# shellcheck disable=SC2054 # the commas are QEMU's
qemu=(qemu-system-x86_64 -accel "${XEN_ACCEL:-tcg,thread=multi}" -M "$machine" -cpu "$cpu"
    -m "${memory}M" -smp "$cpus,sockets=$sockets,cores=$((cpus / sockets))"
    "${numa[@]}" -display none -vga none -net none -no-reboot
    "${kernel[@]}")

if [ -n "$wire" ]; then
    size=$(stat -c %s "$wire") || environment "no file $wire"
    qemu+=(-object "memory-backend-file,id=wire,mem-path=$wire,size=$size,share=on"
        -device "ivshmem-plain,memdev=wire")
fi

if [ -n "$net" ]; then
    # Each machine has a card of its own.
    mac=$(printf '%s' "$net" | sha256sum |
        sed 's/\(..\)\(..\)\(..\).*/52:54:00:\1:\2:\3/')
    ends="local.path=${net%,*},remote.path=${net#*,}"
    qemu+=(-netdev "dgram,id=net,local.type=unix,remote.type=unix,$ends"
        -device "virtio-net-pci,netdev=net,mac=$mac,romfile=")
fi
[ -z "$disk" ] ||
    qemu+=(-drive "file=$disk,format=raw,if=virtio,snapshot=on")

if [ "$shell" = yes ]; then
    echo "dom0's console; Ctrl-a x ends the machine" >&2
    "${qemu[@]}" -chardev \
        "stdio,id=c,mux=on,signal=off,logfile=$dir/console.log" \
        -mon chardev=c -serial chardev:c -serial "file:$dir/rig.log"
    exit
fi

phase "starting"
# Should this script be killed outright, QEMU is killed with it.
setpriv --pdeathsig KILL "${qemu[@]}" -monitor none \
    -serial "file:$dir/console.log" -serial "file:$dir/rig.log" \
    </dev/null >"$dir/qemu.log" 2>&1 &
pid=$!

# ---- reading what dom0 says ----

current='' planned='' seen=0 bad=0 ended='' fault='' file=''

# One line of the second serial port.
take()
{
    local line=${1%$'\r'} word rest

    if [ -n "$file" ] && [[ $line != '@@rig '* ]]; then
        # Another process's beat may be in the middle of a line of a large file.
        printf '%s\n' "${line%@@rig beat}" >>"$dir/files/.base64"
        return
    fi
    case $line in
    '@@rig '*)
        line=${line#@@rig }
        word=${line%% *} rest=${line#* }
        case $word in
        phase) phase "${current:+$current: }$rest" ;;
        fault) fault=$rest ;;
        begin)
            current=$rest planned='' seen=0 bad=0
            say "# scenario: $rest"
            phase "scenario $rest" ;;
        status) end_of_scenario "${rest##* }" ;;
        file)
            file=${rest##*/}
            mkdir -p "$dir/files"
            : >"$dir/files/.base64" ;;
        file-end)
            base64 -d "$dir/files/.base64" >"$dir/files/$file" 2>/dev/null
            [ "$(stat -c %s "$dir/files/$file")" = "$rest" ] ||
                result "not ok" "$current: $file arrived whole"
            rm -f "$dir/files/.base64"
            file='' ;;
        end) ended=$rest ;;
        esac ;;
    'ok '* | 'not ok '*)
        if [[ $line =~ ^(not\ ok|ok)\ [0-9]*\ *(- )?(.*)$ ]]; then
            seen=$((seen + 1))
            [ "${BASH_REMATCH[1]}" = ok ] || bad=$((bad + 1))
            result "${BASH_REMATCH[1]}" "$current: ${BASH_REMATCH[3]}"
        fi ;;
    1..*) planned=${line#1..} ;;
    '') ;;
    '#'*) say "$line" ;;
    *) say "# $line" ;;
    esac
}

# A scenario must reach its last line, done_testing.
end_of_scenario()
{
    local why=''

    if [ "$1" = 137 ]; then
        why="killed after $each seconds"
    elif [ -z "$planned" ]; then
        why="ended with status $1 before done_testing"
    elif [ "$planned" != "$seen" ]; then
        why="planned $planned assertions, made $seen"
    elif [ "$1" != 0 ] && [ "$bad" = 0 ]; then
        why="exit status $1"
    fi
    if [ -n "$why" ]; then
        result "not ok" "$current: runs to its end"
        say "# $why"
    fi
    current=
}

# Landmarks of the boot on Xen's console.
landmark()
{
    local text

    text=$(tail -c 20000 "$dir/console.log" | tr -d '\000')
    case $text in
    *'Run /init'* | *'Serial input to DOM0'*) phase "dom0's kernel" ;;
    *'Brought up'*) phase "Xen: building dom0" ;;
    *'Xen version'*) phase "Xen" ;;
    esac
}

# An emulated machine loses an interrupt now and then, and a CPU of dom0 then
# never ticks again; the others go on, so there are signs of life.
is_stalled()
{
    tail -c 16000 "$dir/console.log" | tr -d '\000' |
        grep -q 'rcu: INFO: rcu.* detected stalls'
}

# QEMU's nested SVM, now and then, mostly while dirty pages are logged: a guest's
# vcpu is found with Xen's own code segment and address, and dies of it.
is_mixed_up()
{
    tail -c 16000 "$dir/console.log" | tr -d '\000' |
        grep -A 5 'Triple fault' | grep -q 'RIP: *e008:\[<ffff82d'
}

# What the loop below does four times a second starts no program: it would take
# the emulated machine's time.  Nothing ever comes through this pipe.
exec 5<"$dir/rig.log" 6<> <(:)
rest_a_while()
{
    read -r -t 0.25 -u 6
}

# Why not to wait any longer, in $why: looked at every two seconds.
look()
{
    local size

    [ -s "$dir/rig.log" ] || landmark
    size=$(stat -c %s "$dir/console.log" "$dir/rig.log")
    if [ "$size" != "$last_size" ]; then
        last_size=$size last_life=$EPOCHSECONDS
        if is_stalled; then
            why="a CPU of dom0 does not tick any more"
        elif is_mixed_up; then
            why="QEMU ran a guest with Xen's registers"
        fi
    elif [ $((EPOCHSECONDS - last_life)) -ge "$silence" ]; then
        why="no sign of life for $silence seconds"
    fi
    [ $((EPOCHSECONDS - started)) -lt "$limit" ] ||
        why="not done after $limit seconds"
    next_look=$((EPOCHSECONDS + 2))
}

partial='' last_size=0 last_life=$EPOCHSECONDS next_look=0 why=''
while [ -z "$ended$why" ]; do
    running=yes
    kill -0 "$pid" 2>/dev/null || running=no

    while IFS= read -r line <&5; do
        take "$partial$line"
        partial=
    done
    partial+=$line
    if [ -n "$ended$fault" ]; then
        why=$fault
    elif [ "$running" = no ]; then
        why="QEMU ended: $(tail -n 3 "$dir/qemu.log" | tr '\n' ' ')"
    else
        [ "$EPOCHSECONDS" -lt "$next_look" ] || look
        show
        rest_a_while
    fi
done

if [ -n "$ended" ]; then
    # It powers itself off; what it does not finish is of no interest.
    phase "powering off"
    for _ in $(seq 20); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.25
    done
fi
kill_qemu

# Which Xen it was; table.sh wants to know.
grep -a -m 1 -o 'Xen version [0-9.]*' "$dir/console.log" | sed 's/^/# /'

[ -z "$why" ] || environment "$why"
[ "$ended" = ok ] || environment "dom0: $ended"
say "1..$tests"
phase_text="done"
show
[ "$failures" = 0 ]
