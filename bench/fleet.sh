#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The iallocator of Ganeti and hail alone: fleet.sh BUILD.  "Our part" is the
# allocator with a program in hail's place that answers at once.
set -eu
hail=/usr/lib/ganeti/iallocators/hail
[ -x $hail ] || { echo "fleet: no hail (Debian: ganeti-htools)"; exit 0; }
tmp=$(mktemp -d "${TMPDIR:-/tmp}/fleet.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
mkdir "$tmp/all" "$tmp/ours" "$tmp/hosts"
cp "$1/tools/ganeti/vnuma" "$tmp/all"
cp "$1/tools/ganeti/vnuma" "$tmp/ours"
ln -s $hail "$tmp/all/hail"
cat >"$tmp/ours/hail" <<'END'
#!/bin/sh
echo '{"success":true,"info":"","result":["h0"]}'
END
chmod +x "$tmp/ours/hail"
"$1/bench/bench-fleet" "$tmp/hosts" "$tmp/all/vnuma" "$tmp/all/hail" \
    "$tmp/ours/vnuma"
