# Agents for Pacemaker.
ocfdir = $(prefix)/lib/ocf/resource.d/$(PACKAGE)
dist_ocf_SCRIPTS = tools/pacemaker/Placement tools/pacemaker/Xen
