#!/usr/bin/env bash
# What the compiler and the linker were asked for is read back from the programs in $BUILD. A17
# (CVE-2017-1000366: a stack that grows past its guard) rests on it.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
BUILD=${BUILD:-build}
programs=(berth berth-launcher berth-engine berth-admin berth-archive)
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
	like "$segments" 'LOAD +0x0+ [^R]+ R +0x' "$program: its tables are not in a segment that is executed"
	is "$(grep -c ' LOAD .* R E ' <<<"$segments")" 1 "$program: one segment is"
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

# A frame that reaches past a page touches each page of it on its way (that is what stack-clash
# protection is), as does one whose size is not known. There are none: nothing steps over the guard.
probes() {
	objdump -d --no-show-raw-insn "$@" | grep -cE 'or[lq] +\$0x0,.*%[er]sp|sub +%[er][a-z0-9]+,%[er]sp'
}
if [ "$(uname -m)" = x86_64 ] && readelf -p .comment "${objects[0]}" | grep -q GCC; then
	sample=$(mktemp -d)
	for body in "int n) { char b[n]" "int n) { char *b = __builtin_alloca((unsigned)n)" "void) { char b[5000]"; do
		printf 'void use(char *);\nvoid f(%s; use(b); }\n' "$body" >"$sample/x.c"
		gcc -O2 -fstack-clash-protection -c "$sample/x.c" -o "$sample/x.o"
		isnt "$(probes "$sample/x.o")" 0 "control: seen in an object: $body"
	done
	rm -rf "$sample"
	is "$(probes "${objects[@]}")" 0 "no frame of ours is over a page, or of a size that is not known"
fi
# What leaves no trace in an object: the command that makes each part. -n runs nothing.
for object in helper/launcher/main helper/admin/main client/berth/main client/engine/main client/archive/main common/decide; do
	command=$(env -u MAKEFLAGS -u MFLAGS make --no-print-directory -nB V=1 BUILD="$BUILD" "$BUILD/$object.o" 2>/dev/null |
		grep -e "-c -o $BUILD/$object.o")
	missing=
	for flag in -Wvla -Walloca -Wframe-larger-than=4096 -Wnull-dereference -Werror -U_FORTIFY_SOURCE \
	    -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE; do
		[[ " $command " == *" $flag "* ]] || missing="$missing $flag"
	done
	is "$missing" "" "$object is compiled with all that it must be"
	unlike " $command " ' -(Wno-(vla|alloca|frame-larger-than|error)[^ ]*|fno-stack-protector|fno-pie|O0) ' "$object: and nothing takes it back"
done

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
is "$(stat -c %a "$dest"/usr/local/libexec/berth/berth-archive)" 711 "berth-archive: 0711, cannot be read"

done_testing
