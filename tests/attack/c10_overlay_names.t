#!/usr/bin/env bash
# C10: options of an overlay out of a name. An image, a state directory or a volume is called so that its name,
# as a part of the mount's options, would be more options. What the kernel is told are names of berth's own.
. "${BASH_SOURCE[0]%/*}/jobs.sh"
arena_enter "$@"
jobs_world security.confined
canary_plant

make_image /home/alice/other
echo other >/home/alice/other/etc/mark
# The options of the job's root.
options='sed -nE "s/^[0-9]+ [0-9]+ [0-9:]+ \/ \/ .* - overlay overlay .*(lowerdir=)/\1/; T; p" /proc/self/mountinfo'
run job "${USR[@]}" /home/alice/other sh -c "$options"
golden=$out
like "$golden" '^lowerdir=l,upperdir=u,workdir=w,' "C10 the options of the root of a job"
run job host sh -c "$options"
host=$out
is "$host" "${golden/lowerdir=l,/lowerdir=../../host,}" "C10 with the image host"

names=('a,b' 'a:b' 'a\b' 'a\,b' 'a\:b' ',upperdir=/home/alice/other' 'x:/home/alice/other' '../other,lowerdir=/home/alice/other'
    ',userxattr=off' $'a\nb' ',' ':' $'\\' '\054' '%2C' ' ')
for name in "${names[@]}"; do
	dir="/home/alice/images/$name"
	make_image "$dir"
	echo mine >"$dir/etc/mark"
	run job "${USR[@]}" "$dir" sh -c "cat /etc/mark; echo written >/etc/new; $options"
	is "$rc:$out" "0:mine
$golden" "C10 an image called ${name@Q}"
	not_ok "C10 what a job writes does not come to it" test -e "$dir/etc/new"
done
is "$(cd /home/alice/other && find . -newer etc/mark ! -path . | head)" "" "C10 no other image was written to"

# The state directory.
for name in 'st,a' 'st:a' 'st\a' 'st,upperdir=x' 'st a'; do
	revoke bob >/dev/null 2>&1
	ok "C10 a state directory can be called ${name@Q}" root "$ADMIN" grant bob security.confined 'mount=*' 'image=*' --root="/home/bob/$name"
	run as bob berth run -q -v data:/d host sh -c "echo kept >/d/file; $options"
	is "$rc:$out" "0:$host" "C10 it is no option: ${name@Q}"
	is "$(cat "/home/bob/$name/volumes/data/data/file")" kept "C10 and a volume in it"
	as bob berth daemon stop >/dev/null
done
canary_is_untouched "$out$err" "C10 the canaries"
done_testing
