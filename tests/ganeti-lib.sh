# shellcheck shell=sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Ganeti's requests and the reports of hosts, for tests/ganeti.sh; sourced with
# $tmp set.  All hosts are alike: 16 GiB on two nodes of 8 GiB with 4 CPUs each.

now=$(date +%s)

# report HOST FREE0 FREE1 [DOMAINS [BUILDS [TIME]]]: MiB.
report()
{
    mkdir -p "${tmp:?}/kept/reports"
    cat >"$tmp/kept/reports/$1.json" <<END
{"report":1,"host":"$1","time":${6:-$now},"domains":[${4-}],"topology":{"nodes":
[{"node":0,"memkb":8388608,"free_memkb":$(($2 * 1024)),"cpus":[0,1,2,3],"distances":[10,21]},
{"node":1,"memkb":8388608,"free_memkb":$(($3 * 1024)),"cpus":[4,5,6,7],"distances":[21,10]}]},
"builds":[${5-}]}
END
}

# domain DOMID NAME NODE MIB: it holds that on one node.
domain()
{
    printf '{"domid":%s,"name":"%s","memkb":%s,"vnodes":[{"pnode":%s,"memkb":%s}]}' \
        "$1" "$2" "$(($4 * 1024))" "$3" "$(($4 * 1024))"
}

# node NAME FREE [MORE]: a comma goes before all but the first.
node()
{
    printf '%s"%s":{"tags":[],"primary_ip":"192.0.2.1","secondary_ip":"192.0.2.1",
"offline":false,"drained":false,"master_candidate":true,"group":"g","vm_capable":true,
"master_capable":true,"ndparams":{"spindle_count":1,"exclusive_storage":false},
"total_memory":16384,"reserved_memory":512,"free_memory":%s,"total_disk":1000000,
"free_disk":900000,"total_spindles":0,"free_spindles":0,"total_cpus":8,
"reserved_cpus":1}' "${3-}" "$1" "$2"
}

# members TAGS MIB VCPUS TEMPLATE: what each instance has.
members()
{
    printf '"tags":[%s],"memory":%s,"vcpus":%s,"disk_template":"%s","hypervisor":"xen-hvm",
"spindle_use":1,"os":"x","disks":[{"size":1024,"mode":"rw"}],"disk_space_total":1024,
"nics":[]' "$1" "$2" "$3" "$4"
}

# instance NAME TAGS MIB VCPUS NODES [STATE [TEMPLATE]]
instance()
{
    printf '"%s":{%s,"admin_state":"%s","nodes":[%s]}' "$1" \
        "$(members "$2" "$3" "$4" "${7:-ext}")" "${6:-up}" "$5"
}

# cluster NODES INSTANCES REQUEST: into $tmp/input; n2 and n3 are in another group
# if $group is its name.
cluster()
{
    policy='"disk-templates":["ext","drbd","plain"],"minmax":[{"max":{"cpu-count":64,
"disk-count":16,"disk-size":1048576,"memory-size":1048576,"nic-count":8,"spindle-use":12},
"min":{"cpu-count":1,"disk-count":0,"disk-size":1,"memory-size":1,"nic-count":0,
"spindle-use":1}}],"std":{"cpu-count":1,"disk-count":1,"disk-size":1024,"memory-size":128,
"nic-count":1,"spindle-use":1},"spindle-ratio":1000,"vcpu-ratio":64'
    other='"alloc_policy":"preferred","networks":[],"tags":[]'
    other=${group:+",\"h\":{\"name\":\"$group\",$other,\"ipolicy\":{$policy}}"}
    cat >"$tmp/input" <<END
{"version":2,"cluster_name":"c","cluster_tags":[],"enabled_hypervisors":["xen-hvm"],
"ipolicy":{$policy},"nodegroups":{"g":{"name":"default","alloc_policy":"preferred",
"networks":[],"tags":[],"ipolicy":{$policy}}$other},
"nodes":{$1},"instances":{$2},"request":{$3}}
END
    [ -z "${group-}" ] ||
        sed -i '/"n[23]":{/{n;s/"group":"g"/"group":"h"/}' "$tmp/input"
}

# allocate NAME TAGS MIB VCPUS [MORE]: a request.
allocate()
{
    printf '"type":"allocate","name":"%s","required_nodes":1,%s%s' "$1" \
        "$(members "$2" "$3" "$4" ext)" "${5-}"
}
