# Man pages, from POD as Xen's are.
PODS = \
	docs/man/libvnuma.3.pod \
	docs/man/vnuma-checks.7.pod \
	docs/man/vnuma-formats.7.pod \
	docs/man/vnuma-libvirt.8.pod \
	docs/man/vnuma.1.pod \
	docs/man/vnuma.7.pod \
	docs/man/xl-vnuma-checks.7.pod \
	docs/man/xl-vnuma-front.8.pod \
	docs/man/xl-vnuma-ganeti.7.pod \
	docs/man/xl-vnuma-pacemaker.7.pod \
	docs/man/xl-vnuma.1.pod \
	docs/man/xl-vnuma.cfg.5.pod \
	docs/man/xl-vnuma.conf.5.pod
man_MANS += $(PODS:.pod=)
EXTRA_DIST += $(PODS) docs/pictures.sh docs/show-dark.svg docs/show-light.svg
CLEANFILES += $(PODS:.pod=)

SUFFIXES += .1 .1.pod .3 .3.pod .5 .5.pod .7 .7.pod .8 .8.pod
POD_TO_MAN = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(POD2MAN) --utf8 \
	--center=xl-vnuma --release='$(PACKAGE_VERSION)' \
	--section=$(subst .,,$(suffix $@)) \
	--name=$(shell echo $(basename $(notdir $@)) | tr a-z A-Z) $< $@
.1.pod.1:
	$(POD_TO_MAN)
.3.pod.3:
	$(POD_TO_MAN)
.5.pod.5:
	$(POD_TO_MAN)
.7.pod.7:
	$(POD_TO_MAN)
.8.pod.8:
	$(POD_TO_MAN)
