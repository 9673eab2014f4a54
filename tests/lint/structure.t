#!/usr/bin/env bash
# The rules of the code that a machine can read: what each file says of itself, who includes whom,
# which object may touch privilege, which functions have no place in the trusted base.
# Needs the objects in $BUILD and the compiler flags in $LINT_CFLAGS: `make lint` gives both.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
BUILD=${BUILD:-build}

[ -d "$BUILD/helper/launcher" ] || skip_all "nothing is built in $BUILD"

# A rule is shown with the places that break it; none may.
holds() {
	if [ -z "$2" ]; then
		pass "$1"
	else
		fail "$1"
		diag "$2"
	fi
}

code() {
	find "$@" -name '*.[ch]' 2>/dev/null | sort
}

# The comment at the head: from the second line to the first that ends it.
head_comment() {
	awk 'NR > 1 { print } /\*\// && NR > 1 { exit }' "$1"
}

without_spdx() {
	local file
	while IFS= read -r file; do
		[ "$(head -n1 "$file")" = '/* SPDX-License-Identifier: ISC */' ] || echo "$file"
	done < <(code helper client common config tests)
}
holds "every .c and .h begins with its SPDX line" "$(without_spdx)"

# wrong_trust REGEX DIR...
wrong_trust() {
	local file head trust want=$1
	shift
	while IFS= read -r file; do
		head=$(head_comment "$file")
		trust=$(sed -n 's/^ \* TRUST: *//p' <<<"$head")
		[[ $trust =~ $want ]] || echo "$file: TRUST: ${trust:-missing}"
		grep -q '^ \* INPUT: *[^ ]' <<<"$head" || echo "$file: no INPUT:"
		grep -q '^ \* MUST: *[^ ]' <<<"$head" || echo "$file: no MUST:"
	done < <(code "$@")
}
holds "helper/ says TRUST: privileged" "$(wrong_trust '^privileged$' helper)"
holds "common/ says TRUST: privileged, pure, or shared" \
    "$(wrong_trust '^(privileged, pure|shared, reads hostile input)$' common)"
holds "client/ says TRUST: unprivileged" \
    "$(wrong_trust '^(unprivileged|shared, reads hostile input)$' client)"

# Only helper/ holds code that runs with privilege, so nothing else may look into it.
includes() {
	local from=$1 what=$2
	grep -rnE "^[[:space:]]*#[[:space:]]*include[[:space:]]+[<\"]([^>\"]*/)?($what)/" "$from" \
	    --include='*.[ch]' 2>/dev/null
}
holds "helper/ does not include client/" "$(includes helper client)"
holds "client/ does not include helper/" "$(includes client helper)"
holds "common/ includes neither" "$(includes common 'helper|client')"
holds "no file includes upwards" \
    "$(grep -rnE '#[[:space:]]*include.*\.\./' helper client common --include='*.[ch]')"

# Own header first: what a header forgot is found by its own source.
own_header_late() {
	local file own first
	while IFS= read -r file; do
		own=${file%.c}.h
		[ -f "$own" ] || continue
		first=$(sed -n 's/^#include *[<"]\([^>"]*\)[>"].*/\1/p' "$file" | head -n1)
		[ "$first" = "$own" ] || echo "$file: first includes $first"
	done < <(find helper client common -name '*.c' | sort)
}
holds "a source includes its own header first" "$(own_header_late)"

bad_guard() {
	local file guard folder
	while IFS= read -r file; do
		folder=${file%/*}
		guard=$(tr 'a-z/.-' 'A-Z___' <<<"${folder##*/}/${file##*/}")
		grep -qE "^#ifndef ([A-Z]+_)*$guard\$" "$file" || echo "$file: wants $guard"
	done < <(find helper client common -name '*.h' | sort)
}
holds "a header's guard has its path in its name" "$(bad_guard)"

lonely_headers() {
	local file
	# shellcheck disable=SC2086
	while IFS= read -r file; do
		printf '#include "%s"\n' "$file" |
			gcc ${LINT_CFLAGS:--std=gnu11 -D_GNU_SOURCE -I. -MMD} -MF /dev/null -x c \
			    -fsyntax-only - 2>&1
	done < <(find helper client common -name '*.h' | sort)
}
holds "every header compiles alone" "$(lonely_headers)"

# --- what the objects call -------------------------------------------------------------------------

objects() {
	local dir
	for dir; do
		find "$BUILD/$dir" -name '*.o' 2>/dev/null
	done | sort
}

# callers REGEX DIR...: "object: symbol" for each undefined symbol that matches as a whole
callers() {
	local regex=$1 object
	shift
	while IFS= read -r object; do
		nm -u "$object" | awk -v o="${object#"$BUILD"/}" -v r="^(__)?($regex)(_chk)?\$" \
		    '{ sub(/@.*/, "", $2) } $2 ~ r { print o ": " $2 }'
	done < <(objects "$@")
}

identity='set(res|re|e|fs)?[ug]id|setgroups|initgroups|capset|prctl|cap_[a-z_]+'
holds "only priv.c changes ids, groups, capabilities" \
    "$(callers "$identity" helper/launcher common | grep -v '^helper/launcher/priv\.o: ')"
execution='exec(l|v|le|lp|ve|vp|vpe|veat)|fexecve|fork|_Fork|vfork|clone|clone3|posix_spawnp?|daemon'
holds "only launch.c forks and executes" \
    "$(callers "$execution" helper/launcher common | grep -v '^helper/launcher/launch\.o: ')"

# syscall(2) goes past both rules by number: who uses it says which calls and why.
silent_syscalls() {
	local object source
	while IFS= read -r object; do
		source=${object%.o:*}.c
		grep -q '/\* SYSCALL: ' "$source" || echo "$source: calls syscall(2) without a SYSCALL: comment"
	done < <(callers syscall helper/launcher common)
}
holds "who calls syscall(2) says why" "$(silent_syscalls)"

forbidden='system|popen|strcpy|strcat|stpcpy|sprintf|vsprintf|gets|strtok|getenv|secure_getenv|putenv'
forbidden+='|setenv|getpw[a-z_]+|getgr(nam|gid|ent)[a-z_]*|getgrouplist|getlogin[a-z_]*|setlocale'
forbidden+='|newlocale|iconv[a-z_]*|dlopen|dlsym|syslog|vsyslog|openlog|localtime(_r)?|mktime|tzset'
forbidden+='|regcomp|regexec|wordexp|glob|getaddrinfo|gethostby[a-z_]+|pthread_create|atoi|alloca'
forbidden+='|tmpnam|mktemp|longjmp|siglongjmp'
holds "nothing in the trusted base calls what is forbidden there" \
    "$(callers "$forbidden" helper/launcher common)"
# The compiler may have made another call, or none, of it.
named() {
	local file
	while IFS= read -r file; do
		sed 's|"[^"]*"||g; /^[[:space:]]*\*/d; s|/\*.*\*/||g' "$file" |
			grep -E "(^|[^[:alnum:]_.>])($forbidden)[[:space:]]*\(" | sed "s|^|$file: |"
	done < <(code helper/launcher common)
}
holds "nothing in the trusted base names it either" "$(named)"

# A disposition is reset or ignored there, never a function of ours.
holds "the trusted base has no signal handler" \
    "$(grep -rnE 'sa_(handler|sigaction)|\bsignal\(' helper/launcher common --include='*.[ch]' |
	grep -vE 'SIG_(DFL|IGN)')"

mutable_globals() {
	local object
	while IFS= read -r object; do
		nm "$object" | awk -v o="${object#"$BUILD"/}" '$2 ~ /^[bBdDcCsS]$/ { print o ": " $3 }'
	done < <(objects helper common)
}
# .data.rel.ro, where tables of pointers live, is not writable once the program runs; nm says d.
holds "no mutable globals in helper/ and common/" "$(mutable_globals | while IFS=': ' read -r o s; do
	objdump -t "$BUILD/$o" | awk -v s="$s" '$NF == s && $0 !~ /\.data\.rel\.ro/ { print }' |
		sed "s|^|$o: |"
done)"

unfinished='TO''DO|FIX''ME|XX''X|HA''CK'
holds "nothing is left for later" \
    "$(grep -rnE "\b($unfinished)\b" helper client common config tests .ci GNUmakefile 2>/dev/null)"

done_testing
