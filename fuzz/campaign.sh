#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# campaign.sh SECONDS [TARGET...]
#     Fuzzes each target (all: FUZZERS of local.mk) so long with each
#     sanitizer; run it in the build directory.  New inputs go to
#     fuzz/new/TARGET, findings to fuzz/found, and what was executed to
#     fuzz/executed, of which all runs together are printed as the rows for
#     the table of fuzz/README.
# campaign.sh merge [TARGET...]
#     Replaces each corpus of the tree by the inputs with a name of their own
#     and the fewest others that reach all that is reached.
# campaign.sh rows [TARGET...]
#     Only prints the rows.
#
# An input that takes more than a second is a finding, and so is one for which
# 64 MiB are allocated at once, or 512 MiB with all that a sanitizer keeps.
# Half of the time is for many short inputs, of which no more is kept than the
# lines that they reach; half for long ones, of which it is kept how often.
set -u

here=$(cd "$(dirname "$0")" && pwd)
usage()
{
    echo "usage: campaign.sh SECONDS|merge|rows [TARGET...]" >&2
    exit 2
}
if [ ! -f config.status ] || [ $# -eq 0 ]; then
    usage
fi
what=$1
shift
# shellcheck disable=SC2046 # words
[ $# -gt 0 ] || set -- $(make -s print-fuzzers)
for with in asan msan; do
    [ "$what" = rows ] || make -s fuzzers FUZZ_WITH=$with >&2 || exit 1
done
mkdir -p fuzz/found fuzz/new
log=$(mktemp) || exit 1
trap 'rm -f "$log"' EXIT
touch fuzz/executed

# Memory that was freed is kept for a while, but no stacks of allocations; what
# is known of 64 KiB is cleared in place, as fresh pages cost more.
ASAN_OPTIONS=malloc_context_size=1:quarantine_size_mb=4
ASAN_OPTIONS=$ASAN_OPTIONS:max_malloc_fill_size=0
ASAN_OPTIONS=$ASAN_OPTIONS:allocator_release_to_os_interval_ms=-1
ASAN_OPTIONS=$ASAN_OPTIONS:clear_shadow_mmap_threshold=1000000000
MSAN_OPTIONS=clear_shadow_mmap_threshold=1000000000
export ASAN_OPTIONS MSAN_OPTIONS
# shellcheck disable=SC3045 # dash has it
ulimit -c 0

# run SANITIZER TARGET OPTION...
run()
{
    with=$1 target=$2
    shift 2
    "fuzz/$with/fuzz-$target" -timeout=1 -malloc_limit_mb=64 \
        -rss_limit_mb=512 -entropic=0 -reload=0 -dict="$here/dict" \
        -print_final_stats=1 -print_funcs=0 \
        -artifact_prefix="fuzz/found/$target-$with-" "$@" 2>&1
}
# fuzz TARGET SECONDS
fuzz()
{
    mkdir -p "fuzz/new/$1"
    case $1 in
    landing | refill) most=512 ;; # bytes are a case, which takes no more
    *) most=4096 ;;
    esac
    for with in asan msan; do
        for how in "-max_len=256 -use_counters=0" "-max_len=$most"; do
            # shellcheck disable=SC2086 # options
            run "$with" "$1" -max_total_time="$(($2 / 2))" $how \
                "fuzz/new/$1" "$here/corpus/$1" >"$log"
            awk -v "what=$1 $with" '
                /^stat::number_of_executed_units:/ { print what, $2 }' \
                "$log" >>fuzz/executed
            grep -A 20 -e '^SUMMARY' -e 'is not true' "$log" >&2
        done
    done
}
# merge TARGET: lines that are reached count, and not how often.
merge()
{
    rm -rf fuzz/merged
    mkdir -p fuzz/merged "fuzz/new/$1"
    find "$here/corpus/$1" -type f -name '*[!0-9a-f]*' \
        -exec cp {} fuzz/merged/ \;
    run asan "$1" -merge=1 -use_counters=0 -max_len=4096 fuzz/merged \
        "fuzz/new/$1" "$here/corpus/$1" >"$log" || return 1
    rm -rf "$here/corpus/$1"
    mv fuzz/merged "$here/corpus/$1"
}
# row TARGET: what was executed in all runs here, and what is kept.
row()
{
    awk -v "target=$1" -v "found=$(find fuzz/found -name "$1-*" | wc -l)" \
        -v "files=$(find "$here/corpus/$1" -type f | wc -l)" \
        -v "bytes=$(cat "$here/corpus/$1"/* | wc -c)" '
        $1 == target { sum[$2] += $3 }
        END { printf "| %s | %d | %d | %d | %d, %d |\n", target,
              sum["asan"], sum["msan"], found, files, bytes }' fuzz/executed
}

for target; do
    target=${target#fuzz-}
    case $what in
    merge) merge "$target" || exit ;;
    rows) ;;
    *[!0-9]*) usage ;;
    *) fuzz "$target" "$what" ;;
    esac
    row "$target"
done
