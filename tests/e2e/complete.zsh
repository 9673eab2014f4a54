# What zsh offers for the command line in $1, one a line: an interactive zsh in a pty, with every
# compadd printed. Run as: zsh -f complete.zsh LINE
zmodload zsh/zpty
capture() {
	zpty z zsh -f -i
	local line
	zpty -w z "PROMPT= RPROMPT= ; unsetopt zle_bracketed_paste 2>/dev/null; stty -echo"
	zpty -w z "autoload -Uz compinit && compinit -u -C -d ${(q)TMPPREFIX:h}/berth-zcompdump; source $2; print -r READY''NOW"
	while zpty -r z line; do [[ $line == *READYNOW* ]] && break; done
	# A tab for the completion; the function after it says that it is done.
	zpty -w -n z "$1"$'\t'
	local -i inside=0
	while zpty -r z line; do
		line=${line%%$'\r'*}
		line=${line%%$'\n'}
		[[ $line == *COMPLETION-ENDS* ]] && break
		(( inside )) && print -r -- "$line"
		[[ $line == *COMPLETION-BEGINS* ]] && inside=1
	done
	zpty -d z
}
setup=$(mktemp)
cat >$setup <<'END'
zstyle ':completion:*' insert-tab false
zstyle ':completion:*' verbose no
compadd() {
	# Asked to look only, not to add.
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	local hit
	builtin compadd -O hits "$@"
	for hit in "${(@)hits}"; do
		print -r -- "$IPREFIX$hit"
	done
	builtin compadd "$@"
}
begins() { print; print COMPLETION-BEGINS }
ends() { print COMPLETION-ENDS; exit }
compprefuncs=(begins)
comppostfuncs=(ends)
END
capture "$1" $setup
rm -f $setup
