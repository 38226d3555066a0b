# Benchmarks: "make bench" builds and runs them, "make check" does neither.
BENCHES = bench/bench-check bench/bench-plan
EXTRA_PROGRAMS = $(BENCHES) bench/bench-fleet
noinst_HEADERS += bench/bench.h bench/peers.h bench/problems.h
bench_bench_plan_SOURCES = \
	bench/bench-plan.c \
	bench/peers.c \
	bench/problems.c
bench_bench_check_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
bench_bench_plan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
CLEANFILES += $(BENCHES) bench/bench-fleet
EXTRA_DIST += bench/fleet.sh bench/plans-before.txt bench/process.sh
bench: $(BENCHES) xl-vnuma
	@for bench in $(BENCHES); do \
		top_srcdir=$(top_srcdir) ./$$bench || exit 1; done
	@$(top_srcdir)/bench/process.sh .

# On the real Xen, in QEMU; in a build directory of --prefix=/usr.
bench-xen: all
	rm -rf bench/stage
	$(MAKE) install install-rig DESTDIR="$$PWD/bench/stage" >/dev/null
	XEN_STAGE="$$PWD/bench/stage" XEN_SECONDS=2400 \
		$(top_srcdir)/tests/xen/run.sh 2node timing timing-whole

# The iallocator of Ganeti on many hosts, with hail itself.
bench-fleet: bench/bench-fleet tools/ganeti/vnuma
	@$(top_srcdir)/bench/fleet.sh .
.PHONY: bench bench-fleet bench-xen
