#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Makes dom0's initramfs: mkdom0.sh [-k] [-s DIR]... [-n SCENARIO]... OUT
# [STAGEDIR...].  With -k there is no Xen, and what it needs is this machine's
# own: the host of tests/kvm.
#
# Two cpio archives, one after the other.  The first holds what is Debian's
# (tools, device model, libraries, modules, firmware, a nested guest's kernel
# and initramfs) and is kept in the cache until packages or this directory
# change.  The second is made each time: lib.sh, the topologies, the scenarios
# (of this directory and of each DIR, under /rig), and each STAGEDIR, a tree as
# "make install DESTDIR=" leaves it, with the libraries its programs need.  So
# is what a SCENARIO needs that others do not; comments in it say what:
#
#   # packages: of Debian, which are unpacked
#   # files: of these or of those that are always there, by patterns; one|another
#   # modules: of dom0's kernel, for insmod

set -eu

here=$(cd "$(dirname "$0")" && pwd)

# shellcheck source=tests/xen/cache.sh
. "$here/cache.sh"

usage()
{
    echo "usage: mkdom0.sh [-k] [-s DIR]... [-n SCENARIO]... OUT" \
        "[STAGEDIR...]" >&2
    exit 2
}

more_scenarios='' needy='' kvm=no
scenarios=$here/scenarios topologies=$here/topologies
while getopts ks:n: option; do
    case $option in
    k)
        kvm=yes
        scenarios=$here/../kvm/scenarios topologies=$here/../kvm/topologies
        ;;
    s) more_scenarios="$more_scenarios $OPTARG" ;;
    n) needy="$needy $scenarios/$OPTARG.sh" ;;
    *) usage ;;
    esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
out=$1
shift

busybox=$(command -v busybox) || die "busybox is missing"
command -v cpio >/dev/null || die "cpio is missing"

what='' root=
[ "$kvm" = no ] || what=kernel
# shellcheck disable=SC2086 # no kernel, no argument
debian=$("$here/packages.sh" "$(release_here)" $what) || exit 3
release=$(number_of "$(release_here)")
[ "$kvm" = yes ] || root=$debian/root
cache=${debian%/*}
# Guests have the same kernel on every release of Xen and on every machine, that
# of the oldest Debian: what differs is Xen's, and a newer one takes an emulated
# guest three times as long to boot.
oldest=$(awk '/^[0-9]/ { print $1; exit }' "$here/releases")
of_guests=$("$here/packages.sh" "$oldest" kernel) || exit 3

umask 022
tmp=$(mktemp -d "${TMPDIR:-/tmp}/mkdom0.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
trap 'exit 3' HUP INT TERM

# The same tree gives the same bytes, whoever packs it.
pack()
(
    cd "$1"
    find . | LC_ALL=C sort |
        cpio -o -H newc -R 0:0 --reproducible --quiet
)

# add_libraries DEST SEARCH PROGRAM...: what the dynamic linker would load
# goes to the place in DEST where dom0's linker looks for it.
add_libraries()
{
    dest=$1 search=$2
    shift 2
    for program; do
        "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
            --library-path "$search" --list "$program" 2>/dev/null || true
    done | awk '$2 == "=>" && $3 == "not" { print "missing", $1 }
        $2 == "=>" && $3 ~ /^\// { print $1, $3 }' | sort -u |
        while read -r name path; do
            case $name in
            missing) die "no library $path" ;;
            /*) continue ;;
            esac
            case $path in
            "$dest"/*) continue ;;
            esac
            mkdir -p "$dest/usr/lib/x86_64-linux-gnu"
            cp -L "$path" "$dest/usr/lib/x86_64-linux-gnu/$name"
        done
}

# add_modules ROOT DIR NAME...: of the kernel in ROOT, for insmod.
add_modules()
{
    modules=$1/usr/lib/modules dest=$2
    shift 2
    mkdir -p "$dest"
    for name; do
        find "$modules" -name "$name.ko*" -exec cp {} "$dest/" \;
        [ ! -f "$dest/$name.ko.xz" ] || xz -d "$dest/$name.ko.xz"
        [ -f "$dest/$name.ko" ] || die "no module $name"
    done
}

debian_libraries=$root/lib/x86_64-linux-gnu:$root/usr/lib/x86_64-linux-gnu

# Directories of a Debian root, busybox in the place of every small tool.
make_skeleton()
{
    mkdir -p "$1/usr/bin" "$1/usr/sbin" "$1/usr/lib/x86_64-linux-gnu" \
        "$1/usr/lib64" "$1/dev" "$1/proc" "$1/sys" "$1/run" "$1/tmp" \
        "$1/root" "$1/etc" "$1/var/lib" "$1/var/log"
    for name in bin sbin lib lib64; do
        ln -s "usr/$name" "$1/$name"
    done
    mknod -m 600 "$1/dev/console" c 5 1 2>/dev/null || true
    cp "$busybox" "$1/usr/bin/busybox"
    for name in $("$busybox" --list); do
        [ "$name" = busybox ] || ln -s busybox "$1/usr/bin/$name"
    done
}

make_guest()
{
    mkdir -p "$tmp/guest/bin" "$tmp/guest/sbin" "$tmp/guest/dev" \
        "$tmp/guest/proc" "$tmp/guest/sys"
    cp "$busybox" "$tmp/guest/bin/busybox"
    for name in sh mount cat echo sed grep awk dmesg cut sleep base64 dd md5sum \
        insmod ifconfig; do
        ln -s busybox "$tmp/guest/bin/$name"
    done
    add_modules "$of_guests/root" "$tmp/guest/modules" xen-blkfront xen-netfront
    cp "$here/guest/init" "$tmp/guest/init"
    cp "$here/guest/poweroff" "$tmp/guest/sbin/poweroff"
    cp "$here/guest/poweroff" "$tmp/guest/sbin/reboot"
    pack "$tmp/guest" >"$1"
}

# u32 NUMBER: four bytes, little end first.
u32()
{
    printf '%b' "$(printf '\\0%o\\0%o\\0%o\\0%o' $(($1 & 255)) \
        $(($1 >> 8 & 255)) $(($1 >> 16 & 255)) $(($1 >> 24 & 255)))"
}

# split_kernel BZIMAGE INITRD DIR: the same kernel, so that a device model that
# is itself emulated can load it.  Its loader moves "-kernel" and "-initrd"
# through an I/O port byte by byte, 4 us each: 40 s for Debian's.  So "-device
# loader" copies kernel and initrd to their addresses, and what goes through
# the port is the real-mode part alone and, in the place of the rest, five
# instructions.
split_kernel()
{
    sectors=$(($(od -An -t u1 -j 497 -N 1 "$1") + 1))
    tail -c +$((sectors * 512 + 1)) "$1" >"$3/kernel"
    {
        dd if="$1" bs=512 count="$sectors" status=none
        # ESI points to the boot parameters: code32_start, ramdisk_image and
        # ramdisk_size are at 0x214, 0x218 and 0x21c.
        printf '\307\206\024\002\000\000' # movl $kernel_addr, 0x214(%esi)
        u32 $kernel_addr
        printf '\307\206\030\002\000\000' # movl $initrd_addr, 0x218(%esi)
        u32 $initrd_addr
        printf '\307\206\034\002\000\000' # movl $size, 0x21c(%esi)
        u32 "$(stat -Lc %s "$2")"
        printf '\270'                     # movl $kernel_addr, %eax
        u32 $kernel_addr
        printf '\377\340'                 # jmp *%eax
        dd if=/dev/zero bs=512 count=1 status=none
    } >"$3/boot"
}

# What a guest's xl.cfg needs to boot from there; lib.sh puts it into each.
guest_cfgs()
{
    loader=
    for file in "kernel $kernel_addr" "initrd $initrd_addr"; do
        loader="$loader, \"-device\", \"loader,file=/rig/guest/${file% *}"
        loader="$loader,addr=${file#* },force-raw=on\""
    done
    cat >"$1/hvm.cfg" <<EOF
kernel = "/rig/guest/boot"
vga = "none"
device_model_args_hvm = [ ${loader#, } ]
EOF
    cat >"$1/pvh.cfg" <<EOF
kernel = "/rig/guest/vmlinux"
ramdisk = "/rig/guest/initrd"
EOF
}
kernel_addr=$((16 << 20))
initrd_addr=$((112 << 20))

# What every host has.
make_common()
{
    make_skeleton "$1"
    cp "$root/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2" \
        "$1/usr/lib/x86_64-linux-gnu/"
    ln -s ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$1/usr/lib64/"
    # Looked up at run time, so no tool lists them.
    cp -L "$root"/lib/x86_64-linux-gnu/libnss_files.so.2 \
        "$1/usr/lib/x86_64-linux-gnu/"

    echo 'root:x:0:0:root:/root:/bin/sh' >"$1/etc/passwd"
    echo 'root:x:0:' >"$1/etc/group"
    cp "$here/dom0/init" "$1/init"
}

make_base()
{
    base=$tmp/base
    make_common "$base"
    if [ "$kvm" = yes ]; then
        pack "$base"
        return
    fi

    for name in usr/lib/xen-common "usr/lib/xen-$release" usr/lib/xen \
        usr/libexec/xen etc/xen etc/default usr/share/seabios \
        usr/share/qemu/keymaps/en-us; do
        [ -e "$root/$name" ] || continue
        mkdir -p "$base/$(dirname "$name")"
        cp -a "$root/$name" "$base/$(dirname "$name")/"
    done
    cp "$root"/usr/share/qemu/*.bin "$base/usr/share/qemu/"
    # The shim is for PV guests, python for pygrub.
    private=$base/usr/lib/xen-$release
    rm -rf "$private/boot/xen-shim" "$private/lib/python" "$private/ocaml" \
        "$private/bin/oxenstored"

    # /usr/sbin/xl is a wrapper on Debian: the same here.
    for name in "$root"/usr/bin/xenstore* "$root"/usr/sbin/xen* \
        "$root"/usr/sbin/xl; do
        dest=$base${name#"$root"}
        rm -f "$dest"
        cp -a "$name" "$dest"
    done
    mkdir -p "$base/usr/libexec"
    cp "$root/usr/libexec/xen-qemu-system-i386" "$base/usr/libexec/"
    # Under the name by which an installed Xen looks for it.
    if [ -f "$debian/model" ]; then
        model=$(cat "$debian/model")
        mkdir -p "$base${model%/*}"
        cp -a "$root$model" "$base$model"
    fi

    add_modules "$root" "$base/usr/lib/modules" \
        xen-evtchn xen-gntdev xen-gntalloc xen-privcmd xenfs

    add_libraries "$base" "$debian_libraries" \
        "$private"/bin/* "$base"/usr/libexec/* \
        "$base"/usr/bin/xenstore "$base"/usr/sbin/xen*

    mkdir -p "$base/rig/guest"
    cp "$of_guests/vmlinuz" "$of_guests/vmlinux" "$base/rig/guest/"
    make_guest "$base/rig/guest/initrd"
    split_kernel "$of_guests/vmlinuz" "$base/rig/guest/initrd" "$base/rig/guest"
    guest_cfgs "$base/rig/guest"
    pack "$base"
}

key=$(cat "$debian/versions" "$of_guests/versions" "$0" "$here/dom0/init" "$here"/guest/* "$busybox" |
    sha256sum | cut -c 1-16)
name=dom0
[ "$kvm" = no ] || name=kvm
base_cpio=$cache/$name-$key.cpio
if [ ! -f "$base_cpio" ]; then
    say "making the part that does not change"
    make_base >"$tmp/base.cpio"
    # Another run may be doing the same; both have the same bytes.
    mv "$tmp/base.cpio" "$base_cpio.$$"
    mv "$base_cpio.$$" "$base_cpio"
    find "$cache" -maxdepth 1 -name "$name-*.cpio*" ! -name "$name-$key.cpio" \
        -mmin +60 -exec rm -f {} +
fi

ours=$tmp/ours
mkdir -p "$ours/rig/scenarios" "$ours/rig/topologies"
cp "$here/lib.sh" "$here/readme-lib.sh" "$ours/rig/"
cp "$topologies"/* "$ours/rig/topologies/"
# shellcheck disable=SC2086 # a list of directories
for dir in "$scenarios" $more_scenarios; do
    cp -R "$dir"/. "$ours/rig/scenarios/"
done

# needed WHAT: the words that the scenarios' comments say of it.
needed()
{
    # shellcheck disable=SC2086 # a list of files
    [ -z "$needy" ] || sed -n "s/^# $1: //p" $needy | tr ' ' '\n' | sort -u
}

# add_files ROOT...: those that are needed, from where they are.
add_files()
{
    needed files | while read -r pattern; do
        found=
        for from; do
            # shellcheck disable=SC2046 # patterns
            files=$(cd "$from" &&
                find $(printf '%s\n' "$pattern" | tr '|' '\n') 2>/dev/null) || :
            [ "$files" ] || continue
            found=yes
            printf '%s\n' "$files" |
                (cd "$from" && cpio -pdm --quiet "$ours")
        done
        [ "$found" ] || die "no file $pattern"
    done
}

more=
if [ "$(needed packages)" ]; then
    # shellcheck disable=SC2046 # a list of words
    more=$("$here/packages.sh" "$(release_here)" more $(needed packages)) ||
        exit 3
    debian_libraries=$debian_libraries:$more/root/lib/x86_64-linux-gnu
fi
add_files "${root:-/}" ${more:+"$more/root"}
# shellcheck disable=SC2046 # a list of words
add_modules "$debian/root" "$ours/usr/lib/modules" $(needed modules)

for stage; do
    [ -d "$stage" ] || die "$stage is not a directory"
    # Debian's /bin, /sbin and /lib are links; a real directory of that name
    # would take their place when the kernel unpacks it.
    for name in bin sbin lib lib64; do
        [ ! -d "$stage/$name" ] || die "$stage has /$name: install below /usr"
    done
    cp -a "$stage"/. "$ours/"
done
search=$(find "$ours" -name '*.so*' -exec dirname {} \; | sort -u |
    tr '\n' :)$debian_libraries
find "$ours" -type f \( -perm -100 -o -name '*.so*' \) \
    ! -path "$ours/rig/*" >"$tmp/programs"
while read -r name; do
    case $(od -An -t x1 -N 4 "$name" | tr -d ' ') in
    7f454c46) add_libraries "$ours" "$search" "$name" ;;
    esac
done <"$tmp/programs"
pack "$ours" >"$tmp/ours.cpio"

cat "$base_cpio" "$tmp/ours.cpio" >"$out.$$"
mv "$out.$$" "$out"
