# "make bench" builds and runs the benchmarks; "make check" does neither.
BENCHES = bench/bench-check bench/bench-plan
EXTRA_PROGRAMS = $(BENCHES)
noinst_HEADERS += bench/bench.h
bench_bench_plan_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)/bench
CLEANFILES += $(BENCHES)

bench: $(BENCHES)
	@for bench in $(BENCHES); do ./$$bench || exit 1; done
.PHONY: bench
