#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A cluster of Ganeti.
exec "${top_srcdir:?}/tests/cluster/run.sh" ganeti.sh
