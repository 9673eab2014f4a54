#!/usr/bin/env bash
# The static checks, one after the other; all of them run, and then any finding fails.
# usage: BUILD=DIR CLANG_BUILD=DIR LINT_CFLAGS=... lint.sh    (from `make lint`)
set -u
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
failed=()

step() {
	local name=$1
	shift
	printf '== %s\n' "$name"
	"$@" || failed+=("$name")
}

mapfile -t sources < <(find helper client common config tests -name '*.[ch]' | sort)
mapfile -t trusted < <(find helper common -name '*.c' | sort)
mapfile -t scripts < <(grep -rlE '^#!.*\b(ba)?sh\b|shellcheck shell=' config tests .ci | sort)
mapfile -t pages < <(find config/man -name '*.[1-8]' 2>/dev/null | sort)

# As make would give them to a shell, quotes and all; what only gcc knows, and what writes
# dependencies, is for the build.
declare -a cflags
eval "cflags=($LINT_CFLAGS)"
clang_flags=()
for flag in "${cflags[@]}"; do
	case $flag in
	-ftrivial-auto-var-init=* | -MMD | -MP) ;;
	*) clang_flags+=("$flag") ;;
	esac
done

# each COMMAND...: on every file of the trusted base, a process each, as many as there are cores
each() {
	printf '%s\0' "${trusted[@]}" | xargs -0 -P "$(nproc)" -I '{}' "$@"
}

analyze() {
	each gcc "${cflags[@]}" -fanalyzer -c -o /dev/null -MF /dev/null '{}'
}

tidy() {
	# Many files in one process share state: false "uninitialized va_list".
	each clang-tidy --quiet '{}' -- "${clang_flags[@]}" 2>&1 |
		sed '/^[0-9]* warnings\? generated\.$/d; /^Suppressed /d; /^Use -header-filter/d'
	return "${PIPESTATUS[0]}"
}

manuals() {
	local page bad=0
	for page in "${pages[@]}"; do
		mandoc -T lint -W warning "$page" || bad=1
	done
	return "$bad"
}

step clang-format clang-format --dry-run -Werror "${sources[@]}"
step "clang build" make --no-print-directory --keep-going CC=clang BUILD="$CLANG_BUILD" all
step "gcc -fanalyzer" analyze
step clang-tidy tidy
# ctuuninitvar: takes an out-parameter's address for a use of it.
step cppcheck cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 --language=c \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=ctuuninitvar -D_GNU_SOURCE -DBERTH_VERSION='""' -DBERTH_PREFIX='""' \
    -DBERTH_LIBEXEC='""' -I. helper common client config
# Warnings and errors; style is for its author. SC2016: tests hand code in single quotes to other shells. SC2317: "run f" calls f.
step shellcheck shellcheck --severity=warning --external-sources --source-path=SCRIPTDIR --source-path=tests/lib \
    --exclude=SC2016,SC2317 "${scripts[@]}"
[ ${#pages[@]} -eq 0 ] || step mandoc manuals
step structure prove --exec tests/run/one.sh tests/lint/structure.t tests/lint/mutants.t tests/lint/summary.t

if [ ${#failed[@]} -gt 0 ]; then
	printf 'lint: findings in: %s\n' "$(IFS=, && echo "${failed[*]}")" >&2
	exit 1
fi
echo "lint: nothing found"
