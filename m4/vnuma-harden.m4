# SPDX-License-Identifier: LGPL-2.1-or-later
#
# VNUMA_HARDEN: HARDEN_CFLAGS, HARDEN_LDFLAGS and, for programs only,
# PIE_LDFLAGS become those of the flags below that this compiler and linker
# have.  They come before the user's own, which therefore win.

# VNUMA_HARDEN_TRY(VARIABLE, FLAGS, [PROGRAM]): appends FLAGS to VARIABLE if
# PROGRAM is compiled and linked with them and nothing is said about it.  The
# user's CPPFLAGS are first here as in the makefile: -D_FORTIFY_SOURCE=2 may be
# among them.
AC_DEFUN([VNUMA_HARDEN_TRY],
[AC_MSG_CHECKING([for $2])
harden_CFLAGS=$CFLAGS harden_CPPFLAGS=$CPPFLAGS
CFLAGS="$CPPFLAGS $HARDEN_CFLAGS $2 $CFLAGS -Werror" CPPFLAGS=
AC_LINK_IFELSE([AC_LANG_PROGRAM([$3])],
    [AC_MSG_RESULT([yes])
     $1="$$1 $2"],
    [AC_MSG_RESULT([no])])
CFLAGS=$harden_CFLAGS CPPFLAGS=$harden_CPPFLAGS])

AC_DEFUN([VNUMA_HARDEN],
[HARDEN_CFLAGS= HARDEN_LDFLAGS= PIE_LDFLAGS=
VNUMA_HARDEN_TRY([HARDEN_CFLAGS], [-fstack-protector-strong])
VNUMA_HARDEN_TRY([HARDEN_CFLAGS], [-fstack-clash-protection])
VNUMA_HARDEN_TRY([HARDEN_CFLAGS], [-fcf-protection])
VNUMA_HARDEN_TRY([PIE_LDFLAGS], [-fPIE -pie])
# libtool adds -fPIC to what goes into a shared object.
AS_IF([test "x$PIE_LDFLAGS" != x],
    [HARDEN_CFLAGS="$HARDEN_CFLAGS -fPIE" PIE_LDFLAGS=-pie])
VNUMA_HARDEN_TRY([HARDEN_LDFLAGS], [-Wl,-z,relro,-z,now])
VNUMA_HARDEN_TRY([HARDEN_LDFLAGS], [-Wl,-z,noexecstack])
# The sanitizers have checks of their own for these functions, which others
# would hide.  Level 3 needs a new C library; none is there without -O.
AS_IF([test "$enable_sanitizers" = no],
    [for harden_level in 3 2; do
         AS_CASE([$HARDEN_CFLAGS], [*FORTIFY*], [break])
         VNUMA_HARDEN_TRY([HARDEN_CFLAGS],
             [-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=$harden_level],
             [[#include <stdio.h>
               #if __USE_FORTIFY_LEVEL < $harden_level
               #error not in this C library
               #endif]])
     done])
AC_SUBST([HARDEN_CFLAGS])
AC_SUBST([HARDEN_LDFLAGS])
AC_SUBST([PIE_LDFLAGS])])
