# minnow.  No configure step: `make run` installs what is missing, builds ./minnow and starts a chat.
# Objects go to build/.  V=1 shows whole commands; CC, OPT, CFLAGS, SAN, BUILD, PREFIX and DESTDIR may be given.
#
# A line "## target: text" is what `make help` prints.

.DEFAULT_GOAL := all
quiet := $(findstring s,$(firstword -$(MAKEFLAGS)))
MAKEFLAGS += --no-builtin-rules
ifeq ($(MAKELEVEL),0)
MAKEFLAGS += -j$(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
endif
ifeq ($(origin CC),default)
CC       := cc
endif
BUILD    ?= build
PREFIX   ?= /usr/local
OPT      ?= -O2 -g
MODEL    ?=

# ---- what is missing on this machine: build/config.mk stands for "all of it is there" ----
# A makefile that make has to remake first: with packages just installed, make starts over and sees them.
# Goals that only build say what is missing; run, test and their like install it.
without_config := help clean deps uninstall arm
installing := run test asan tsan simde fuzz bench lint man guide
goals    := $(or $(MAKECMDGOALS),all)
config   := $(BUILD)/config.mk
pkgs     := ncursesw libgit2 libcurl libcrypto libxxhash jansson libpcre2-8 libutf8proc sqlite3 md4c

ifneq ($(if $(CROSS),,$(filter-out $(without_config),$(goals))),)
ifneq ($(shell pkg-config --exists $(pkgs) 2>/dev/null && echo yes),yes)
$(shell rm -f $(config))
endif
include $(config)
endif

$(config): .ci/deps .ci/deps.txt
	@CC="$(CC)" sh .ci/deps $(if $(filter $(installing),$(goals)),,--check) build
	@mkdir -p $(@D)
	@{ echo "PKG_CFLAGS := $$(pkg-config --cflags $(pkgs))"; \
	echo "PKG_LIBS := $$(pkg-config --libs $(pkgs))"; \
	echo "INTL := $$(CC="$(CC)" sh .ci/deps --intl)"; \
	echo "MSGFMT := $$(command -v msgfmt)"; \
	echo "BLIS_CFLAGS := $$(CC="$(CC)" sh .ci/deps --flags blis)"; \
	} >$@

# ---- sources: one archive a layer, flags of an instruction set from its row in isa.def ----
machine  := $(shell $(CC) -dumpmachine 2>/dev/null | sed 's/^x86_64-.*/x86/; s/^aarch64-.*/arm/; s/^arm64-.*/arm/; s/^riscv64.*/riscv/')
all_isas := $(shell sed -n 's/^ISA.\([a-z0-9_]*\),.*/\1/p' kernels/$(machine)/isa.def 2>/dev/null)
isas     := $(if $(WEAKEST),$(firstword $(all_isas)),$(all_isas))
isarow    = $(shell sed -n 's/^ISA.$(1),.*"\(.*\)".*/\1/p' kernels/$(machine)/isa.def)
# A test build (target simde): everything above AVX2 is compiled for AVX2, with emulated instructions.
emulated := $(if $(EMULATE),$(filter-out avx2,$(isas)))
isaflag   = $(if $(filter $(1),$(emulated)),$(call isarow,avx2) -O1 -include tests/simde/avx512.h -Wno-psabi,$(call isarow,$(1)))

base_src     := $(wildcard core/base/*.c)
kern_src     := $(wildcard kernels/*.c kernels/ref/*.c kernels/fmt/*.c) \
		$(foreach i,$(isas),$(wildcard kernels/$(machine)/$(i)/*.c)) $(if $(EMULATE),tests/simde/cpu.c)
core_src     := $(wildcard core/*.c core/tok/*.c core/jinja/*.c core/arch/*.c core/hf/*.c core/grammar/*.c)
registry_src := $(wildcard registry/*.c)
tui_src      := $(filter-out tui/main.c,$(wildcard tui/*.c tui/*/*.c))
layers       := base kern core registry tui

# For the kernel tests alone (make arm): what a compiler for another machine has no libraries for is left out.
ifneq ($(CROSS),)
base_src     := $(filter-out core/base/hash.c,$(base_src))
kern_src     := $(filter-out kernels/gemm_blis.c,$(kern_src)) tests/cross/no_blis.c
override CFLAGS += -Itests/cross
override LDFLAGS += -static
endif

# A layer links with itself and those below it, in this order.
lib_base     := $(BUILD)/libbase.a
lib_kern     := $(BUILD)/libkern.a $(lib_base)
lib_core     := $(BUILD)/libcore.a $(lib_kern)
lib_registry := $(BUILD)/libregistry.a $(lib_base)
lib_tui      := $(BUILD)/libtui.a $(BUILD)/libregistry.a $(lib_core)

# ---- compiling ----
# Fields left out of an initializer are zero: that is how optional ones are meant.
WARN     := -Wall -Wextra -Wno-missing-field-initializers -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wvla -Wpointer-arith -Wcast-qual -Wundef
override CFLAGS += -std=gnu17 $(OPT) $(WARN) -fno-math-errno -ffp-contract=off -fno-common -pthread -I. $(PKG_CFLAGS) $(filter -D% -I%,$(INTL)) $(SAN) $(if $(WEAKEST),-DWEAKEST_ISA)
override LDFLAGS += -pthread $(SAN)
# Those that are loaded only when they are needed (registry/late.h), by the name that a program linked with them would ask for.
soname    = $(shell objdump -p "$$($(CC) -print-file-name=lib$(1).so 2>/dev/null)" 2>/dev/null | sed -n 's/^ *SONAME *//p')
late_curl := $(call soname,curl)
late_git  := $(call soname,git2)
LATE     := $(if $(late_curl),-DLATE_CURL='"$(late_curl)"') $(if $(late_git),-DLATE_GIT='"$(late_git)"')
ALL_LIBS := $(if $(CROSS),-lm,$(PKG_LIBS) $(filter -L% -l%,$(INTL)) -lblis -lm -ldl)
LIBS     := $(filter-out $(if $(late_curl),-lcurl) $(if $(late_git),-lgit2),$(ALL_LIBS))

# Commands are shown short, whole with V=1, not at all with -s.
ifneq ($(V),1)
Q        := @
say       = $(if $(quiet),,@printf '  %-5s %s\n' $(1) $(2))
endif

objs      = $(patsubst %.c,$(BUILD)/%.o,$(1))
PROGRAM  := $(if $(filter build,$(BUILD)),minnow,$(BUILD)/minnow)

## all: build ./minnow
all: $(PROGRAM) languages

$(PROGRAM): $(BUILD)/tui/main.o $(lib_tui)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

define layer_rule
$(BUILD)/lib$(1).a: $(call objs,$($(1)_src))
	$$(Q)rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(foreach l,$(layers),$(eval $(call layer_rule,$(l))))

# Kernels are inlined whole.  Where their variables are would take as long to find out as all the rest: lines are enough.
# Sanitizers and -O3 together would take minutes.
$(BUILD)/kernels/%.o: override CFLAGS += $(if $(SAN),-O1,-O3) $(if $(filter -g,$(OPT)),-g1) $(BLIS_CFLAGS)
$(BUILD)/kernels/cpu.o: override CFLAGS += $(if $(EMULATE),-Dcpu_features=cpu_features_here)
$(BUILD)/registry/late.o: override CFLAGS += $(LATE)
$(BUILD)/kernels/%/encode.o: override CFLAGS += $(if $(SAN),-fno-sanitize=undefined)
# Products go without them: the kernel tests run these between unmapped pages.
inlined := q4_0 q4_k q6_k q8_0 slab ternary
$(foreach i,$(isas),$(inlined:%=$(BUILD)/kernels/$(machine)/$(i)/%.o)): override CFLAGS += $(if $(SAN),-fno-sanitize=all)
$(foreach i,$(isas),$(eval $(BUILD)/kernels/$(machine)/$(i)/%.o: override CFLAGS += $(call isaflag,$(i))))

$(BUILD)/%.o: %.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# The themes are part of the program (.incbin), which the compiler does not tell.
$(BUILD)/tui/theme.o: $(wildcard themes/*.theme)

# The built-in registry likewise, as one text: a line of U+001E and its path before each file.
catalog      := $(sort $(wildcard registry/catalog/models/*/*.json registry/catalog/models/*/*/*.json registry/catalog/models/*/*/*.md))
catalog_pack := $(BUILD)/registry/catalog.pack
catalog_snap := $(BUILD)/registry/catalog.snapshot
$(BUILD)/registry/builtin.o: $(catalog_pack) $(catalog_snap)
$(BUILD)/registry/builtin.o: override CFLAGS += -DCATALOG_PACK='"$(catalog_pack)"' -DCATALOG_SNAPSHOT='"$(catalog_snap)"'
$(catalog_pack): $(catalog) $(wildcard registry/catalog/models registry/catalog/models/* registry/catalog/models/*/*) $(BUILD)/flags
	@mkdir -p $(@D)
	@LC_ALL=C awk 'FNR == 1 { print "\036" substr(FILENAME, length("registry/catalog/") + 1) } { print }' $(catalog) >$@.new
	@mv $@.new $@
# Parsed once, here.  Status 126: built for another machine; that program parses the pack whenever it starts.
snap_maker   := $(BUILD)/registry/catalog/snapshot
$(snap_maker): $(snap_maker).o $(filter-out $(BUILD)/registry/builtin.o,$(call objs,$(registry_src))) $(lib_base)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
$(catalog_snap): $(snap_maker) $(catalog_pack)
	@$(snap_maker) $(catalog_pack) $@ || { [ $$? -eq 126 ] && : >$@; }

# Rewritten only when the compiler or a flag changed: then everything is compiled again.
flags    := $(CC) $(shell $(CC) -dumpversion 2>/dev/null) $(CFLAGS) $(BLIS_CFLAGS) $(LATE) $(foreach i,$(isas),$(call isaflag,$(i)))
$(BUILD)/flags: force
	@mkdir -p $(@D)
	@echo '$(subst ','\'',$(flags))' | cmp -s - $@ || echo '$(subst ','\'',$(flags))' >$@
force:

# ---- languages: tui/po/LANGUAGE.po becomes a catalogue, which the program finds beside itself or in share/locale ----
languages  := $(patsubst tui/po/%.po,%,$(wildcard tui/po/*.po))
catalogues := $(if $(MSGFMT),$(languages:%=$(BUILD)/locale/%/LC_MESSAGES/minnow.mo))
$(catalogues): $(BUILD)/locale/%/LC_MESSAGES/minnow.mo: tui/po/%.po
	@mkdir -p $(@D)
	$(call say,MSG,$<)
	$(Q)$(MSGFMT) -c -o $@ $<
languages: $(catalogues)
	$(if $(MSGFMT),,@echo "minnow: msgfmt (gettext) is not installed: the program speaks English only" >&2)

## po: bring the translations in step with the texts of the program (needs gettext)
po:
	@sh tui/po/extract.sh >$(BUILD)/minnow.pot
	$(Q)for l in $(languages); do \
	    msgmerge --quiet --no-fuzzy-matching --no-wrap --add-location=file --backup=none --update tui/po/$$l.po $(BUILD)/minnow.pot && \
	    msgattrib --no-obsolete --no-wrap -o tui/po/$$l.po tui/po/$$l.po && \
	    msgfmt --statistics -o /dev/null tui/po/$$l.po; \
	done

# ---- run ----
## run: install what is missing, build, and chat (MODEL=… for another model than the guide)
run: $(PROGRAM) languages
	@./$(PROGRAM) $(if $(MODEL),chat "$(MODEL)")

## deps: install what building, testing and fuzzing need (NEEDS="build test simde fuzz guide")
NEEDS ?= build test simde fuzz
deps:
	@CC="$(CC)" sh .ci/deps $(NEEDS)

# ---- tests: tests/<suite>/<layer>_<name>.c is a program that links its layer and those below ----
suites   := unit kernel golden tok net
test_src := $(foreach s,$(suites),$(wildcard tests/$(s)/*.c))
test_bin := $(patsubst %.c,$(BUILD)/%,$(test_src))
fuzz_src := $(filter-out tests/fuzz/replay.c,$(wildcard tests/fuzz/*.c))
fuzz_bin := $(patsubst %.c,$(BUILD)/%,$(fuzz_src))
layer_of  = $(firstword $(subst _, ,$(notdir $(1))))

.SECONDEXPANSION:
$(test_bin): $(BUILD)/%: $(BUILD)/%.o $$(lib_$$(call layer_of,$$*))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -Wl,--as-needed -o $@ $^ $(if $(CROSS),,-lcmocka) $(ALL_LIBS)

# Measurements that no test is: tests/bench/*.sh run them.
bench_bin := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
$(bench_bin): $(BUILD)/%: $(BUILD)/%.o $$(lib_$$(call layer_of,$$*))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)
bench-programs: $(bench_bin)

# With any compiler a fuzz target runs over its corpus; with FUZZER set, libFuzzer drives it.
fuzz_main := $(if $(FUZZER),,$(BUILD)/tests/fuzz/replay.o)
$(fuzz_bin): $(BUILD)/%: $(BUILD)/%.o $(fuzz_main) $$(lib_$$(call layer_of,$$*))
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS) $(if $(FUZZER),-fsanitize=fuzzer) -o $@ $^ $(LIBS)

## test: build and run every suite (SUITES="unit cli/help" for some)
# Only what the suites need; scripts call programs of unit.
wanted    = $(foreach s,unit $(SUITES),$(filter $(BUILD)/tests/$(s)%,$(test_bin) $(fuzz_bin)))
test: $(PROGRAM) languages $(if $(SUITES),$(wanted),$(test_bin) $(fuzz_bin))
	@BUILD=$(BUILD) PROGRAM=$(PROGRAM) sh tests/run.sh $(SUITES)
test-programs: $(test_bin) $(fuzz_bin)
$(call objs,$(test_src)): | $(if $(CROSS),,$(BUILD)/deps-test)
$(BUILD)/deps-test: .ci/deps .ci/deps.txt
	@mkdir -p $(@D)
	@CC="$(CC)" sh .ci/deps test && touch $@

## asan: the tests under AddressSanitizer and UndefinedBehaviorSanitizer
asan:
	@+TEST_SLOW=1 TEST_TIMEOUT=900 $(MAKE) BUILD=build/asan OPT="-O1 -g -fno-omit-frame-pointer" \
	    SAN="-fsanitize=address,undefined -fno-sanitize-recover=all" SUITES="$(or $(SUITES),unit kernel tok golden net cli fuzz)" test

## tsan: the tests that use threads under ThreadSanitizer
tsan:
	@+TEST_SLOW=1 TEST_TIMEOUT=900 $(MAKE) BUILD=build/tsan WEAKEST=1 OPT="-O1 -g" \
	    SAN="-fsanitize=thread" SUITES="$(or $(SUITES),unit golden/core_nano net)" test

## simde: the kernel tests with every instruction set there is, emulated where the processor lacks it
simde:
ifeq ($(machine),x86)
	@CC="$(CC)" sh .ci/deps simde
	@+TEST_SLOW=1 TEST_TIMEOUT=900 $(MAKE) BUILD=build/simde EMULATE=1 simde-run
else
	@echo "simde: nothing is emulated on this kind of machine"
endif
simde-run: $(foreach s,$(or $(SUITES),kernel),$(filter $(BUILD)/tests/$(s)%,$(test_bin)))
	@BUILD=$(BUILD) sh tests/run.sh $(or $(SUITES),kernel)

## arm: the kernel tests on emulated 64-bit ARM processors, one for each row of kernels/arm/isa.def
arm:
	@sh .ci/deps arm
	@+$(MAKE) CC=aarch64-linux-gnu-gcc BUILD=build/arm CROSS=1 arm-run
emulate   = KERN_ISAS="$(2)" TEST_EMULATED=$(3) TEST_TIMEOUT=900 RUNNER="qemu-aarch64 -cpu $(1)" BUILD=$(BUILD) sh tests/run.sh
# The encoder is the same from neon on, and products of the weaker rows have been checked on the strongest processor.
kernel_tests := $(patsubst tests/%.c,%,$(wildcard tests/kernel/*.c))
arm-run: $(filter $(BUILD)/tests/kernel/%,$(test_bin))
	@$(call emulate,max,ref neon dotprod i8mm,all) kernel
	@$(call emulate,neoverse-n1,ref neon dotprod,last) $(filter-out %_encode,$(kernel_tests))
	@$(call emulate,cortex-a53,ref neon,last) $(filter-out %_encode,$(kernel_tests))

## fuzz: feed the parsers random input for FUZZ_SECONDS in all (60); FUZZ_FLAGS are libFuzzer's own
FUZZ_SECONDS ?= 60
FUZZ_FLAGS ?=
fuzz:
	@sh .ci/deps fuzz
	@+$(MAKE) CC=clang BUILD=build/fuzz FUZZER=1 WEAKEST=1 OPT="-O1 -g" \
	    SAN="-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all" fuzz-run
# The targets share the seconds; as many run side by side as there are jobs.
fuzz_runs := $(addprefix fuzz-run-,$(notdir $(fuzz_bin)))
fuzz_each := $(shell n=$$(getconf _NPROCESSORS_ONLN); t=$$(( $(FUZZ_SECONDS) * n / $(words $(fuzz_bin) x) + 1 )); \
		echo $$(( t < $(FUZZ_SECONDS) ? t : $(FUZZ_SECONDS) )))
fuzz-run: $(fuzz_runs)
$(fuzz_runs): fuzz-run-%: $(BUILD)/tests/fuzz/%
	@mkdir -p $(BUILD)/corpus/$*
	@$< -max_total_time=$(fuzz_each) -timeout=10 -rss_limit_mb=2048 -artifact_prefix=$(BUILD)/found-$*- -verbosity=1 $(FUZZ_FLAGS) \
	    $(BUILD)/corpus/$* $(wildcard tests/fuzz/corpus/$(patsubst $(call layer_of,$*)_%,%,$*)) >$(BUILD)/$*.log 2>&1 || \
	    { tail -n 40 $(BUILD)/$*.log; exit 1; }
	@printf '  FUZZ  %s: %s\n' $* "$$(grep -a '^Done' $(BUILD)/$*.log)"

## lint: layers, sizes, tables and documents
lint: $(PROGRAM) languages | $(BUILD)/deps-test
	@BUILD=$(BUILD) PROGRAM=$(PROGRAM) sh tests/run.sh lint

## man: write the tables of the program into the manual pages
man: $(PROGRAM)
	$(Q)for page in man/*.[1-9]; do \
	    sh man/splice.sh ./$(PROGRAM) $$page >$(BUILD)/page && { cmp -s $(BUILD)/page $$page || cp $(BUILD)/page $$page; }; \
	done

## bench: prompt and generation speed (MODEL=…, else the guide)
bench: $(PROGRAM)
	@./$(PROGRAM) bench $(or $(MODEL),guide)

## guide: write the guide's corpus from the program's tables and train it again (under two hours on two cores)
guide: $(PROGRAM)
	@sh .ci/deps guide
	@PROGRAM=./$(PROGRAM) PYTHON=$$([ -x build/python/bin/python3 ] && echo build/python/bin/python3 || echo python3) \
	    sh registry/guide/make.sh

# ---- installation ----
share    := $(DESTDIR)$(PREFIX)/share
pages_of_languages := $(wildcard man/*/man[1-9]/*.[1-9])
## install: program, manual, themes, guide and completions under PREFIX (/usr/local), below DESTDIR
install: $(PROGRAM) languages
	install -d $(DESTDIR)$(PREFIX)/bin $(share)/minnow/themes $(share)/minnow/guide $(share)/man/man1 $(share)/man/man5 $(share)/man/man7 \
	    $(share)/bash-completion/completions $(share)/zsh/site-functions $(share)/fish/vendor_completions.d
	install -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/bin/minnow
	$(foreach f,$(wildcard themes/*.theme),install -m 644 $(f) $(share)/minnow/themes &&) true
	$(foreach f,$(wildcard registry/guide/*.gguf),install -m 644 $(f) $(share)/minnow/guide &&) true
	$(foreach f,$(wildcard man/*.[1-9]),install -m 644 $(f) $(share)/man/man$(subst .,,$(suffix $(f))) &&) true
	$(foreach f,$(pages_of_languages),install -d $(share)/$(dir $(f)) && install -m 644 $(f) $(share)/$(f) &&) true
	$(foreach f,$(catalogues),install -d $(share)/$(patsubst $(BUILD)/%,%,$(dir $(f))) && install -m 644 $(f) $(share)/$(patsubst $(BUILD)/%,%,$(f)) &&) true
	./$(PROGRAM) completion bash >$(share)/bash-completion/completions/minnow
	./$(PROGRAM) completion zsh >$(share)/zsh/site-functions/_minnow
	./$(PROGRAM) completion fish >$(share)/fish/vendor_completions.d/minnow.fish

## uninstall: remove what install put there
uninstall:
	rm -rf $(share)/minnow
	rm -f $(DESTDIR)$(PREFIX)/bin/minnow $(foreach f,$(wildcard man/*.[1-9]),$(share)/man/man$(subst .,,$(suffix $(f)))/$(notdir $(f))) \
	    $(addprefix $(share)/,$(pages_of_languages)) $(languages:%=$(share)/locale/%/LC_MESSAGES/minnow.mo) \
	    $(share)/bash-completion/completions/minnow $(share)/zsh/site-functions/_minnow \
	    $(share)/fish/vendor_completions.d/minnow.fish

## clean: remove everything that was built (not what was installed)
clean:
	rm -rf build minnow

## help: this list
help:
	@sed -n 's/^## \([a-z]*\): \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 16

.PHONY: all languages po install uninstall run deps test test-programs bench-programs asan tsan simde simde-run arm arm-run fuzz fuzz-run $(fuzz_runs) lint man bench guide clean help force
.SECONDARY:
-include $(patsubst %.o,%.d,$(BUILD)/tui/main.o $(snap_maker).o $(foreach l,$(layers),$(call objs,$($(l)_src))) \
	$(call objs,$(test_src) $(fuzz_src) tests/fuzz/replay.c))
