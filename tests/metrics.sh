#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# show --prometheus: what it prints is Prometheus' text format, whatever the
# names of domains are, and promtool, where it is installed, says so too.
set -u
cd "${top_srcdir:?}" || exit 99
program=${top_builddir:?}/xl-vnuma
tmp=$(mktemp -d) || exit 99
trap 'rm -rf "$tmp"' EXIT
# shellcheck disable=SC1091 # shellcheck reads it by itself
. ./tests/try.sh

metrics()
{
    "$program" --host "$1" show --domains "$2" --prometheus >"$tmp/metrics"
}

# Each name has HELP and TYPE once, before its series, which are together; no
# series is there twice; labels are quoted and escaped.
is_format()
{
    awk '
        function bad(what) { print FILENAME ":" FNR ": " what ": " $0; n++ }
        $1 == "#" && $2 == "HELP" {
            if ($3 in helped) bad("a second HELP")
            if (NF < 4) bad("no help")
            helped[$3] = 1
            name = $3
            next
        }
        $1 == "#" && $2 == "TYPE" {
            if ($3 != name || $4 != "gauge") bad("not its TYPE")
            if ($3 in typed) bad("a second TYPE")
            typed[$3] = 1
            next
        }
        {
            if (!match($0, /^[a-z_]+/)) bad("no name")
            if (substr($0, 1, RLENGTH) != name) bad("not below its HELP")
            if (!match($0, /^[a-z_]+(\{([a-z]+="([^"\\]|\\[n"\\])*",?)*\})? /))
                bad("not a series")
            series = substr($0, 1, RLENGTH)
            if (series in seen) bad("a second time")
            seen[series] = 1
            if (substr($0, RLENGTH + 1) !~ /^[0-9]+$/) bad("no value")
        }
        END { exit n > 0 }' "$tmp/metrics"
}

is_accepted()
{
    iconv -f UTF-8 -t UTF-8 "$tmp/metrics" >/dev/null || return
    command -v promtool >/dev/null || return 0
    promtool check metrics <"$tmp/metrics"
}

has()
{
    grep -qxF "$1" "$tmp/metrics"
}

try "metrics of eight nodes" metrics tests/domains/8node-host.json \
    tests/domains/8node.json
try "are in the format" is_format
try "and accepted" is_accepted

# Two remains of one guest, a name with every escape, one that is not UTF-8.
uuid=6b5d1b4e-0000-4000-8000-0123456789ab
cat >"$tmp/hostile.json" <<END
{"time": 1764334800, "domains": [
 {"domid": 1, "name": "a\"b\\\\c\nd{e=\"f\"} 1 # HELP \u00e9 \ud83d\ude00",
  "uuid": "$uuid", "vnodes": [{"pnode": 0, "memkb": 1024}],
  "pages": [{"pnode": 0, "pages": 3}]},
 {"domid": 2, "uuid": "$uuid", "pages": [{"pnode": 0, "pages": 1}]},
 {"domid": 3, "uuid": "$uuid", "pages": [{"pnode": 0, "pages": 2}]},
 {"domid": 4, "name": "other\"\n", "uuid": "\"} 1\n\\\\"},
 {"domid": 5}]}
END
try "metrics of hostile names" metrics tests/domains/8node-host.json \
    "$tmp/hostile.json"
try "are in the format" is_format
try "and accepted" is_accepted
# shellcheck disable=SC1003 # these backslashes are what is wanted
label='a\"b\\c\nd{e=\"f\"} 1 # HELP é 😀'
try "a name is escaped" has \
    "xen_vnuma_domain_info{domain=\"$label\",uuid=\"$uuid\",domid=\"1\"} 1"
try "bytes are known by UUID" has \
    "xen_vnuma_domain_promised_bytes{domain=\"$label\",uuid=\"$uuid\",pnode=\"0\"} 1048576"
try "of two without a name the last counts" has \
    "xen_vnuma_domain_resident_bytes{domain=\"\",uuid=\"$uuid\",pnode=\"0\"} 8192"
try "there is the time" has "xen_vnuma_report_timestamp_seconds 1764334800"
tried
