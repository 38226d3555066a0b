examplesdir = $(docdir)/examples
dist_examples_DATA = \
	examples/auto.cfg \
	examples/first-steps.sh \
	examples/knl-published.cfg \
	examples/knl.cfg \
	examples/left-out.cfg \
	examples/memory-only.cfg \
	examples/plan.c \
	examples/policy.cfg \
	examples/toolstack-libxc.c \
	examples/toolstack-libxl.c \
	examples/toolstack.h \
	examples/two-kinds.cfg \
	examples/two-kinds.hmat \
	examples/two-nodes.cfg \
	examples/web.sh
