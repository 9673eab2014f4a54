#!/usr/bin/env bash
# What an auditor wants to know of the setuid program before the first line of it is read: what the
# file is, what is in it, what it asks of libc and of the kernel, which capabilities it keeps, and in
# which order its sources are read best. All of it is taken from the program and the sources as they
# are; what is listed by hand here (the order) is checked to be complete.
# usage: BUILD=DIR audit.sh
set -euo pipefail
export LC_ALL=C
cd "${BASH_SOURCE[0]%/*}/../.."
build=${BUILD:-build}
launcher=$build/berth-launcher

# First what is decided, then who does it, as a start goes on: header, code, in one row.
order=(
	common/err.h common/err.c common/io.h common/io.c common/path.h common/path.c
	common/idmap.h common/idmap.c common/when.c
	common/entitlement.h common/entitlement.c common/inistrict.h common/inistrict.c
	common/policy.h common/policy.c common/allowlist.c common/hostconf.c
	common/decide.h common/decide.c common/facts.h common/facts.c common/filter.h
	helper/launcher/main.c helper/launcher/launcher.h helper/launcher/sanitize.c
	helper/launcher/self.c helper/launcher/priv.h helper/launcher/priv.c helper/launcher/caller.c
	helper/launcher/trustfile.c helper/launcher/place.c helper/launcher/audit.c
	helper/launcher/end.c helper/launcher/verb_start.c helper/launcher/verb_once.c
	helper/launcher/verb_mount.c helper/launcher/runtime_dir.c helper/launcher/cgroup.c helper/launcher/split.h
	helper/launcher/split.c helper/launcher/share.c helper/launcher/namespaces.c
	helper/launcher/launch.h helper/launcher/launch.c helper/launcher/watch.c
)

title() {
	printf '\n%s\n' "$1"
}

# Indented, as wide as the page.
words() {
	tr '\n' ' ' | fold -s -w 94 | sed 's/^/  /; s/ *$//'
	echo
}

only_in() {
	diff <(printf '%s\n' "${order[@]}" | sort) <(printf '%s\n' helper/launcher/*.[ch] common/*.[ch] | sort)
}
if ! only_in >&2; then
	echo "audit.sh: the reading order (<) and the folders (>) differ" >&2
	exit 1
fi

title "The program"
printf '  %-10s %s\n' sha256 "$(sha256sum <"$launcher" | cut -d' ' -f1)"
printf '  %-10s %s bytes, as built (with symbols)\n' size "$(stat -c %s "$launcher")"
size "$launcher" | awk 'NR == 2 { printf "  %-10s text %d, data %d, bss %d\n", "memory", $1, $2, $3 }'
printf '  %-10s %s\n' compiler "$(readelf -p .comment "$launcher" | sed -n 's/.*\] *//p' | paste -sd';' | sed 's/;/; /g')"
printf '  %-10s %s\n' rebuild "make reproducible: the same bytes from any directory"

title "What is linked into it (static-pie, no interpreter, no shared library)"
# A package may be there for several architectures.
dpkg-query -W -f "  \${Package} \${Version} (\${Architecture})\n" libc6-dev 2>/dev/null |
	grep -F "$(dpkg --print-architecture)" || echo "  libc6-dev: not from Debian"

mapfile -t objects < <(printf '%s\n' "${order[@]}" | sed -n "s|^\(.*\)\.c\$|$build/\1.o|p")
title "What it calls of it"
comm -23 <(nm -u "${objects[@]}" | awk '$1 == "U" && $2 !~ /^_GLOBAL_/ { print $2 }' | sort -u) \
    <(nm --defined-only "${objects[@]}" "$build"/gen/filter_{ceiling,watch}.o | awk 'NF == 3 { print $3 }' | sort -u) | words

title "System calls from the decision to the engine (held by tests/attack/early_start.t)"
grep -v '^#' tests/attack/golden/launcher_calls | words
title "System calls of the verb mount from the decision on (held by tests/attack/b09_mount_calls.t)"
grep -v '^#' tests/attack/golden/mount_calls | words
title "System calls of the one process that stays for a grant with an end (its filter; tests/attack/watcher.t)"
grep -v '^#' config/seccomp/watch.list | sed '/^$/d; s/^/  /'

title "Capabilities that it keeps, each effective around single calls"
sed -n '/^static const uint32_t needed/,/BIT([A-Z_]*);/s/^ *BIT(\(CAP_[A-Z_]*\))[^*]*\/\* \(.*\) \*\/.*$/  \1: \2/p' helper/launcher/priv.c

title "Reading order (lines of code by cloc; what the file is for)"
counts=$(cloc --quiet --csv --by-file --include-lang=C,'C/C++ Header' helper/launcher common)
total=0
for file in "${order[@]}"; do
	lines=$(awk -F, -v f="$file" '$2 == f { print $5 }' <<<"$counts")
	total=$((total + lines))
	# The header's first sentence.
	purpose=$(sed -n '3,/^ \* TRUST/s/^ \* //p' "$file" | grep -v '^TRUST' | tr '\n' ' ' | sed 's/\. .*//; s/[.:;]* *$//')
	printf '  %4d  %-30s %s\n' "$lines" "$file" "$purpose"
done
printf '  %4d  in all; make budget\n' "$total"

title "What was done to it"
cat <<'END'
  SECURITY.md            attack class, defence, test, and the control that shows that the test can fail
  tests/audit/           reviews, the table of removed guards, the last long run
  make cover             100 % of the lines, and the branches that are left, with a reason each
  make mutants           every check taken out or inverted, one at a time; a test must notice
  make controls          the defences of SECURITY.md taken out; the attack test must notice
  make fuzz, check-long  fuzzing; every fault, kill and race
END
