#!/usr/bin/env bash
# How long a call takes, berth beside what one would use instead: whole processes, the same static
# program in the same root directory, run by a regular user. From `make bench`, as root, in an
# arena. One table; the samples stay in $BUILD/bench.json. RUNS=200 sets how many of each.
export ARENA_WRITABLE=yes
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
set -u
needs hyperfine

home=/home/alice
image=$home/image
samples=$home/samples
RUNS=${RUNS:-200}

# A root file system with one program in it, and the directories that runtimes mount on.
install -d -o alice -g alice "$image" "$image"/{proc,sys,dev,tmp,etc,run} "$samples"
install -o alice -g alice -m 0755 "$TESTBIN/true" "$image/true"

rows=()
# measure NAME RUNS [HYPERFINE-OPTION...] -- COMMAND...: one row, or the reason why there is none
measure() {
	local name=$1 runs=$2 file
	shift 2
	local -a options=()
	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	file=$samples/${#rows[@]}.json
	if ! command -v "$1" >/dev/null; then
		echo "not measured: $name: $1 is not installed"
	elif ! run measure_env "$@" || [ "$rc" -ne 0 ]; then
		echo "not measured: $name: $1 does not work here: $(tail -n1 <<<"$err")"
	elif run measure_env hyperfine -N --style none --warmup 5 --runs "$runs" "${options[@]}" \
	    --export-json "$file" --command-name "$name" "$*" && [ "$rc" -eq 0 ]; then
		rows+=("$file")
	else
		echo "not measured: $name: $(tail -n1 <<<"$err")"
	fi
}

# podman and crun want a runtime directory.
measure_env() {
	as_env alice XDG_RUNTIME_DIR="$home/runtime" -- "$@"
}
install -d -m 0700 -o alice -g alice "$home/runtime"

crun_bundle() {
	local bundle=$home/bundle
	install -d -o alice -g alice "$bundle"
	(cd "$bundle" && as_env alice -- sh -c 'cd "$1" && crun spec --rootless' sh "$bundle") || return 1
	python3 - "$bundle/config.json" "$image" <<-'PY'
		import json, sys
		path, image = sys.argv[1:]
		with open(path, encoding="utf-8") as file:
		    spec = json.load(file)
		spec["process"]["terminal"] = False
		spec["process"]["args"] = ["/true"]
		spec["root"] = {"path": image, "readonly": False}
		with open(path, "w", encoding="utf-8") as file:
		    json.dump(spec, file)
	PY
}

run grant alice security.confined
[ "$rc" -eq 0 ] || {
	echo "bench: no grant: $err" >&2
	exit 1
}
command -v crun >/dev/null && crun_bundle

measure "floor: fork and exec" "$RUNS" -- "$image/true"
measure "berth, next call" "$RUNS" -- /usr/local/bin/berth run -q "$image" -- /true
measure "berth, first call" "$RUNS" --prepare "/usr/local/bin/berth daemon stop" -- \
    /usr/local/bin/berth run -q "$image" -- /true
# As full a root as a job of berth has: the ratios are to this one. The bare row is what bubblewrap
# takes when it mounts nothing but the image.
measure "bubblewrap --unshare-all" "$RUNS" -- bwrap --unshare-all --bind "$image" / --proc /proc \
    --dev /dev --tmpfs /tmp --tmpfs /run --ro-bind /sys /sys /true
measure "bubblewrap, image only" "$RUNS" -- bwrap --unshare-all --bind "$image" / /true
measure "crun run" "$RUNS" -- \
    crun --root "$home/runtime/crun" --cgroup-manager=disabled run -b "$home/bundle" bench
measure "podman run --network none" "$((RUNS / 10))" -- podman --cgroup-manager=cgroupfs run --rm \
    --network none --cgroups=disabled --log-driver=none --rootfs "$image" /true

python3 "$TOP/tests/bench/table.py" "$BUILD/bench.json" "${rows[@]}"
