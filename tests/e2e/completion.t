#!/usr/bin/env bash
# Completion in bash, zsh and fish, as they are installed: what berth's tables have is offered, what
# is not in this version is not, and no engine is needed for it or started by it.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"
needs zsh fish jq python3

table=$(as alice berth help --format=json)
share=/home/alice/completion
install -d -o alice -g alice "$share"
cp "$TOP"/tests/e2e/complete.{bash,zsh,py} "$share"

# offers SHELL LINE: the last parts of the words that are offered: of --network=host it is "host"
offers() {
	# shellcheck disable=SC2016
	case $1 in
	bash) as alice bash --norc "$share/complete.bash" "$2" ;;
	zsh) as alice zsh -f "$share/complete.zsh" "$2" ;;
	fish) as alice fish -c 'complete -C "$argv[1]"' "$2" | cut -f1 ;;
	esac 2>&1 | sed 's|/$||; s|=$||; s|.*[=:@/]||' | sort -u | tr '\n' ' '
}
sorted() {
	sort -u | tr '\n' ' '
}
# the same ANSWER in every shell, but for the files of the directory that fish adds by itself
same() {
	local shell line=$1 wanted=$2 name=$3
	for shell in bash zsh fish; do
		is "$(offers "$shell" "$line")" "$wanted" "$shell: $name"
	done
}

same "berth " "$(jq -r '.[].name' <<<"$table" | sorted)" "the verbs, no other and no hidden one"
same "berth daemon " "$(jq -r '.[] | select(.name == "daemon").verbs[].name' <<<"$table" | sorted)" \
    "the sub-verbs of daemon"
same "berth help daemon " "$(jq -r '.[] | select(.name == "daemon").verbs[].name' <<<"$table" | sorted)" \
    "help for them"
same "berth pul" "" "a verb that is not in this version"
same "berth run --privi" "" "a flag that is not in this version"
same "berth deamon " "" "a verb that does not exist"

# For each verb and sub-verb: the flags of the table.
while IFS=$'\t' read -r verb flags; do
	same "berth $verb --" "$(tr ' ' '\n' <<<"$flags" | sorted)" "the flags of $verb"
done < <(jq -r '.[] | [.] + [.name as $verb | .verbs[] | .name = $verb + " " + .name] | .[]
    | select(.name != "daemon" and .name != "system" and .name != "explain")
    | [.name, ([.flags[] | "--" + .name] | join(" "))] | @tsv' <<<"$table")
same "berth explain -- run --netw" "--network " "explain completes the line of a run"
same "berth explain -- ru" "run " "and run itself"
same "berth -q --format json daemon sto" "stop " "flags may stand before the verb"
same "berth --log-level debug run -i -e A=b --netw" "--network " "and before the flag, with values"

same "berth run --network " "host none " "networks"
same "berth run --network=n" "none " "in the same word"
same "berth info --format " "json text " "formats"
same "berth --log-level=" "debug error info warning " "log levels"
same "berth run --entitlement s" "security.confined " "entitlements, those of this version"
same "berth run --cap-drop K" "KILL " "capabilities"
same "berth run --cap-add SYS_" "SYS_CHROOT " "of the default ones"
same "berth run --ulimit no" "nofile " "limits"
same "berth run -e HOM" "HOME " "variables of the caller"
same "berth run hos" "host " "the image host"
same "berth run --read-only /us" "usr " "a directory as image"
same "berth run -v /us" "usr " "a directory to mount"
same "berth run --volume=/us" "usr " "in the same word"
same "berth run -v /usr:/x:r" "ro rslave rw " "how it is mounted"
same "berth run -v /usr:/x:ro,ui" "ro,uid " "behind a comma"
same "berth run --mount ty" "type " "how it is mounted in other words"
same "berth run --mount type=bi" "bind " "and of what type"
same "berth run -f /etc/passw" "passwd passwd- " "a job file"
same "berth run -f x --params /etc/passw" "passwd passwd- " "its parameters"
same "berth run -f x seq" "seq " "behind it stands a command, not an image"
printf '[job]\nimage = host\n[directory data]\npath = /d\n[secret key]\n[port key]\n[mount m]\n' >/home/alice/x.job
same "berth run -f x.job --param " "data key " "what it asks for"
same "berth run -fx.job --param=k" "key " "in the same words"
same "berth run --file=x.job --param data=/etc/passw" "passwd passwd- " "and a path for it"
same "berth run --param " "" "without a job file nothing is asked for"
same "berth explain /etc/passw" "passwd passwd- " "a job file to explain"
same "berth explain -f /etc/passw" "passwd passwd- " "or with -f, as behind run"
same "berth explain --sche" "--schema " "the format of job files"
same "berth run --secret id=k,s" "k,src " "what a secret is made of"
same "berth run --secret id=k,src=/etc/hostn" "hostname " "its file"
same "berth run --env-file /etc/passw" "passwd passwd- " "a file"
same "berth run --restart=on" "on-failure " "when it is started again"
same "berth run --stop-signal HU" "HUP " "signals"
same "berth kill -s TER" "TERM " "signals of kill"
same "berth ps --filter sta" "status " "what jobs are filtered by"
same "berth ps --filter=status=" "created exited restarting running " "and the states"
same "berth system prune --filter " "label until " "of prune, others"
same "berth run --security-opt no" "no-new-privileges " "the option of --security-opt"
same "berth run --cidfile /etc/passw" "passwd passwd- " "a file for the id"
same "berth exec web -- seq" "seq " "a command in a job"
same "berth exec web --" "" "behind the job stand no flags of berth's"
same "berth attach --no-" "--no-stdin " "flags of attach"
same "berth run host -- seq" "seq " "a command of the host's"
same "berth run host --" "" "behind the image stand no flags of berth's"
same "berth run host ls --" "" "nor behind the command"

# What an administrator types.
same "berth grant al" "alice " "users"
same "berth grant @la" "lab " "groups"
same "berth grant alice security." "security.confined " "what can be granted"
same "berth grant alice network." "network.host " "not what needs no grant"
same "berth grant alice mount=/us" "usr " "a directory that may be mounted"
same "berth daemon start --allow-user=al" "alice " "the first grant: whom"
for shell in bash zsh fish; do
	like "$(offers "$shell" "berth daemon start --entitlements=security.confined,network.")" \
	    '^(security.confined,)?network.host $' "$shell: a list goes on behind its comma"
	if [ "$shell" = bash ] && [ ! -r /usr/share/bash-completion/bash_completion ]; then
		skip "bash: behind sudo" "bash-completion is not installed"
		continue
	fi
	is "$(offers "$shell" "sudo berth grant al")" "alice " "$shell: behind sudo, a user"
	is "$(offers "$shell" "sudo berth grant alice mou")" "mount " "$shell: behind sudo, an entitlement"
	is "$(offers "$shell" "sudo berth daemon sto")" "stop " "$shell: behind sudo, a sub-verb"
done

same "berth run --userns " "keep-id " "how a user can be mapped"
same "berth grant alice --engine " "any once shared " "how jobs may be run"
same "berth volume create --driver " "local " "the one driver"
for kind in shared once any; do
	ok "a grant takes engine $kind" root "$ADMIN" grant bob --engine=$kind --root=/home/bob/state
done
revoke bob >/dev/null

# A flag's value is named in help, and by that name it is completed: a new name is decided about.
free='CONTAINER:HOST:COUNT DATE DST[:OPTIONS] KEYS KEY[=VALUE] N NAME PATH SECONDS TIME USER[:GROUP] WHEN'
is "$(jq -r '[.[], .[].verbs[]] | map(.flags[].value) | unique | .[] | select(. != null)' <<<"$table" |
    grep -vxFf <(sed -n 's/^\t{ "\(.*\)", value_[a-z]* },$/\1/p' "$TOP/client/berth/complete.c") |
    tr '\n' ' ')" "$free " "each kind of value has its completion, or can be anything"

# Typed at a real prompt of bash: what the line has become.
typed() {
	as alice python3 "$share/complete.py" "$1"
}
is "$(typed 'berth daemon sto')" "berth daemon stop " "typed: a word is completed, and a blank follows"
is "$(typed 'berth run --network=n')" "berth run --network=none " "typed: a value in the same word"
is "$(typed 'berth run -v /us')" "berth run -v /usr/" "typed: a directory goes on with a slash"
is "$(typed 'berth run --volume=/us')" "berth run --volume=/usr/" "typed: in the same word, too"
is "$(typed 'berth run -v /usr:/x:r')" "berth run -v /usr:/x:r" "typed: two ways: the word stays"
is "$(typed 'berth run --ulimit nof')" "berth run --ulimit nofile=" "typed: more has to follow"
is "$(typed 'berth grant @la')" "berth grant @lab " "typed: a group"
is "$(typed 'berth --host uni')" "berth --host unix:/" "typed: the beginning of an address"

# Nothing of all this had an engine, or a grant.
is "$(engine_pid alice)" "" "no engine was started"
ok "and no runtime directory made" test ! -e /run/berth/1000

# Names of variables are bytes of anybody's.
run as_env alice $'HOM\e]0;x\a=1' -- berth __complete run -e HOM
is "$rc:$(cut -f1 <<<"$out" | tr '\n' ' ')" "0:HOME :none 0 " "no variable's name brings an escape sequence"
run as alice berth __complete
is "$rc:$(tail -n1 <<<"$out")" "0::none 0" "no word at all"
run as alice berth __complete run $'\e[1m' "$(printf '%05000d' 0)"
is "$rc:$out" "0::commands 0" "odd words"
mv /usr/local/bin/berth /usr/local/bin/gone
for shell in bash zsh fish; do
	is "$(offers "$shell" "berth run --netw")" "" "$shell: without berth nothing is offered, and no error shown"
done
mv /usr/local/bin/gone /usr/local/bin/berth

# berth-admin parses its flags itself: what is offered for it is what it knows.
admin_table() {
	sed -n 's/^\t{ "--\([a-z-]*\)", FLAG_\([A-Z]*\), \([A-Z_]*\) },$/\1 \2 \3/p' "$TOP/helper/admin/args.c" |
		awk -v verb="$1" '$2 != "LATER" && (index($3, "ALL") == 1 || index(" " verb " ", " " $3 " ")) { print $1 }' | sorted
}
is "$(jq -r '.[] | select(.name == "grant").flags[].name' <<<"$table" | sorted)" \
    "$(admin_table "GRANTING VERB_GRANT")" "the flags of grant are those of berth-admin"
is "$(jq -r '.[] | select(.name == "revoke").flags[].name' <<<"$table" | sorted)" \
    "$(admin_table VERB_REVOKE)" "those of revoke"
is "$(jq -r '.[] | select(.name == "check").flags[].name' <<<"$table" | sorted)" \
    "$(admin_table VERB_CHECK)" "those of check"
is "$(jq -r '.[] | select(.name == "daemon").verbs[] | select(.name == "start").flags[].name' <<<"$table" | sorted)" \
    "$({ admin_table "GRANTING VERB_START" && jq -r '.[] | select(.name == "info").flags[].name' <<<"$table"; } | tr ' ' '\n' | sed '/^$/d' | sorted)" \
    "those of daemon start"
done_testing
