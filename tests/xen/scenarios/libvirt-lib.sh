# SPDX-License-Identifier: LGPL-2.1-or-later
# shellcheck shell=sh
#
# What scenarios with libvirtd in dom0 have in addition to lib.sh: the daemon,
# and guests as XML.

# shellcheck source=tests/xen/lib.sh
. /rig/lib.sh

drop_in=/etc/systemd/system/libvirtd.service.d/xl-vnuma.conf
mkdir -p /etc/libvirt /run/libvirt /var/log/libvirt /var/lib/libvirt
# QEMU's CPU without VME is none that libvirt knows, and its driver then does
# not start.
sed -i "/'vme'/d" /usr/share/libvirt/cpu_map/x86_486.xml
# Saved guests are in here.
mount -t tmpfs -o size=90% tmpfs /var/lib/libvirt

# ---- the daemon ----

# daemon_answers PID URI LOG: within half a minute.
daemon_answers()
{
    i=0
    until virsh -c "$2" version >virsh.log 2>&1; do
        if ! kill -0 "$1" 2>/dev/null || [ $((i += 1)) -ge 150 ]; then
            tail -n 20 virsh.log "$3"
            return 1
        fi
        sleep 0.2
    done
}

# daemon_starts [NAME=VALUE...]: with that environment.
daemon_starts()
{
    env "$@" libvirtd >>libvirtd.log 2>&1 &
    daemon=$!
    daemon_answers "$daemon" xen:///system libvirtd.log
}

# As the drop-in has it.
daemon_starts_with_us()
{
    # shellcheck disable=SC2046 # a list of words
    daemon_starts $(sed -n 's/^Environment=//p' "$drop_in") "$@"
}

daemon_lives()
{
    kill -0 "$daemon" && virsh -c xen:///system version
}

# daemon_ends [SIGNAL]
daemon_ends()
{
    kill "-${1:-TERM}" "$daemon"
    wait "$daemon" 2>/dev/null
    rm -f /run/libvirtd.pid /run/libvirt/libvirtd.pid
}

v()
{
    virsh -q -c xen:///system "$@"
}

# ---- guests ----

uuid_of()
{
    echo "01234567-89ab-4def-8123-$(echo "$1" | md5sum | cut -c 1-12)"
}

cells()
{
    echo "<cpu><numa>
      <cell id='0' cpus='0' memory='$(($1 / 2))' unit='MiB'/>
      <cell id='1' cpus='1' memory='$(($1 / 2))' unit='MiB'/></numa></cpu>"
}

# The rig's kernel is in a device model's memory already: see mkdom0.sh.
hvm_arguments()
{
    awk -F '"' '/^device_model_args_hvm/ {
        for (i = 2; i < NF; i += 2)
            print "<xen:arg value=\047" $i "\047/>" }' /rig/guest/hvm.cfg
}

os_of()
{
    case $1 in
    pvh) echo "<type arch='x86_64' machine='xenpvh'>xenpvh</type>
      <kernel>/rig/guest/vmlinux</kernel><initrd>/rig/guest/initrd</initrd>" ;;
    tiny) echo "<type arch='x86_64' machine='xenpvh'>xenpvh</type>
      <kernel>/usr/libexec/rig/tiny</kernel>" ;;
    hvm) echo "<type arch='x86_64' machine='xenfv'>hvm</type>
      <kernel>/rig/guest/boot</kernel>" ;;
    esac
}

# define pvh|hvm|tiny NAME MIB [CELLS [NUMATUNE [METADATA]]]: a guest that
# never lived anywhere.
define()
{
    cat >"$2.xml" <<END
<domain type='xen' xmlns:xen='http://libvirt.org/schemas/domain/xen/1.0'>
  <name>$2</name>
  <uuid>$(uuid_of "$2")</uuid>
  ${6:+<metadata>$6</metadata>}
  <memory unit='MiB'>$3</memory>
  <vcpu>2</vcpu>
  ${5-}
  <os>$(os_of "$1")
    <cmdline>$rig_extra_ rig.tick</cmdline></os>
  <features><acpi/><apic/><pae/></features>
  ${4-}
  <clock offset='utc'><timer name='tsc' mode='native'/></clock>
  <on_reboot>restart</on_reboot>
  <devices>
    $([ "$1" != hvm ] ||
        echo "<emulator>/usr/libexec/xen-qemu-system-i386</emulator>")
    <console type='pty'><target type='xen'/></console>
  </devices>
  $([ "$1" != hvm ] ||
      echo "<xen:commandline>$(hvm_arguments)</xen:commandline>")
</domain>
END
    guest_forget "$2"
    v define "$2.xml"
}

# starts NAME...: what virsh said is in $out and $err.
starts()
{
    run virsh -q -c xen:///system start "$@"
}

# strays NAME MOST
strays()
{
    rig_strays_=$(strays_of "$1")
    echo "${rig_strays_:-no answer}"
    [ "${rig_strays_:-999999}" -le "$2" ]
}

# where NAME: MiB of it on each node, as "0 200 1 200".
where()
{
    pages_of "$(domid_of "$1")" | awk '{ print $1, int($2 / 256 + 0.5) }' |
        xargs
}

# count NAME: for the reader.
count()
{
    diag "$1: MiB on nodes: $(where "$1"), strays: $(strays_of "$1")"
}

ends()
{
    v destroy "$1" >/dev/null
    wait_gone "$1" 30
}
