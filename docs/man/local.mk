# Man pages, from POD as Xen's are.
PODS = docs/man/xl-vnuma.1.pod
EXTRA_DIST += $(PODS) docs/man/xl-vnuma-checks.pod
man_MANS += docs/man/xl-vnuma.1
CLEANFILES += $(man_MANS)

SUFFIXES += .1 .1.pod .3 .3.pod .5 .5.pod .7 .7.pod
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
