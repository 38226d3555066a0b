#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Static analysis: lint.sh BUILD-DIRECTORY.  Each tool that is installed has to
# find nothing; which ones are not is said.
# lint.sh BUILD-DIRECTORY FILE: only what compilers say of one file.
set -u
cd "$(dirname "$0")/.." || exit 99
build=${1:?}
status=0

has()
{
    command -v "$1" >/dev/null && return
    echo "lint: no $1 here" >&2
    return 1
}

includes="-I$build -Itools/libvnuma/include -Itools/libvnuma -Itools/xl-vnuma -Itools
    -Itests/unit -Itests -Ifuzz -Ibench -I.
    $(pkg-config --cflags cairo yajl 2>/dev/null)"

scripts()
{
    git ls-files | while read -r file; do
        case $file in
        # What guests of QEMU are in, some with mistakes.
        fuzz/corpus/* | tests/golden/*) continue ;;
        *.sh)
            echo "$file"
            continue
            ;;
        esac
        case $(head -c 32 "$file" | tr -d '\0' | head -n 1) in
        '#!/bin/sh'* | '#!/bin/bash'*) echo "$file" ;;
        esac
    done
}

# Words of place and person that are never needed: next to, after, below and in
# addition to say which place is meant; and words for which CONTRIBUTING.md has
# another.  In C only comments and strings count, the latter after \n too.
words()
{
    git grep -InPi '(?:(?<![-\w])|(?<=\\n))(nobody|everybody|anew|can not|besides?|behind|complaints?|sharers?)\b' \
        -- tools docs examples README.md ARCHITECTURE.md CONTRIBUTING.md \
        SECURITY.md |
        awk -F: '$1 == "CONTRIBUTING.md" && / \| / { next } # its list of words
                 $1 !~ /\.[ch]$/ || /"|\/\*|:[0-9]+:[ \t]*\*/ {
                     print "lint: " $0
                     found = 1
                 }
                 END { exit found }' >&2
}

# shellcheck disable=SC2089 # the quotes are C's
defines='-DHAVE_CONFIG_H -DPKGLIBDIR="/usr/lib/xl-vnuma" -DSBINDIR="/usr/sbin"
    -DSYSCONFDIR="/etc" -DFRONT_PATH="/usr/lib/xl-vnuma/front/xl"'

# finds_nothing COMMAND...: and no warnings; else they are shown.
finds_nothing()
{
    said=$("$@" 2>&1) &&
        case $said in *warning:* | *error:*) false ;; esac && return
    printf '%s\n' "$said"
    return 1
}

# gcc_not_excused ARGUMENTS...: what gcc's analyser finds, and no notes.
gcc_not_excused()
{
    gcc -fanalyzer -fdiagnostics-path-format=separate-events "$@" 2>&1 |
        awk -F: '
            function is_excused(file, last,  line, text, found) {
                while ((getline text <file) > 0 && line < last)
                    if (++line >= last - 1 && text ~ /the caller has it/)
                        found = 1
                close(file)
                return found
            }
            function end() {
                if (what != "")
                    print what
                what = ""
            }
            / (warning|error): / { end(); what = $0 }
            what ~ /-Wanalyzer-malloc-leak/ && / allocated here$/ &&
                is_excused($1, $2) { what = "" }
            END { end() }'
}

# A finding that is wrong is marked where it is, with the reason: NOLINT for
# clang-tidy (.clang-tidy says what is off), "cppcheck-suppress" for cppcheck.
# gcc's analyser takes memory that is in a caller's struct for lost: where it is
# allocated stands "the caller has it", there or in the line before.
# "clang --analyze" is what scan-build runs over what make builds, with all its
# checkers, and here without asserts, as users build.  What is not installed
# gets no more than that.
# shellcheck disable=SC2086,SC2090 # lists of words
analyse()
{
    ok=0
    ! command -v clang >/dev/null || finds_nothing clang --analyze \
        -std=gnu11 -DNDEBUG $includes $defines -o /dev/null "$1" || ok=1
    case $1 in
    bench/* | fuzz/* | tests/*) return $ok ;;
    esac
    ! command -v clang-tidy >/dev/null || finds_nothing clang-tidy --quiet \
        "$1" -- -std=gnu11 $includes $defines || ok=1
    ! command -v gcc >/dev/null || finds_nothing gcc_not_excused \
        -std=gnu11 -O2 $includes $defines -c -o /dev/null "$1" || ok=1
    return $ok
}

if [ $# -gt 1 ]; then
    analyse "$2"
    exit
fi

if has shellcheck && git rev-parse --git-dir >/dev/null 2>&1; then
    # shellcheck disable=SC2046 # a list of words
    shellcheck --severity=warning $(scripts) || status=1
fi
if git rev-parse --git-dir >/dev/null 2>&1; then
    words || status=1
fi
if has cppcheck; then
    # shellcheck disable=SC2046,SC2086 # lists of words
    # One process: of several, none sees what files do to each other.
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -j 1 \
        --enable=warning,performance,portability \
        --suppress=missingIncludeSystem --suppress=unknownMacro \
        -DHAVE_CONFIG_H $includes tools examples || status=1
fi
has clang
has clang-tidy
has gcc
# The programs in tests/unit run with valgrind and sanitizers instead.
find tools examples bench fuzz tests/front tests/world tests/xen -name '*.c' |
    sort |
    xargs -P 2 -n 1 tests/lint.sh "$build" || status=1
exit "$status"
