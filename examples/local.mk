examplesdir = $(docdir)/examples
dist_examples_DATA = \
	examples/knl-published.cfg \
	examples/knl.cfg \
	examples/two-nodes.cfg
