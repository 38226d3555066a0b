#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Agents for Pacemaker.
exec "${top_srcdir:?}/tests/cluster/run.sh" pacemaker.sh
