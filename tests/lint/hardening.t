#!/usr/bin/env bash
# What the compiler and the linker were asked for is read back from the programs in $BUILD.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
BUILD=${BUILD:-build}
programs=(berth berth-launcher berth-engine berth-admin)
# These have no dynamic loader in front of them: no LD_*, no search path, nothing loaded later.
static=(berth berth-launcher berth-engine)

for program in "${programs[@]}"; do
	file=$BUILD/$program
	[ -x "$file" ] || skip_all "$file is not built"
	header=$(readelf -hW "$file")
	segments=$(readelf -lW "$file")
	dynamic=$(readelf -dW "$file")

	like "$header" 'Type: +DYN' "$program: position independent"
	like "$dynamic" 'FLAGS_1.* PIE' "$program: marked as a program, not a library"
	like "$segments" 'GNU_RELRO' "$program: relocations are read-only after the start"
	like "$dynamic" 'FLAGS_1.* NOW' "$program: all symbols are bound at the start"
	like "$segments" 'GNU_STACK +[^ ]+ [^ ]+ [^ ]+ [^ ]+ [^ ]+ RW ' "$program: the stack is not executable"
	unlike "$segments" ' RWE ' "$program: no segment is writable and executable"
	unlike "$dynamic" 'TEXTREL' "$program: no relocation writes to code"
	unlike "$dynamic" 'RPATH|RUNPATH' "$program: no library search path"
	ok "$program: not set-id as built" test ! -u "$file" -a ! -g "$file"
done

for program in "${static[@]}"; do
	segments=$(readelf -lW "$BUILD/$program")
	dynamic=$(readelf -dW "$BUILD/$program")
	unlike "$segments" 'INTERP' "$program: static, no interpreter"
	unlike "$dynamic" 'NEEDED' "$program: static, no library"
done

# glibc's own formatted output carries an unreachable dlopen (for iconv) into every static program;
# what uses names of people or hosts is not there at all. structure.t sees to it that nothing of
# ours calls what could lead there.
has() {
	nm "$BUILD/berth-launcher" | grep -E " $1"
}
is "$(has '(_*nss_|_*get(pw|gr)(nam|uid|gid|ent)|_*get(addrinfo|hostby)|_*iconv_open|_*res_n)')" "" \
    "berth-launcher: no name service"
is "$(has '(seccomp_|json_)')" "" "berth-launcher: none of the engine's libraries"

# A static program has libc's own protected code in it, whatever ours was compiled with: for the
# compiler's part our objects are judged, each by the record that it carries.
mapfile -t objects < <(find "$BUILD"/{helper,client,common,gen} -name '*.o')

without_flag() {
	local object
	for object in "${objects[@]}"; do
		readelf --debug-dump=info "$object" 2>/dev/null | grep -m1 DW_AT_producer |
			grep -qe " $1" || echo "$object"
	done
}
if readelf -p .comment "${objects[0]}" | grep -q GCC; then
	for flag in -O2 -fPIE -fstack-protector-strong -fstack-clash-protection \
	    -ftrivial-auto-var-init=zero; do
		is "$(without_flag "$flag")" "" "every object is built with $flag"
	done
fi
for part in helper/launcher helper/admin client common; do
	symbols=$(find "$BUILD/$part" -name '*.o' -exec nm -u {} +)
	like "$symbols" '__stack_chk_fail' "$part: stack protector"
	like "$symbols" '__[a-rt-z][a-z]*_chk' "$part: fortified calls"
done

# The linker drops the note from a program as soon as one object has none, and Debian's static libc
# has none.
without_cet() {
	local object
	for object in "${objects[@]}"; do
		readelf -nW "$object" 2>/dev/null | grep -q 'x86 feature: IBT, SHSTK' || echo "$object"
	done
}
if [ "$(uname -m)" = x86_64 ]; then
	is "$(without_cet)" "" "every object is built with control-flow protection"
fi

dest=$(mktemp -d)
trap 'rm -rf "$dest"' EXIT
ok "install into DESTDIR" env BUILD="$BUILD" DESTDIR="$dest" sh config/install.sh install
is "$(find "$dest" -perm /6000)" "" "nothing that is installed is set-id"
is "$(stat -c %a "$dest"/usr/local/libexec/berth/berth-launcher)" 755 "berth-launcher: 0755"
is "$(stat -c %a "$dest"/usr/local/libexec/berth/berth-engine)" 711 "berth-engine: 0711, cannot be read"

done_testing
