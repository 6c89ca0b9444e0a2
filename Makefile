# minnow: no configure step.  Objects go to build/, the program is ./minnow.  `make help` lists the targets.
MAKEFLAGS += --no-builtin-rules
CC       ?= cc
ifeq ($(origin CC),default)
CC       := cc
endif
BUILD    ?= build
PREFIX   ?= /usr/local
OPT      ?= -O2 -g

machine  := $(shell $(CC) -dumpmachine | sed 's/^x86_64.*/x86/; s/^aarch64.*/arm/; s/^riscv64.*/riscv/')
isas     := $(shell sed -n 's/^ISA.\([a-z0-9_]*\),.*/\1/p' kernels/$(machine)/isa.def 2>/dev/null)
isaflag   = $(shell sed -n 's/^ISA.$(1),.*"\(.*\)".*/\1/p' kernels/$(machine)/isa.def)

pkgs     := jansson libpcre2-8 libutf8proc ncursesw libgit2
PKG_CFLAGS := $(shell pkg-config --cflags $(pkgs) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(pkgs) 2>/dev/null)
BLIS_CFLAGS := $(firstword $(foreach d,$(wildcard /usr/include/blis /usr/include/*/blis /usr/local/include/blis),-I$(d)))

WARN     := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wvla -Wpointer-arith -Wcast-qual -Wundef
override CFLAGS += -std=gnu17 $(OPT) $(WARN) -fno-math-errno -ffp-contract=off -fno-common -pthread -I. $(PKG_CFLAGS) $(SAN)
override LDFLAGS += -pthread $(SAN)
LIBS     := $(PKG_LIBS) -lblis -lm

base_src     := $(wildcard core/base/*.c)
kern_src     := $(wildcard kernels/*.c kernels/ref/*.c kernels/fmt/*.c) $(foreach i,$(isas),$(wildcard kernels/$(machine)/$(i)/*.c))
core_src     := $(wildcard core/*.c core/tok/*.c core/jinja/*.c core/arch/*.c)
registry_src := $(wildcard registry/*.c)
tui_src      := $(filter-out tui/main.c,$(wildcard tui/*.c tui/*/*.c))

objs      = $(patsubst %.c,$(BUILD)/%.o,$(1))
layers   := base kern core registry tui
libs     := $(foreach l,$(layers),$(BUILD)/lib$(l).a)
# A layer links with itself and those below it, in this order.
lib_tui      := $(BUILD)/libtui.a $(BUILD)/libregistry.a $(BUILD)/libcore.a $(BUILD)/libkern.a $(BUILD)/libbase.a
lib_registry := $(BUILD)/libregistry.a $(BUILD)/libbase.a
lib_core     := $(BUILD)/libcore.a $(BUILD)/libkern.a $(BUILD)/libbase.a
lib_kern     := $(BUILD)/libkern.a $(BUILD)/libbase.a
lib_base     := $(BUILD)/libbase.a

PROGRAM  := $(if $(filter build,$(BUILD)),minnow,$(BUILD)/minnow)
all: $(PROGRAM)

$(PROGRAM): $(BUILD)/tui/main.o $(libs)
	$(CC) $(LDFLAGS) -o $@ $(BUILD)/tui/main.o $(lib_tui) $(LIBS)

define layer_rule
$(BUILD)/lib$(1).a: $(call objs,$($(1)_src))
	@rm -f $$@
	$$(AR) rcs $$@ $$^
endef
$(foreach l,$(layers),$(eval $(call layer_rule,$(l))))

$(BUILD)/kernels/%.o: override CFLAGS += -O3 $(BLIS_CFLAGS)
$(foreach i,$(isas),$(eval $(BUILD)/kernels/$(machine)/$(i)/%.o: override CFLAGS += $(call isaflag,$(i))))

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

# Tests: tests/<suite>/<layer>_<name>.c is a cmocka program that links its layer and those below.
suites   := unit kernel golden tok
test_src := $(foreach s,$(suites),$(wildcard tests/$(s)/*.c))
test_bin := $(patsubst %.c,$(BUILD)/%,$(test_src))
test_layer = $(firstword $(subst _, ,$(notdir $(1))))
.SECONDEXPANSION:
$(test_bin): $(BUILD)/%: $(BUILD)/%.o $$(lib_$$(call test_layer,$$*))
	$(CC) $(LDFLAGS) -o $@ $< $(lib_$(call test_layer,$*)) -lcmocka $(LIBS)

test-programs: $(test_bin)
test: $(PROGRAM) test-programs
	@BUILD=$(BUILD) PROGRAM=$(PROGRAM) sh tests/run.sh

clean:
	rm -rf build minnow

.PHONY: all test test-programs clean
.SECONDARY:
-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
