# shellcheck shell=bash
# Completion of berth(1) for bash: what can be typed is berth's own to say, by berth __complete.
# For the names of jobs and volumes an engine that runs is asked; none is started.

_berth() {
	local piece rest=${COMP_LINE:0:COMP_POINT} before i line kind head breaks cut
	local -a words=()
	COMPREPLY=()

	# bash cuts words at = : and @ as well: pieces without a blank between them are one word.
	for ((i = 0; i <= COMP_CWORD; i++)); do
		before=$rest
		rest=${rest#"${rest%%[![:space:]]*}"}
		piece=${COMP_WORDS[i]}
		((i < COMP_CWORD)) || piece=$rest
		if ((i == 0)) || [ "$rest" != "$before" ]; then
			words+=("$piece")
		else
			words[-1]+=$piece
		fi
		rest=${rest#"$piece"}
	done
	local word=${words[-1]}

	# And replaces only what follows the last of them, the @ included.
	breaks=${COMP_WORDBREAKS//[\"\'@[:space:]]/}
	cut=
	[ -z "$breaks" ] || cut=${word%"${word##*["$breaks"]}"}

	kind=none head=0
	while IFS= read -r line; do
		case $line in
		:*)
			kind=${line#:} head=${line##* }
			kind=${kind% *}
			;;
		*)
			line=${line%%$'\t'*}
			COMPREPLY+=("${line#"$cut"}")
			;;
		esac
	done < <(command berth __complete "${words[@]:1}" 2>/dev/null)

	case ${#COMPREPLY[@]}:${COMPREPLY[0]-} in
	1:*[=:/,]) compopt -o nospace 2>/dev/null ;;
	esac

	# What bash knows itself: it gets the part of the word that is meant.
	local part=${word:head} prefix=${word:0:head}
	prefix=${prefix#"$cut"}
	local -a how=()
	case $kind:$part in
	dirs:*) how=(-d) ;;
	files:*) how=(-f) ;;
	commands:*) how=(-c) ;;
	users:*) how=(-u) ;;
	principals:@*)
		part=${part#@} prefix=@
		how=(-A group)
		;;
	principals:*) how=(-u) ;;
	*) return ;;
	esac
	case $kind in
	dirs | files) compopt -o filenames 2>/dev/null ;;
	esac
	while IFS= read -r line; do
		COMPREPLY+=("$prefix$line")
	done < <(compgen "${how[@]}" -- "$part")
}

complete -F _berth berth
