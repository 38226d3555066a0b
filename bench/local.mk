# Benchmarks: "make bench" builds and runs them, "make check" does neither.
BENCHES = bench/bench-check
EXTRA_PROGRAMS = $(BENCHES)
noinst_HEADERS += bench/bench.h
CLEANFILES += $(BENCHES)
bench: $(BENCHES)
	for b in $(BENCHES); do ./$$b || exit; done
.PHONY: bench
