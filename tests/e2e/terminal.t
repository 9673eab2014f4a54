#!/usr/bin/env bash
# -t and -it on a real terminal: what is typed and shown, sizes, keys, job control, detaching, a
# terminal that is closed. The caller's terminal is as it was, however it ends; nothing stays behind.
# The cases are in terminal.py; terminal.t CASE... runs some of them alone.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs python3 vim.tiny less top tmux
jobs_world security.confined

cases=("$@")
[ $# -gt 0 ] || mapfile -t cases < <(/usr/bin/python3 "$TOP/tests/e2e/terminal.py" list)
isnt "${#cases[@]}" 0 "there are cases"
for name in "${cases[@]}"; do
	as alice mkdir -p "/home/alice/$name"
	run as alice sh -c 'cd "$1" && exec /usr/bin/python3 "$2" "$1"' - "$name" "$TOP/tests/e2e/terminal.py"
	is "$rc$err" 0 "$name: ran to its end"
	looked_at "$name"
	ok "$name: nothing is left" jobs_are_gone
done
[ $# -eq 0 ] || done_testing

# --- what a person sees, in tmux(1)
pane() {
	as_env alice TERM=xterm LC_ALL=C.UTF-8 -- tmux -L test "$@"
}
keys() {
	pane send-keys -t test "$@"
}
# shows REGEX NAME: that is on the screen within some seconds
shows() {
	if wait_for 20 on_screen "$1"; then
		pass "tmux: $2"
	else
		fail "tmux: $2"
		diag "wanted $1 on:" "$(pane capture-pane -p -t test)"
	fi
}
on_screen() {
	[[ $(pane capture-pane -p -t test) =~ $1 ]]
}
ok "tmux: starts" pane new-session -d -s test -x 80 -y 24 "env 'PS1=outer> ' bash --norc --noprofile"
shows '^outer>' "the caller's shell"
keys 'berth run -it --name=inner host bash --norc --noprofile' Enter
shows 'bash-[0-9.]+# *$' "the shell of a job"
keys 'tput cols; tput lines; echo $TERM' Enter
shows $'\n80\n24\n(screen|tmux)' "the size and kind of the screen"
pane resize-window -t test -x 100 -y 30
# What is typed and what the size is come by two ways.
sized() {
	keys 'clear; tput cols; tput lines' Enter
	wait_for 1 on_screen $'^100\n30\n'
}
ok "tmux: the size after the window has grown" wait_for 20 sized
keys 'vim.tiny -u NONE /tmp/x' Enter
shows $'~\n~\n"/tmp/x" .New' "vi fills the screen"
keys 'isome words' Escape ':wq' Enter
shows $'bash-[0-9.]+# *\n*$' "and gives it back"
keys 'clear; cat /tmp/x' Enter
shows $'^some words\n' "with what was written"
keys 'sleep 100' Enter
wait_for 20 pgrep -fx 'sleep 100'
keys C-z
shows 'Stopped +sleep 100' "^Z is the job's shell's"
keys 'exit' Enter
keys 'exit' Enter
shows $'exit\nouter> *\n*$' "the caller's shell is back"
keys 'clear; stty -a | tr " " "\n" | grep -x -- "-*icanon;*\|-*echo;*"' Enter
shows $'^icanon\necho\n' "and its terminal in order"
ok "tmux: nothing is left" jobs_are_gone
keys 'clear; berth run -it --name=inner host sh' Enter
shows '# *$' "another job"
keys C-p C-q
shows $'\nberth: detached: the job inner goes on.*berth attach inner +to end it:  berth stop inner\nouter>' "detached, and told so"
as alice berth daemon stop --force >/dev/null
ok "tmux: which ends with its engine" jobs_are_gone
keys 'clear; berth run -it host sh' Enter
shows '# *$' "one more, with a new engine"
pane kill-server
ok "tmux: its window is closed, nothing is left" jobs_are_gone
done_testing
