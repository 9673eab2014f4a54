# SPDX-License-Identifier: ISC
# What `make check`, `lint`, `budget`, `cover`, `fuzz` and `bench` do. Included by GNUmakefile.
#
# Units: tests/unit/test_NAME.c, one cmocka group and one program each. It links with common/, and
#   test_launcher_NAME.c  with helper/launcher but its main.c
#   test_admin_NAME.c     with helper/admin but its main.c
#   test_client_NAME.c    with client/lib and client/berth but its main.c
#   test_engine_NAME.c    with client/lib and client/engine but its main.c
#   test_archive_NAME.c   with client/archive but its main.c
# taken from archives, so a test that includes a .c file to reach its static functions gets that
# file once. System calls are replaced where the test says so, in lines of their own:
#   /* WRAP: setresuid capset */
# each of which becomes -Wl,--wrap=NAME; the test defines __wrap_NAME.
# Fuzz targets: tests/fuzz/fuzz_NAME.c by the same rule of names (fuzz_launcher_NAME.c ...), inputs
# in tests/fuzz/corpus/NAME/ (launcher_NAME/ ...), replayed by `make check`; words for libFuzzer to
# make inputs of, if there are any, in tests/fuzz/dict/NAME. WRAP as above.
# Programs for shell tests: tests/{attack,e2e,bench}/NAME.c, static, in $(BUILD)/tests/bin/NAME.

UNITS   := $(wildcard tests/unit/test_*.c)
FUZZERS := $(wildcard tests/fuzz/fuzz_*.c)
TOOLS   := $(wildcard tests/attack/*.c tests/e2e/*.c tests/fault/*.c tests/bench/*.c)
SHELL_TESTS := $(foreach d,e2e attack fault model,$(sort $(wildcard tests/$(d)/*.t)))
# Those of them that do more when BERTH_LONG is set.
LONG_TESTS := $(shell grep -l BERTH_LONG $(SHELL_TESTS))

TESTBIN := $(BUILD)/tests/bin
TOOL_BINS := $(patsubst %.c,$(TESTBIN)/%,$(notdir $(TOOLS)))
vpath %.c tests/attack tests/e2e tests/fault tests/bench

$(TOOL_BINS): $(TESTBIN)/%: %.c
	$(call say,cc)
	@mkdir -p $(@D)
	$(CC) -std=gnu11 -Wall -Wextra -Werror -O2 $(TOOL_FLAGS) -I. -MMD -MP -static -o $@ $<
$(TOOL_BINS): TOOL_FLAGS := -D_GNU_SOURCE
# A program of another architecture, which wants no library of it.
$(TESTBIN)/call32: TOOL_FLAGS := -m32 -ffreestanding -nostdlib -fno-stack-protector -fno-pie

# --- berth and its engine once more, of another version: what an upgrade finds there -----------------
# The same objects but for those that know the version; no program of the tests runs them else.
OLD_VERSION := 0.0.9
OLD_BINS := $(TESTBIN)/berth-$(OLD_VERSION) $(TESTBIN)/berth-engine-$(OLD_VERSION)
VERSIONED := $(shell grep -ls BERTH_VERSION $(CLIENT) $(ENGINE))
old_obj = $(patsubst %.c,$(BUILD)/old/%.o,$(filter $(VERSIONED),$(1))) \
	$(call obj,$(filter-out $(VERSIONED),$(1)))

$(BUILD)/old/%.o: %.c
	$(call say,cc)
	@mkdir -p $(@D)
	$(CC) $(ALLCFLAGS) -UBERTH_VERSION -DBERTH_VERSION='"$(OLD_VERSION)"' -c -o $@ $<
$(TESTBIN)/berth-$(OLD_VERSION): $(call old_obj,$(CLIENT)) $(call obj,$(COMMON)) $(GEN_CLIENT)
	$(call say,link)
	@mkdir -p $(@D)
	$(CC) -static-pie $(ALLLDFLAGS) -o $@ $^ -ljson-c
$(TESTBIN)/berth-engine-$(OLD_VERSION): $(call old_obj,$(ENGINE)) $(call obj,$(COMMON)) $(GEN_ENGINE)
	$(call say,link)
	@mkdir -p $(@D)
	$(CC) -static-pie $(ALLLDFLAGS) -o $@ $^ -ljson-c

# --- the same sources, built in other ways ---------------------------------------------------------
# san: under the sanitizers, for units and for the replay of the corpora; cov: counted by gcov;
# fuz: clang's libFuzzer. The sanitizers grow frames and find null where there is none.
TEST_WARN := $(filter-out -Wframe-larger-than=% -Wnull-dereference,$(WARN))
SANITIZE := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
CC_san := $(CC)
CC_cov := gcc
CC_fuz := clang
FLAGS_san := $(TEST_WARN) $(SANITIZE)
FLAGS_cov := $(TEST_WARN) -O0 -g --coverage
FLAGS_fuz := $(TEST_WARN) $(SANITIZE) -fsanitize=fuzzer-no-link

BUT_MAIN = $(filter-out %/main.c,$(1))
PART_common   := $(COMMON)
PART_launcher := $(call BUT_MAIN,$(LAUNCHER))
PART_admin    := $(call BUT_MAIN,$(ADMIN))
PART_client   := $(call BUT_MAIN,$(CLIENT))
PART_engine   := $(call BUT_MAIN,$(ENGINE))
PART_archive  := $(call BUT_MAIN,$(ARCHIVE))
PARTS := common launcher admin client engine archive
GEN_PART_launcher := filter_ceiling filter_watch
GEN_PART_client   := filter_ceiling
GEN_PART_engine   := filter_job
GEN_PART_archive  := filter_archive

# $(call archives,VARIANT,NAME): what a test or fuzz target of that name links with.
part_of = $(filter $(PARTS),$(firstword $(subst _, ,$(1))))
archives = $(foreach p,$(sort $(call part_of,$(2)) common),$(BUILD)/$(1)/lib$(p).a)

define variant
$(BUILD)/$(1)/%.o: %.c
	$$(call say,cc)
	@mkdir -p $$(@D)
	$$(CC_$(1)) -std=gnu11 $$(FLAGS_$(1)) $$(DEFS) $$(INCLUDE) -MMD -MP -c -o $$@ $$<
$(BUILD)/$(1)/gen/%.o: $(BUILD)/gen/%.c
	$$(call say,cc)
	@mkdir -p $$(@D)
	$$(CC_$(1)) -std=gnu11 $$(FLAGS_$(1)) $$(DEFS) $$(INCLUDE) -MMD -MP -c -o $$@ $$<
endef

# P: two files of the same name in two folders are two members.
define archive
$(BUILD)/$(1)/lib$(2).a: $(patsubst %.c,$(BUILD)/$(1)/%.o,$(PART_$(2))) \
    $(patsubst %,$(BUILD)/$(1)/gen/%.o,$(GEN_PART_$(2)))
	$$(call say,ar)
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcP $$@ $$^
endef

LIBS = $(if $(filter %/libarchive.a,$^),-larchive,-lcap -ljson-c)
GROUP = -Wl,--start-group $(filter %.a,$^) -Wl,--end-group $(LIBS)
WRAPS = $$(sed -n 's|^/\* WRAP: \(.*\) \*/$$|\1|p' $< | tr -s ' ' '\n' | sed 's/^/-Wl,--wrap=/')

# $(1): variant, $(2): test_NAME
define unit
$(BUILD)/$(1)/unit/$(2): tests/unit/$(2).c $(EXTRA_$(1)) $(call archives,$(1),$(2:test_%=%))
	$$(call say,cc)
	@mkdir -p $$(@D)
	$$(CC_$(1)) -std=gnu11 $$(FLAGS_$(1)) $$(DEFS) $$(INCLUDE) -MMD -MP -o $$@ $$< \
	    $(EXTRA_$(1)) $$(WRAPS) $$(GROUP) -lcmocka
endef

# $(1): NAME of fuzz_NAME.c
define fuzzer
$(BUILD)/san/fuzz/replay_$(1): tests/fuzz/fuzz_$(1).c $(BUILD)/san/tests/fuzz/replay_main.o \
    $(call archives,san,$(1))
	$$(call say,cc)
	@mkdir -p $$(@D)
	$$(CC_san) -std=gnu11 $$(FLAGS_san) $$(DEFS) $$(INCLUDE) -MMD -MP -o $$@ $$< \
	    $$(filter %.o,$$^) $$(WRAPS) $$(GROUP)
$(BUILD)/fuz/fuzz_$(1): tests/fuzz/fuzz_$(1).c $(call archives,fuz,$(1))
	$$(call say,cc)
	@mkdir -p $$(@D)
	$$(CC_fuz) -std=gnu11 $$(FLAGS_fuz) -fsanitize=fuzzer $$(DEFS) $$(INCLUDE) -MMD -MP -o $$@ $$< $$(WRAPS) $$(GROUP)
endef

# What _exit(2) would lose is written out before: see the file.
EXTRA_cov := $(BUILD)/cov/tests/lib/cover_exit.o
FLAGS_cov += -Wl,--wrap=_exit

UNIT_NAMES   := $(basename $(notdir $(UNITS)))
FUZZ_NAMES   := $(patsubst fuzz_%,%,$(basename $(notdir $(FUZZERS))))
UNIT_BINS    := $(UNIT_NAMES:%=$(BUILD)/san/unit/%)
COVER_BINS   := $(UNIT_NAMES:%=$(BUILD)/cov/unit/%)
REPLAY_BINS  := $(FUZZ_NAMES:%=$(BUILD)/san/fuzz/replay_%)
FUZZ_BINS    := $(FUZZ_NAMES:%=$(BUILD)/fuz/fuzz_%)
FUZZ_SECONDS ?= 10

$(foreach v,san cov fuz,$(eval $(call variant,$(v))))
$(foreach v,san cov fuz,$(foreach p,$(PARTS),$(eval $(call archive,$(v),$(p)))))
$(foreach v,san cov,$(foreach t,$(UNIT_NAMES),$(eval $(call unit,$(v),$(t)))))
$(foreach t,$(FUZZ_NAMES),$(eval $(call fuzzer,$(t))))

# --- targets -------------------------------------------------------------------------------------
PROVE := prove --exec tests/run/one.sh

check: ## as root: all tests, or TESTS=tests/e2e/run_flags.t; the host stays as it was
	@tests/run/need_root.sh check
	tests/run/deps.sh test
	$(MAKE) $(if $(TESTS),all $(TOOL_BINS) $(OLD_BINS),programs-for-check)
	BUILD='$(BUILD)' tests/run/prove.sh $(or $(TESTS),$(UNIT_BINS) $(REPLAY_BINS) tests/lint/hardening.t $(SHELL_TESTS))

check-long: ## as root: every fault, kill and race, where check takes a sample (hours)
	@tests/run/need_root.sh check-long
	tests/run/deps.sh test
	$(MAKE) programs-for-check
	BERTH_LONG=1 TEST_SECONDS=14400 BUILD='$(BUILD)' $(PROVE) -v $(LONG_TESTS)

soak: ## as root: 100,000 jobs one after another, 1,000 at once: nothing grows (half an hour)
	@tests/run/need_root.sh soak
	tests/run/deps.sh test
	$(MAKE) all $(TOOL_BINS)
	BERTH_LONG=1 SOAK_MANY=100000 TEST_SECONDS=14400 BUILD='$(BUILD)' $(PROVE) -v tests/e2e/soak.t tests/e2e/soak_many.t

check-vm: ## as root: tests in virtual machines, on other kernels and a whole Debian 12
	@tests/run/need_root.sh check-vm
	tests/run/deps.sh vm
	$(MAKE) all $(TOOL_BINS) $(OLD_BINS)
	TEST_SECONDS=$(if $(BERTH_LONG),28800,3600) BUILD='$(BUILD)' $(PROVE) $(sort $(wildcard tests/vm/*.t))
check-fresh: ## as root: README's two commands on a fresh Debian 12; FRESH=all: all of make check there
	@tests/run/need_root.sh check-fresh
	tests/run/deps.sh vm
	FRESH='$(FRESH)' tests/run/fresh.sh
.PHONY: soak check-vm check-fresh

model: ## the model of an engine's life, with more bounds than in check (minutes, 2 GB)
	tests/model/model.sh long

programs-for-check: all $(UNIT_BINS) $(REPLAY_BINS) $(TOOL_BINS) $(OLD_BINS)

units: $(UNIT_BINS) $(REPLAY_BINS) ## the unit tests and the replay of the corpora alone, without root
	$(PROVE) $(UNIT_BINS) $(REPLAY_BINS)

lint: export LINT_CFLAGS = $(ALLCFLAGS)
lint: all ## every static check, and the tests of the code's structure
	+BUILD='$(BUILD)' CLANG_BUILD='$(BUILD)/clang' tests/run/lint.sh

budget: ## lines of code of the launcher and what it links of common/
	tests/run/budget.sh

cover: $(COVER_BINS) $(patsubst %.c,$(BUILD)/cov/%.o,$(LAUNCHER) $(COMMON)) ## coverage of the trusted base by the unit tests
	BUILD='$(BUILD)' tests/run/cover.sh $(COVER_BINS)

fuzz: $(FUZZ_BINS) ## every fuzz target for FUZZ_SECONDS
	BUILD='$(BUILD)' FUZZ_SECONDS='$(FUZZ_SECONDS)' tests/run/fuzz.sh $(FUZZ_NAMES)

fuzz-corpus: $(FUZZ_BINS) ## what fuzz has found into the corpora, which become as small as can be
	BUILD='$(BUILD)' FUZZ_MERGE=1 tests/run/fuzz.sh $(FUZZ_NAMES)

reproducible: ## build twice in different directories, and compare bit by bit
	CC='$(CC)' tests/run/reproducible.sh

audit: all ## what the launcher is, links, calls and keeps, and the order to read it in
	BUILD='$(BUILD)' tests/run/audit.sh

# ONLY='FILE...': the guards of these files; SAMPLE=N SEED=S: N mutants that the table has.
mutants: export MUTANT_CFLAGS = -std=gnu11 $(DEFS) -I$(BUILD)/gen
mutants: all $(TOOL_BINS) ## as root: remove every guard, one at a time; a test must notice; ONLY=, SAMPLE=, SEED=
	@tests/run/need_root.sh mutants
	BUILD='$(BUILD)' tests/run/mutants.py $(if $(SAMPLE),--sample $(SAMPLE) --seed $(or $(SEED),1),$(ONLY))

controls: all $(TOOL_BINS) ## as root: take defences out one at a time, and see the attack tests notice
	@tests/run/need_root.sh controls
	BUILD='$(BUILD)' tests/run/controls.sh

bench: all $(TOOL_BINS) ## as root: berth beside bubblewrap, crun and podman; RUNS=, JOBS=, FILES=
	@tests/run/need_root.sh bench
	BUILD='$(BUILD)' tests/bench/bench.sh

bench-check: bench ## as root: bench, and fail when a target is missed by more than a quarter
	python3 tests/bench/table.py --check '$(BUILD)/bench.json'

.PHONY: check check-long model programs-for-check units lint budget cover fuzz fuzz-corpus reproducible audit mutants controls bench bench-check
