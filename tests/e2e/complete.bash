# shellcheck shell=bash disable=SC1091
# What bash offers for the command line in $1, one a line: the function that `complete` registered
# is called as bash calls it. Run as: bash --norc complete.bash LINE
line=$1
if [ -r /usr/share/bash-completion/bash_completion ]; then
	# It finds the file of a command itself, and behind sudo, too.
	. /usr/share/bash-completion/bash_completion
	_completion_loader "${line%% *}"
else
	. /usr/local/share/bash-completion/completions/berth
fi

# bash cuts words at blanks, and in them between what is in COMP_WORDBREAKS and what is not.
COMP_WORDBREAKS=$' \t\n"\'@><=;|&(:'
COMP_LINE=$line
COMP_POINT=${#line}
COMP_WORDS=()
rest=$line
while [[ $rest =~ ^[[:space:]]*([@\>\<=\;\|\&\(:]+|[^@\>\<=\;\|\&\(:[:space:]]+)(.*)$ ]]; do
	COMP_WORDS+=("${BASH_REMATCH[1]}")
	rest=${BASH_REMATCH[2]}
done
[[ $line != *[[:space:]] ]] || COMP_WORDS+=("")
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
COMPREPLY=()
function=$(complete -p "${COMP_WORDS[0]}" | sed -n 's/.* -F \([^ ]*\) .*/\1/p')
"$function" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
[ "${#COMPREPLY[@]}" -eq 0 ] || printf '%s\n' "${COMPREPLY[@]}"
