#!/usr/bin/env bash
# Pid 1 of the virtual machine: makes the rest of what a system has, runs what tests/vm/suites lists
# of the suite that the kernel's command line names, and switches the machine off. What the tests
# print goes to the second serial port, which tests/vm/judge.py reads:
#   @begin CONFIGURATION TEST / @end CONFIGURATION TEST STATUS SECONDS   around a test's output
#   @set CONFIGURATION SETTING=VALUE   a switch of the kernel, as it is now
#   @done                         nothing more comes
# Everything else goes to the console.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export HOME=/root LC_ALL=C TERM=dumb BERTH_VM=1 BERTH_MUST_RUN=1
TOP=/mnt/top
# Of one test; everything takes ten times as long here.
export TEST_SECONDS=${TEST_SECONDS:-1800}
port=/dev/ttyS1

power_off() {
	echo "vm: off"
	sync
	# The port shall have sent what it was given.
	sleep 0.5
	echo o >/proc/sysrq-trigger
	sleep 30
}
trap power_off EXIT

make_system() {
	local dir
	stty -F "$port" raw -echo
	mount -t tmpfs -o mode=755 run /run
	for dir in /tmp /var/tmp; do
		mount -t tmpfs -o mode=1777 tmp "$dir"
	done
	for dir in /root /home /srv /var/lib/berth; do
		[ ! -d "$dir" ] || mount -t tmpfs -o mode=755 tmp "$dir"
	done
	ln -s /proc/self/fd /dev/fd
	mkdir -p /dev/pts /dev/shm
	mount -t devpts -o gid=5,mode=620,ptmxmode=666 devpts /dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
	mount -t cgroup2 -o nsdelegate,nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
	# As systemd lends them.
	for dir in cpu io memory pids; do
		echo "+$dir" >/sys/fs/cgroup/cgroup.subtree_control
	done
	ip link set lo up
	hostname vm
}

# An argument of the kernel's command line.
argument() {
	sed -n "s/^\(.* \)\?$1=\([^ ]*\).*/\2/p" /proc/cmdline
}

run_test() {
	local status=0 start
	read -r start _ </proc/uptime
	echo "vm: $1 $2"
	{
		printf '@begin %s %s\n' "$1" "$2"
		(cd "$TOP" && BUILD=/mnt/build exec setsid -w tests/run/one.sh "$2") 2>&1 </dev/null || status=$?
		printf '@end %s %s %d %s\n' "$1" "$2" "$status" "$(seconds_since "$start")"
	} >"$port"
}

# Of the clock that no test sets.
seconds_since() {
	local now
	read -r now _ </proc/uptime
	echo $((${now%.*} - ${1%.*}))
}

# run_suite NAME I N: line by line.
run_suite() {
	local configuration settings setting tests test
	while IFS='|' read -r configuration settings tests; do
		for setting in $settings; do
			sysctl -qw "$setting"
			setting=${setting%%=*}
			printf '@set %s %s=%s\n' "$configuration" "$setting" "$(sysctl -n "$setting")" >"$port"
		done
		for test in $tests; do
			run_test "$configuration" "$test"
		done
	done < <(python3 "$TOP/tests/vm/judge.py" list "$@")
}

make_system
run_suite "$(argument suite)" "$(argument machine)" "$(argument machines)"
echo @done >"$port"
