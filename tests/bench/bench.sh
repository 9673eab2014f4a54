#!/usr/bin/env bash
# What berth costs beside what one would use instead: whole processes, the same static program in the
# same root directory, run by a regular user without a shell between. From `make bench`, as root, in
# an arena. Prints one table; samples and figures stay in $BUILD/bench.json.
#   RUNS=200        samples of each row of time
#   JOBS=5000       jobs of the row of throughput, 8 at a time
#   SLEEPERS=20     sleeping jobs whose memory is measured
#   FILES=200000    files in the directory that is handed over with another owner (a tenth with few RUNS)
# A row is measured in ROUNDS pieces that take turns with those of the other rows, because a machine
# is not as fast now as it was a minute ago. What is not installed is skipped, and said.
export ARENA_WRITABLE=yes
for knob in RUNS JOBS SLEEPERS ROUNDS FILES; do
	[ -z "${!knob-}" ] || set -- "$@" "$knob=${!knob}"
done
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
set -u
needs hyperfine jq python3 xargs

RUNS=200 JOBS=5000 SLEEPERS=20 ROUNDS=4 FILES=
for knob; do
	declare "$knob"
done
[ -n "$FILES" ] || FILES=$((RUNS < 100 ? 20000 : 200000))
home=/home/alice
image=$home/image
samples=$home/samples
rc=0 err=

# A root file system with two programs in it, and the directories that runtimes mount on.
install -d -o alice -g alice "$image" "$image"/{proc,sys,dev,tmp,etc,run} "$samples"
install -o alice -g alice -m 0755 "$TESTBIN/true" "$TESTBIN/pause" "$image"
install -d -m 0700 -o alice -g alice "$home/runtime"

# podman and crun want a runtime directory.
measure_env() {
	as_env alice XDG_RUNTIME_DIR="$home/runtime" -- "$@"
}

# --- rows of time ------------------------------------------------------------------------------------

names=()
declare -A runs_of prepare_of command_of
# row NAME RUNS PREPARE COMMAND...: to be measured, unless it does not work here
row() {
	local name=$1 runs=$2 prepare=$3
	shift 3
	if ! command -v "$1" >/dev/null; then
		echo "not measured: $name: $1 is not installed"
	elif ! run measure_env "$@" || [ "$rc" -ne 0 ]; then
		echo "not measured: $name: $1 does not work here: $(tail -n1 <<<"$err")"
	else
		names+=("$name")
		runs_of[$name]=$runs prepare_of[$name]=$prepare command_of[$name]=$*
	fi
}

# piece ROUND NAME
piece() {
	local name=$2
	local -a options=(-N --style none --warmup 3 --runs "$(((runs_of[$name] + ROUNDS - 1) / ROUNDS))")
	[ -z "${prepare_of[$name]}" ] || options+=(--prepare "${prepare_of[$name]}")
	run measure_env hyperfine "${options[@]}" --export-json "$samples/$1.$name.json" \
	    --command-name "$name" "${command_of[$name]}"
	[ "$rc" -eq 0 ] || {
		echo "not measured: $name, round $1: $(tail -n1 <<<"$err")"
		rm -f "$samples/$1.$name.json"
	}
}

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

run grant alice security.confined idmap.mount --engine=any
[ "$rc" -eq 0 ] || run grant alice security.confined --engine=any
[ "$rc" -eq 0 ] || {
	echo "bench: no grant: $err" >&2
	exit 1
}
command -v crun >/dev/null && crun_bundle

berth=(/usr/local/bin/berth run -q "$image" -- /true)
# As full a root as a job of berth has: the ratios are to this one. The bare row is what bubblewrap
# takes when it mounts nothing but the image.
bwrap=(bwrap --unshare-all --bind "$image" / --proc /proc --dev /dev --tmpfs /tmp --tmpfs /run
	--ro-bind /sys /sys /true)

row "floor: fork and exec" "$RUNS" "" "$image/true"
row "bubblewrap --unshare-all" "$RUNS" "" "${bwrap[@]}"
row "P1 berth, first call" "$RUNS" "/usr/local/bin/berth daemon stop" "${berth[@]}"
row "P2 berth, next call" "$RUNS" "" "${berth[@]}"
if as alice berth help --format=json | jq -e 'any(.[].flags[]; .name == "once")' >/dev/null; then
	row "P3 berth, --once" "$RUNS" "" /usr/local/bin/berth run -q --once "$image" -- /true
else
	echo "not measured: P3 berth, --once: not in this version"
fi
row "bubblewrap, image only" "$RUNS" "" bwrap --unshare-all --bind "$image" / /true
row "crun run" "$RUNS" "" \
    crun --root "$home/runtime/crun" --cgroup-manager=disabled run -b "$home/bundle" bench
row "podman run --network none" "$((RUNS / 10))" "" podman --cgroup-manager=cgroupfs run --rm \
    --network none --cgroups=disabled --log-driver=none --rootfs "$image" /true

# --- P8: a directory whose files belong to another user of the job's -------------------------------------

# files DIR N: N empty files of alice's, a thousand in each directory
files() {
	as alice python3 - "$1" "$2" <<-'PY'
		import os, sys
		top, count = sys.argv[1], int(sys.argv[2])
		for number in range(count):
		    folder = f"{top}/{number // 1000}"
		    if number % 1000 == 0:
		        os.makedirs(folder)
		    os.close(os.open(f"{folder}/{number % 1000}", os.O_CREAT | os.O_WRONLY, 0o644))
	PY
}
# What one would do without: milliseconds of a chown -R, there and back.
chown_ms() {
	local begun=${EPOCHREALTIME/./}
	chown -R 100100:100100 "$1" && chown -R alice:alice "$1" || return 1
	echo $(((${EPOCHREALTIME/./} - begun) / 2000))
}
files "$home/few" 10 && files "$home/many" "$FILES"
chowned=$(chown_ms "$home/many")
mount_row() {
	row "$1" "$RUNS" "" /usr/local/bin/berth run -q -v "$2" "$image" -- /true
}
mount_row "directory as it is" "$home/many:/tmp"
mount_row "other ids, 10 files" "$home/few:/tmp:uid=101,gid=101"
mount_row "other ids, many files" "$home/many:/tmp:uid=101,gid=101"

measure_rows() {
	local round name
	for ((round = 0; round < ROUNDS; round++)); do
		for name; do
			piece "$round" "$name"
		done
	done
}
measure_rows "${names[@]}"

# One more process in a container that runs.
running=() begun=${#names[@]}
begin_running() {
	measure_env "$@" </dev/null >/dev/null 2>&1 && running+=("$1")
}
crun_manager=(--root "$home/runtime/crun" --cgroup-manager=disabled)
podman_manager=(--cgroup-manager=cgroupfs)
if begin_running /usr/local/bin/berth run -q -d --name bench "$image" -- /pause; then
	row "berth exec" "$RUNS" "" /usr/local/bin/berth exec bench /true
fi
if command -v crun >/dev/null && sed 's|"/true"|"/pause"|' "$home/bundle/config.json" >"$home/config.json" &&
	install -d -o alice -g alice "$home/pausing" && install -o alice "$home/config.json" "$home/pausing/config.json" &&
	begin_running crun "${crun_manager[@]}" run -d -b "$home/pausing" pausing; then
	row "crun exec" "$RUNS" "" crun "${crun_manager[@]}" exec pausing /true
else
	echo "not measured: crun exec: no container of crun's runs here"
fi
if begin_running podman "${podman_manager[@]}" run -d --name pausing --network none --cgroups=disabled --log-driver=none \
    --rootfs "$image" /pause; then
	row "podman exec" "$((RUNS / 10))" "" podman "${podman_manager[@]}" exec pausing /true
else
	echo "not measured: podman exec: no container of podman's runs here"
fi

measure_rows "${names[@]:$begun}"

for name in "${running[@]}"; do
	case $name in
	crun) measure_env crun "${crun_manager[@]}" delete -f pausing ;;
	podman) measure_env podman "${podman_manager[@]}" rm -f -t 0 pausing ;;
	*) measure_env berth rm -f bench ;;
	esac
done >/dev/null 2>&1

# --- P4: throughput ----------------------------------------------------------------------------------

# xargs forks and executes each; the number that it appends means nothing to the program.
microseconds() {
	local begun=${EPOCHREALTIME/./}
	seq "$1" | measure_env xargs -P8 -n1 "${@:2}" >/dev/null || return 1
	echo $((${EPOCHREALTIME/./} - begun))
}
declare -A spent=()
throughput() {
	local round name taken
	for ((round = 0; round < ROUNDS; round++)); do
		for name in berth bubblewrap; do
			case $name in
			berth) taken=$(microseconds $((JOBS / ROUNDS)) "${berth[@]}") ;;
			bubblewrap) taken=$(microseconds $((JOBS / ROUNDS)) "${bwrap[@]}") ;;
			esac || return 1
			spent[$name]=$((${spent[$name]:-0} + taken))
		done
	done
}
# P10: what the engine alone has, in KiB, and its descriptors, at rest.
at_rest() {
	local engine
	measure_env "${berth[@]}"
	sleep 1
	engine=$(engine_pid alice)
	echo "$(awk '/^Anonymous:/ { print $2 }' "/proc/$engine/smaps_rollup") $(find "/proc/$engine/fd" -mindepth 1 | wc -l)"
}
read -r memory_before descriptors_before < <(at_rest)
if [[ " ${names[*]} " != *" bubblewrap --unshare-all "* ]]; then
	echo "not measured: P4: there is no bubblewrap to compare with"
elif ! throughput; then
	echo "not measured: P4: a job failed"
	spent=()
fi

read -r memory_after descriptors_after < <(at_rest)
grown=$((memory_after - memory_before)) leaked=$((descriptors_after - descriptors_before))

# --- P5: memory --------------------------------------------------------------------------------------

# Proportional set size in KiB of the processes whose ids are read: what they share is shared out
# among them.
pss() {
	local pid total=0 kib
	while IFS= read -r pid; do
		kib=$(awk '$1 == "Pss:" { print $2 }' "/proc/$pid/smaps_rollup" 2>/dev/null)
		total=$((total + ${kib:-0}))
	done
	echo "$total"
}
# Pids of processes of berth: those that run one of its programs.
berth_pids() {
	local dir
	for dir in /proc/[0-9]*; do
		case $(readlink "$dir/exe" 2>/dev/null) in
		/usr/local/*berth*) echo "${dir#/proc/}" ;;
		esac
	done
}
# Those of them with root's id or a capability of the host's: not in a user namespace of their own.
privileged() {
	local pid count=0
	for pid in $(berth_pids); do
		awk '$1 == "Uid:" && ($2 == 0 || $3 == 0 || $4 == 0) { found = 1 } END { exit !found }' \
		    "/proc/$pid/status" 2>/dev/null && count=$((count + 1))
	done
	echo "$count"
}
# Where the memory controller is there, the kernel's own share counts, too.
current() {
	cat /sys/fs/cgroup/berth/1000/memory.current 2>/dev/null || echo 0
}

as alice berth daemon stop
measure_env "${berth[@]}"
sleep 1
# With the supervisor that it has made ahead.
idle=$(pgrep -x 'berth-engine|berth-spare' | pss)
resident=$(privileged)
all=$(berth_pids | pss) charged=$(current)
clients=()
for ((i = 0; i < SLEEPERS; i++)); do
	measure_env /usr/local/bin/berth run -q "$image" -- /pause </dev/null >/dev/null 2>&1 &
	clients+=($!)
done
sleeping() {
	[ "$(pgrep -xc pause)" -eq "$SLEEPERS" ]
}
if wait_for 20 sleeping; then
	each=$((($(berth_pids | pss) - all) / SLEEPERS))
	charged=$((charged > 0 ? ($(current) - charged) / SLEEPERS / 1024 : -1))
	command=$(($(pgrep -x pause | pss) / SLEEPERS))
else
	echo "not measured: P5: the sleeping jobs did not start"
	each=-1 charged=-1 command=-1
fi
as alice berth daemon stop --force
wait "${clients[@]}" 2>/dev/null

jq -n --argjson jobs "$JOBS" --argjson berth "${spent[berth]:-0}" --argjson bwrap "${spent[bubblewrap]:-0}" \
    --argjson idle "$idle" --argjson resident "$resident" --argjson each "$each" \
    --argjson charged "$charged" --argjson command "$command" --argjson grown "$grown" --argjson leaked "$leaked" \
    --argjson files "$FILES" --argjson chowned "${chowned:--1}" \
    '{handed: {files: $files, chown_ms: $chowned},
      throughput: {jobs: $jobs, berth_us: $berth, bubblewrap_us: $bwrap},
      growth: {kib: $grown, descriptors: $leaked},
      memory: {engine_kib: $idle, privileged: $resident, job_kib: $each, job_charged_kib: $charged, command_kib: $command}}' \
    >"$samples/figures.json"
python3 "$TOP/tests/bench/table.py" "$BUILD/bench.json" "$samples/figures.json" "$samples"/[0-9]*.json
