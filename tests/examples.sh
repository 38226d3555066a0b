#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Installs into a directory of its own, and uses what is there as a stranger
# would: the examples' commands and guests' files work, the programs build with
# pkg-config alone and work; what the man pages show is what examples/ has;
# uninstall leaves nothing.
set -u
top=${top_srcdir:?} build=${top_builddir:?}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/examples.XXXXXX") || exit 99
trap 'rm -rf "$tmp"' EXIT
host=$top/tests/hosts/xl-info-n-8node-snc4-cpuless.txt
stage=$tmp/stage
# shellcheck disable=SC1091 # shellcheck reads it by itself
. "$top/tests/try.sh"

quiet_make()
{
    env -u MAKEFLAGS -u MAKELEVEL -u MFLAGS make -s -C "$build" "$@"
}

# ---- the man pages ----

# Each verbatim paragraph has to stand in an example, line by line; how far it
# is indented does not matter.
shown_as_it_is()
{
    perl -e '
        use strict;
        my $pod = shift;
        local $/;
        my %text;
        for my $file (@ARGV) {
            open(my $f, "<", $file) or die "$file: $!";
            my $t = <$f>;
            $t =~ s/^[ \t*#]+//mg;
            $text{$file} = $t;
        }
        open(my $f, "<", $pod) or die "$pod: $!";
        my ($bad, $blocks) = (0, 0);
        for my $block (split /\n{2,}/, <$f>) {
            next unless $block =~ /^[ \t]/;
            $block =~ s/^[ \t*#]+//mg;
            $blocks++;
            next if grep { index($_, $block) >= 0 } values %text;
            print "in no example:\n$block\n";
            $bad = 1;
        }
        exit($bad || !$blocks);' "$@"
}

for pod in libvnuma.3 vnuma.7 xl-vnuma.cfg.5; do
    try "what $pod shows is in examples/" \
        shown_as_it_is "$top/docs/man/$pod.pod" "$top"/examples/*
done

# ---- installed ----

prefix=$(sed -n 's/^prefix = //p' "$build/Makefile")
try "make install" quiet_make install DESTDIR="$stage"
installed=$stage$prefix
libraries=$(dirname "$(find "$stage" -name libvnuma.so.1)")
export LD_LIBRARY_PATH="$libraries" PATH="$installed/sbin:$PATH"
examples=$(dirname "$(find "$stage" -name two-nodes.cfg)")
mkdir "$tmp/work"
cp "$examples"/* "$tmp/work/"
cd "$tmp/work" || exit 99

cp "$host" host.txt
try "the first steps" sh ./first-steps.sh
for cfg in *.cfg; do
    [ "$cfg" != knl-published.cfg ] || continue
    try "$cfg is clean" xl-vnuma --host "$host" check "$cfg"
    try "$cfg can be planned" xl-vnuma --host "$host" plan "$cfg"
done

# What xl-vnuma(1) shows of an HMAT as a text, and of where one comes from.
sed -n '/^A file has a line for each thing/,/^=over/s/^    //p' \
    "$top/docs/man/xl-vnuma.1.pod" >shown.hmat
try "the lines of an HMAT that xl-vnuma(1) shows mean something" \
    xl-vnuma --host "$host" plan --hmat=shown.hmat two-kinds.cfg
sed -n '/^This writes the host.s/,/^An HMAT has/s/^    xl-vnuma/&/p' \
    "$top/docs/man/xl-vnuma.1.pod" | sed 's/xl-vnuma/& --host h.json/' >steps
cp "$top/tests/hosts/invented-hmat.json" h.json
cp two-kinds.cfg guest.cfg
try "the commands there write the host's and read it again" \
    sh -e ./steps
try "it is the same then" sh -c 'sh ./steps | diff - guest.hmat &&
    grep "^latency\|^read-latency" guest.hmat'

for page in libvnuma.3 vnuma.7 vnuma-formats.7 xl-vnuma.1 xl-vnuma-checks.7 xl-vnuma.cfg.5; do
    try "there is a man page $page" \
        test -s "$(find "$stage" -path "*/man${page##*.}/$page")"
done

# ---- built against ----

# A program that loads a library with sanitizers needs them too.
if grep -q '^WARN_CFLAGS.*sanitize' "$build/Makefile"; then
    export CC="${CC:-cc} -fsanitize=address,undefined"
fi

try "the programs build with pkg-config alone" \
    "$top/tests/build-examples.sh" "$stage" "$tmp/programs"
try "plan plans" "$tmp/programs/plan" memory-only.cfg "$host"
"$tmp/programs/plan" memory-only.cfg "$host" >plan.out 2>/dev/null
xl-vnuma --host "$host" plan memory-only.cfg >command.out 2>/dev/null
try "and says what the command says" diff plan.out command.out
cat >wrong.cfg <<'EOF'
type = "hvm"
vnuma = [ [ "pnode=0", "sise=256" ] ]
EOF
"$tmp/programs/plan" wrong.cfg "$host" >wrong.out 2>&1 || true
try "plan names a mistake" grep '^wrong.cfg:2:.*unknown-key' wrong.out
cd / || exit 99

# ---- taken away ----

try "make uninstall" quiet_make uninstall DESTDIR="$stage"
find "$stage" ! -type d -o -name '*vnuma*' >"$tmp/left"
try "leaves nothing" diff /dev/null "$tmp/left"
tried
