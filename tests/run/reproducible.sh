#!/usr/bin/env bash
# The same sources give the same programs, bit by bit: built twice, in directories of different names
# and depths, with another umask, locale, time zone and build directory. A third build, in which the
# names of directories may get in, must differ: else the comparison compares nothing.
# usage: reproducible.sh    (CC is taken from the environment)
set -euo pipefail
cd "${BASH_SOURCE[0]%/*}/../.."
compiler=${CC:-gcc}
programs=(berth-launcher berth-admin berth-engine berth-archive berth)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# variant DIR BUILD [VARIABLE=VALUE...]: builds a copy of the sources, with these for make.
variant() {
	local dir=$work/$1 build=$2
	shift 2
	mkdir -p "$dir"
	tar -c --exclude=./build --exclude=./.git . | tar -x -C "$dir"
	if ! make -C "$dir" -j"$(nproc)" CC="$compiler" BUILD="$build" "$@" \
	    "${goals[@]/#/$build/}" >"$work/log" 2>&1; then
		tail -n 20 "$work/log" >&2
		return 1
	fi
}

unset MAKEFLAGS MAKELEVEL
goals=("${programs[@]}")
variant a build
(
	umask 077
	export LC_ALL=C.UTF-8 TZ=Asia/Tokyo
	variant another/and/deeper "$work/out"
)
failed=0
for program in "${programs[@]}"; do
	if cmp "$work/a/build/$program" "$work/out/$program"; then
		(cd "$work/a/build" && sha256sum "$program")
	else
		failed=1
	fi
done
[ "$failed" -eq 0 ] || {
	echo "reproducible: two builds of the same sources differ" >&2
	exit 1
}

goals=(berth-launcher)
variant b build MAPPED=
if cmp -s "$work/a/build/berth-launcher" "$work/b/build/berth-launcher"; then
	echo "reproducible: a build that may differ does not: nothing was compared" >&2
	exit 1
fi
echo "reproducible: ${#programs[@]} programs, the same from two directories"
