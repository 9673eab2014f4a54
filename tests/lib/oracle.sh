# shellcheck shell=bash disable=SC2034
# Oracles: how an attack test sees that nothing happened. Sourced by arena.sh.
#
# NOPRIV  noprv_snapshot FILE         writes down all that a refused attack must not change:
#                                     processes with root's uid or with capabilities, pid 1's mounts,
#                                     cgroups, network links, files of root's below /etc /run /tmp
#                                     /var/lib /usr/local /home, set-id files there, checksums of
#                                     /etc, keys, loop devices
#         noprv_diff FILE             prints what differs from FILE now; status 1 if anything does
#         noprv_is_same FILE "NAME"   the same as a test
#
# EARLY   early_trace FILE USER CMD...  runs CMD (the launcher, by its path) as USER under strace -f
#                                     with USER's environment; trace in FILE, status in $rc, stderr
#                                     in $err
#         early_effects FILE          prints the system calls of FILE that change anything; none may
#                                     stand there after a refusal. Not counted: the datagram to
#                                     /dev/log and its rate limit /var/lib/berth/audit-rate, which
#                                     come after the decision
#         early_is_clean FILE "NAME"  the same as a test
#         early_opens FILE            the paths that were opened, one a line, in their order
#
# CANARY  canary_plant                files that no job may read or change, below /srv/canary and in
#                                     the homes of bob and root, each with the token $CANARY in it
#         canary_is_untouched TEXT "NAME"   a test: the token is not in TEXT (all that a job
#                                     printed), no file was read, none was changed
#         canary_ids                  "DEV:INO PATH" of each file, to find it under another name

oracle_lib=${BASH_SOURCE[0]%/*}

noprv_snapshot() {
	python3 "$oracle_lib/noprv.py" >"$1"
}

noprv_diff() {
	python3 "$oracle_lib/noprv.py" | diff -U0 "$1" - | sed '1,2d; /^@@/d'
	return "$((PIPESTATUS[1] != 0))"
}

noprv_is_same() {
	local changes
	if changes=$(noprv_diff "$1"); then
		pass "$2"
	else
		fail "$2"
		diag "$changes"
	fi
}

early_trace() {
	local file=$1 user=$2 errfile
	shift 2
	errfile=$(mktemp)
	rc=0
	# A pipe: the launcher says nothing to a file. It ends with the last process that was traced.
	{
		env -i HOME="/home/$user" USER="$user" LOGNAME="$user" PATH=/usr/local/bin:/usr/bin:/bin \
		    strace -f -qq -y -s 256 -u "$user" -o "$file" "$@" </dev/null >/dev/null 2>&9 9>&-
	} 9> >(exec cat >"$errfile") || rc=$?
	wait $!
	err=$(cat "$errfile")
	rm -f "$errfile"
}

early_effects() {
	awk '
	{ sub(/^[0-9]+ +/, "") }
	/^execve\(/ && !started { started = 1; next }
	/^(clone|clone3|fork|vfork|execve|execveat|unshare|setns|mount|umount2|move_mount|open_tree|fsopen|fsmount|fspick|mount_setattr|pivot_root|chroot)\(/ { print; next }
	/^(mkdir|mknod|unlink|rmdir|rename|renameat2|link|symlink|linkat|symlinkat|mkdirat|mknodat|unlinkat|renameat|truncate|ftruncate|utimensat|setxattr|fsetxattr|lsetxattr)/ { print; next }
	/^(chmod|fchmod|chown|fchown|lchown|kill|tkill|tgkill|pidfd_send_signal|bind|listen|keyctl|add_key)/ { print; next }
	/^(open|openat|openat2|creat)\(.*(O_WRONLY|O_RDWR|O_CREAT|O_TRUNC)/ && !/audit-rate|"\/dev\/null"/ { print; next }
	/^socket\(/ && !/AF_UNIX, SOCK_DGRAM/ { print; next }
	/^connect\(/ && !/sun_path="\/dev\/log"/ { print; next }
	' "$1"
}

early_is_clean() {
	local effects
	effects=$(early_effects "$1")
	if [ -z "$effects" ] && [ -s "$1" ]; then
		pass "$2"
	else
		fail "$2"
		diag "${effects:-no trace}"
	fi
}

early_opens() {
	sed -nE 's/^[0-9]+ +open(at|at2)?\((([^,"]*), )?"([^"]*)".*/\3 \4/p' "$1" |
		sed -E 's/^AT_FDCWD(<[^>]*>)? //; s/^[0-9]+<([^>]*)> (.*)/\1\/\2/; s/^ //'
}

canary_files=(/srv/canary/root /srv/canary/bob /srv/canary/dir/deep /home/bob/canary /root/canary)

canary_plant() {
	local file owner
	CANARY=canary-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
	mkdir -p /srv/canary/dir
	chmod 0711 /srv/canary /srv/canary/dir
	for file in "${canary_files[@]}"; do
		owner=root
		case $file in
		*bob*) owner=bob ;;
		esac
		printf '%s %s\n' "$CANARY" "$file" >"$file"
		chown "$owner:$owner" "$file"
		chmod 0600 "$file"
		# relatime moves an access time that is older than the modification: this one is not.
		touch -a -d '+1 hour' "$file"
	done
	canary_state=$(canary_stat)
}

canary_stat() {
	stat -c '%n %a %u:%g %s %i %X %Y %Z %h' "${canary_files[@]}" 2>&1
}

canary_is_untouched() {
	local now
	now=$(canary_stat)
	if [ -z "${CANARY-}" ] || [[ $1 == *"$CANARY"* ]]; then
		fail "$2"
		diag "the canary's token was printed"
	elif [ "$now" != "$canary_state" ]; then
		fail "$2"
		diag "$(diff <(printf '%s\n' "$canary_state") <(printf '%s\n' "$now"))"
	else
		pass "$2"
	fi
}

canary_ids() {
	stat -c '%d:%i %n' "${canary_files[@]}"
}
