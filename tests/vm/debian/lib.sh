# shellcheck shell=bash disable=SC2034
# For what runs in the virtual machine of tests/vm/debian.t. Sourced.
#
#   alice and bob are ordinary users, adam is in the group sudo, with the password "adam".
#   login USER CMD...     as that user in a session of sshd, without a terminal, as PAM and systemd make it; a shell
#                         there reads the words once more
#   adam_sudo CMD...      as adam, in a session, with sudo, which asks for the password
#   wait_for SECONDS CMD...
#   journal IDENTIFIER    the messages of a program, a line each, since the machine was started
#   begin_job FILE USER BERTH-ARGUMENTS...   a job in a session, in the background; output in FILE, the client's
#                         pid in $client
#   job_begins FILE NAME  a test: that job's output has "up"
. "$TOP/tests/lib/tap.sh"

LAUNCHER=/usr/local/libexec/berth/berth-launcher
client=
export LC_ALL=C.UTF-8

ssh_options=(-q -i /root/.ssh/key -o BatchMode=yes -o StrictHostKeyChecking=no -o ControlMaster=auto
	-o ControlPath=/root/.ssh/%r -o ControlPersist=yes)

login() {
	local user=$1
	shift
	ssh "${ssh_options[@]}" "$user@localhost" "$@" </dev/null
}

adam_sudo() {
	ssh "${ssh_options[@]}" adam@localhost sudo -S -p "''" "$@" <<<adam
}

wait_for() {
	local end=$((SECONDS + $1 + 1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$end" ] || return 1
		sleep 0.2
	done
}

journal() {
	# What was sent before is there afterwards.
	journalctl --sync
	journalctl -b -q -o cat -t "$1"
}

begin_job() {
	local file=$1 user=$2
	shift 2
	login "$user" berth run -q "$@" >"$file" 2>&1 &
	client=$!
}

job_begins() {
	ok "$2" wait_for 120 grep -q up "$1"
	[ "$rc" -eq 0 ] || diag "$(cat "$1")"
}

engine_of() {
	pgrep -u "$1" -x berth-engine
}
