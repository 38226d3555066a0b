#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The other machine of upgrade.sh: does what is asked for over the wire, as sshd
# would: a line with a command, then its stdin; what it prints goes back.  What it
# complains of is kept in a file that can be asked for; sshd would send it too.

. /rig/lib.sh

wire=/usr/libexec/rig/wire
rm -f back
mkfifo back

# A command's children may keep its stdout open, xl's monitor does; so its end is
# the end of what it says, also while there is more to read.
until [ -e ended ]; do
    $wire send 1 <back &
    sender=$!
    $wire receive 0 | {
        exec >back
        IFS= read -r line
        [ "$line" != "done" ] || : >ended
        [ "$line" = "done" ] || sh -c ". /rig/lib.sh; $line" 2>>said
        kill "$sender" 2>/dev/null
    }
    wait "$sender"
done
sed "s/^/$RIG_PREFIX/" said
pass "everything that was asked for was done"
done_testing
