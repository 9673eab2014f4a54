#!/usr/bin/env bash
# Job files: what a job declares, what its user gives it, and what is refused before anything starts.
. "${BASH_SOURCE[0]%/*}/../attack/jobs.sh"
arena_enter "$@"
needs jq
jobs_world security.confined
canary_plant

cd /home/alice || exit 1
mkdir -p conf out other
echo content >conf/file
echo hush >key
make_image /home/alice/root
chown -R alice:alice conf out other key

# file NAME: a job file of this name, from standard input
file() {
	cat >"/home/alice/$1"
}
# refused STATUS "NAME" WORDS...: berth WORDS; nothing on standard output, and then "$lines" has what was said
refused() {
	local want=$1 name=$2
	shift 2
	run as alice timeout -k 1 100 berth "$@"
	lines=$(sed 's/^  *//' <<<"$err")
	if [ "$rc:$out" = "$want:" ]; then
		pass "$name"
	else
		fail "$name"
		tap_show_run
	fi
}
# says WHERE WHAT [WHAT TO DO]
says() {
	like $'\n'"$lines"$'\n' "$1: $2${3:+[^$'\n']*$'\n'$3}" "it says: $1: $2${3:+; $3}"
}

# --- a whole one
file web.job <<'END'
; what a small web server would want
[job]
name = web
image = host
command = sh -c 'cat /etc/web/file; touch /etc/web/x /data/made; pwd; echo "$A $B"; id -u; stat -fc %T /scratch'
user = 0:0
workdir = /srv
timeout = 10m
isolation = confined
network = none
[env]
A = a  b
B = 'b'
[directory config]
path = /etc/web
description = its configuration
[directory data]
path = /data
writable = yes
required = no
[mount scratch]
type = tmpfs
path = /scratch
size = 1M
mode = 0700
END
run job -f web.job --param config=/home/alice/conf --param data=/home/alice/out
is "$rc" 0 "a job file runs"
is "$out" "$(printf "content\n/srv\na  b 'b'\n0\ntmpfs")" "its command, variables, directories, its memory, where it starts"
like "$err" "/etc/web/x.*Read-only" "a directory is read-only"
is "$(stat -c %u out/made)" 1000 "unless it is writable"
not_ok "and nothing was written to the other" test -e conf/x
run job -f web.job --param config=/home/alice/conf
like "$out$err" "/data/made.*No such file" "an optional directory is left away"
gives "" "flags win over the file, words over its command" -f web.job --param config=/home/alice/conf --name other -w / \
    -- sh -c 'test "$PWD" = / && test ! -e /data'
run job --rm=false -f web.job --param config=/home/alice/conf --name mine -e A=mine -e C=c --timeout 1h -- true
is "$rc:$(as alice berth ps -a --format=json | jq -r '.[].name')" "0:mine" "--name"
like "$(as alice berth inspect mine)" '"timeout": 3600' "--timeout"
as alice berth rm mine >/dev/null
gives "mine c /conf" "variables and mounts of flags come to those of the file" -f web.job --param config=/home/alice/conf -e A=mine \
    -e C=c -v /home/alice/conf:/conf -- sh -c 'echo $A $C $(ls -d /conf)'
run job -f web.job --param config=/home/alice/conf --param data=/home/alice/out -v /etc/web --tmpfs /data/ -- \
    sh -c 'echo $(stat -f -c %T /data; ls /etc/web | wc -l; stat -f -c %T /scratch)'
is "$rc:$out" "0:tmpfs 0 tmpfs" "a mount of a flag takes the place of the file's at the same path"
like "$(as alice berth explain -- run -f web.job --param config=/home/alice/conf -v /etc/web)" \
    'directory +config +/etc/web .* a mount of a flag' "explain tells so"
fails 'two mounts have one target: /etc/web' "but not two of them" -f web.job --param config=/home/alice/conf -v /etc/web \
    --tmpfs /etc/web
gives "file" "--entrypoint takes the place of its command" -f web.job --param config=/home/alice/conf --entrypoint ls -- /etc/web
run as alice berth run -d -f web.job --param config=/home/alice/conf -- sleep 60
is "$rc:$(as alice berth ps --format=json | jq -r '.[].name')" "0:web" "-d: it has the name of the file"
as alice berth rm -f web >/dev/null
run as alice sh -c 'cd / && berth run -q -f /home/alice/web.job --param config=/home/alice/conf/ -- cat /etc/web/file'
is "$rc:$out" "0:content" "a file elsewhere; a directory with a slash at its end"
printf '[job]\nimage = host\n[directory d]\npath = /d\nuid = 0\ngid = 0\n' | file zero.job
gives "0:0" "files that are to be root's are as with -v" -f zero.job --param d=/home/alice/conf -- stat -c %u:%g /d/file
gives "ro,nosuid,nodev,relatime" "nosuid and nodev" -f zero.job --param d=/home/alice/conf -- \
    awk '$5 == "/d" { print $6 }' /proc/self/mountinfo

# --- the image is beside the file
printf '[job]\nimage = ./root\ncommand = cat /etc/mark\n' | file image.job
echo here >root/etc/mark
run job -f image.job "${USR[@]}"
is "$rc:$out" "0:here" "an image beside the file"
run as alice sh -c "cd / && berth run -q -f /home/alice/image.job ${USR[*]}"
is "$rc:$out" "0:here" "wherever it is run from"
ln -s /srv away
printf '[job]\nimage = ./away\n' | file away.job
refused 125 "an image that is a link out of it" run -f away.job
says "berth: away.job:2" "cannot open the image ./away: it leads out of the directory of this file"
ln -sfn root inside
printf '[job]\nimage = ./inside\ncommand = cat /etc/mark\n' | file inside.job
run job -f inside.job "${USR[@]}"
is "$rc:$out" "0:here" "a link that stays within"
printf '[job]\nimage = ./nothing\n' | file nothing.job
refused 125 "an image that is not there" run -f nothing.job
says "berth: nothing.job:2" "cannot open the image ./nothing: No such file or directory"

# --- parameters in files
printf '[params]\nconfig = /home/alice/other\ndata = /home/alice/out\n' | file web.params
echo other >other/file
run job -f web.job --params web.params -- sh -c 'cat /etc/web/file; ls -d /data'
is "$rc:$out" $'0:other\n/data' "--params"
run job -f web.job --param config=/home/alice/conf --params web.params -- cat /etc/web/file
is "$rc:$out" "0:content" "--param wins over --params, wherever it stands"
run job -f web.job --param config=/home/alice/other --param config=/home/alice/conf -- cat /etc/web/file
is "$rc:$out" "0:content" "and the last one over the others"
printf '[params]\nconfig = /home/alice/conf\nconfig = /home/alice/other\ndatta = /x\n[more]\n' | file bad.params
refused 125 "a file of parameters with errors" run -f web.job --params bad.params
says "bad.params:3" "config was there before"
says "bad.params:4" "web.job has no parameter datta" "the nearest one is data"
says "bad.params:5" "unknown section \\[more\\]" "a file of parameters has one section"
echo 'config = /home/alice/conf' | file bare.params
refused 125 "one without its section" run -f web.job --param config=/home/alice/conf --params bare.params
says "berth: bare.params:1" "a key stands before the first section" "write  \\[params\\]  above it"
refused 125 "one that is not there" run -f web.job --params none.params
like "$lines" "^berth: --params: cannot open none.params: No such file" "it says which"
printf '[job]\nimage = ./none\nuser = a b\n[directory d]\npath = /d\n[directory e]\npath = /e\n[secret k]\n' | file all.job
printf '[job]\nimage = host\n[volume data]\npath = /d\n[mount x]\ntype = bind\npath = /x\n' | file docker.job
refused 125 "docker's words for mounts" run -f docker.job
says "docker.job:3" "unknown section \\[volume\\]" "write \\[mount NAME\\], with  type = volume"
says "docker.job:6" "type = bind: it is of a directory of the host, which is a \\[directory NAME\\]"
echo 'FROM x' | file Dockerfile
refused 125 "a file of another kind" run -f Dockerfile
says "berth: Dockerfile:1" "a line is a comment" "the format is in berth-job"
refused 125 "all that is wrong is said at once" run -f all.job --params none.params --params bare.params --param d=rel --param e-uid=7 \
    --param k=/home/alice/nokey --param f=/x
is "$(head -n1 <<<"$lines")" "berth: all.job: there are 7 problems, and nothing was started" "each once"
says "all.job:2" "cannot open the image ./none: No such file"
says "all.job:3" "user = a b: it is not a user"
says "--params" "cannot open none.params: No such file"
says "bare.params:1" "a key stands before the first section"
says "--param d" "rel is not an absolute path"
says "--param k" "secret k: cannot open /home/alice/nokey"
says "--param f" "all.job has no parameter f" "it has: d, e, k"
refused 125 "half an owner beside a directory that is not there" run -f all.job --param d=/home/alice/nodir --param e=/home/alice/conf \
    --param e-uid=7 --param k=/home/alice/web.job
is "$(grep -c 'user = a b\|e has one of uid\|cannot mount /home/alice/nodir\|cannot open the image' <<<"$lines")" 3 "what follows from nothing else is said, too"
refused 125 "--param without -f" run --param config=/x host true
like "$lines" "^berth: --param and --params need -f" "it says so"

# --- all that is wrong, at once, and nothing is started
as alice berth daemon stop >/dev/null
no_engine() {
	! engine_pid alice
}
wait_for 10 no_engine
file bad.job <<'END'
[job]
imagee = host
image = /srv/root
network = lan
 command = x
[directory a]
path = a
uid = 5
[directory b]
path = /b
[secret c-uid]
[prot p]
END
refused 125 "a file with errors" run -f bad.job --param b=relative --param d=/x --param c
is "$(head -n1 <<<"$lines")" "berth: bad.job: there are 12 problems, and nothing was started" "all of them"
says "bad.job:2" "unknown key imagee in \\[job\\]" "the nearest one is image"
says "bad.job:3" "image = /srv/root: it is a path of one host, which a job file does not know"
says "bad.job:4" "network = lan: it is not none, user or host"
says "bad.job:5" "the line begins with a blank"
says "bad.job:6" "uid and gid are given together, or not at all" "add  gid = ID"
says "bad.job:6" "the directory a is required, and was not given" "--param a=/absolute/directory"
says "bad.job:7" "path = a: it is not an absolute path"
says "bad.job:11" "a name cannot end in -uid or -gid"
says "bad.job:12" "unknown section \\[prot\\]" "the nearest one is port"
says "--param b" "relative is not an absolute path"
says "--param c" "it is not NAME=VALUE"
says "--param d" "bad.job has no parameter d" "it has: a, b"
refused 64 "explain says the same" explain bad.job --param b=relative --param d=/x --param c
like "$lines" "there are 11 problems"$'\n' "but that a parameter may be missing"
refused 125 "as JSON" --format=json run -f bad.job --param a=/nowhere
is "$(jq -c '[.reason, .code, (.problems | length), .problems_left_out, .problems[0].line, .problems[0].where]' <<<"$err")" \
    '["usage",64,10,0,2,"bad.job:2"]' "one object, with all of them"
for each in "config=conf:config:conf is not an absolute path" "config=/home/alice/../bob:config:/home/alice/../bob cannot be used as a path" \
    "config=/home/alice/conf/file:config:/home/alice/conf/file is not a directory" \
    "config=/nowhere:config:cannot mount /nowhere: No such file or directory" "config=/home/bob/canary:config:cannot mount /home/bob/canary" \
    "config=:config:the value is empty" "scratch=/tmp:scratch:web.job has no parameter scratch" "config-uid=0x5:config-uid:0x5 is not an id" \
    "config-uid=5:web.job:14:config has one of uid and gid, and needs both" "config-mode=5:config-mode:web.job has no parameter config-mode"; do
	IFS=: read -r word where what <<<"$each"
	[ "$where" != web.job ] || { where=web.job:14 what=${what#*:}; }
	[ "$where" = web.job:14 ] || where="--param $where"
	refused 125 "--param $word" run -f web.job --param config=/home/alice/conf --param "$word"
	says "berth: $where" "$what"
done
refused 125 "a required one that is missing" run -f web.job
says "berth: web.job:14" "the directory config is required, and was not given" "--param config=/absolute/directory"
is "$(engine_pid alice)" "" "no engine was started for any of it"
canary_is_untouched "$out$err" "nobody else's files were read"

# --- what is no job file
mkfifo pipe
refused 125 "a FIFO" run -f pipe
like "$lines" "^berth: cannot read pipe: it is not a regular file" "it says so"
refused 125 "a directory" run -f conf
like "$lines" "^berth: cannot read conf: it is not a regular file" "it says so"
refused 125 "a device" run -f /dev/zero
refused 125 "nothing" run -f nosuch.job
like "$lines" "^berth: cannot open nosuch.job"$'\n'"No such file" "it says so"
refused 125 "somebody else's" run -f /home/bob/canary
canary_is_untouched "$out$err" "and nothing of it is told"
head -c 70000 /dev/zero | file large.job
refused 125 "a large one" run -f large.job
like "$lines" "^berth: cannot read large.job"$'\n'"File too large" "it says so"
printf '[job]\nimage = host\nname = \033]0;x\a\n[\302\233]\n\033[2J = x\ndescription = x\n' | file $'esc\033[1m.job'
refused 125 "one that is an attack on the terminal" run -f $'esc\033[1m.job' --param $'a\033[1m=b' --param $'c\nd\233=e'
is "$(LC_ALL=C tr -d '\n -~' <<<"$err" | od -An -c)" "" "nothing of it gets there"
is "$(grep -c '^  [^ ]' <<<"$err")" 6 "and what is wrong is told, a line each"
for _ in {1..300}; do echo x; done | file many.job
refused 125 "300 problems" run -f many.job
is "$(wc -l <<<"$err"):$(tail -n2 <<<"$err" | head -n1)" "53:  and 250 more" "are not all told"

# --- directories keep their owner
cat >owned.job <<'END'
[job]
image = host
command = sh -c 'stat -c %u:%g /a /a/file /b; echo new >/a/new'
user = 101:102
[directory a]
path = /a
writable = yes
uid = 101
gid = 102
[directory b]
path = /b
uid = 0
gid = 0
END
printf '[params]\na = /home/alice/out\nb-uid = 103\nb-gid = 104\n' | file owned.params
echo x >out/file && chown alice: out/file
chmod 0700 out
revoke alice idmap.mount >/dev/null
refused 125 "an owner without idmap.mount" run -f owned.job --param a=/home/alice/out --param b=/home/alice/conf
says "berth: owned.job:5" "refused: idmap.mount is not granted to alice \\(uid 1000\\)"$'\n'"the grant in [^:]*: [^:]*"$'\n'"an administrator"
like "$(as alice berth explain owned.job 2>/dev/null)" 'idmap.mount +refuse +not_granted' "explain says it before a directory is given"
gives "0:0" "the user can want another owner: root's needs no idmap.mount" -f owned.job --param a=/home/alice/out --param b=/home/alice/conf \
    --param a-uid=0 --param a-gid=0 -- stat -c %u:%g /a
grant alice security.confined idmap.mount >/dev/null
gives $'101:102\n101:102\n0:0' "with it, files are whose the job file says" -f owned.job --param a=/home/alice/out --param b=/home/alice/conf
is "$(stat -c %U:%G out/new)" "alice:alice" "and the user's on the host"
gives $'101:102\n101:102\n103:104' "--params: another owner" -f owned.job --params owned.params --param b=/home/alice/conf
like "$(as alice berth explain owned.job --params owned.params)" 'directory +b +/b +read-only +103:104' "explain shows it"

# --- secrets
cat >secret.job <<'END'
[job]
image = host
command = sh -c 'cat /run/secrets/key /etc/token; stat -c "%u:%g %a" /run/secrets/key /etc/token; env | grep -iE "key|token|secret|^.*=h.sh"; ls /run/secrets'
user = 7:8
[secret key]
[secret token]
path = /etc/token
uid = 7
gid = 9
mode = 0440
[secret more]
required = no
description = another one
END
echo token7 >token && chown alice: token
gives $'hush\ntoken7\n7:8 400\n7:9 440\nkey' "secrets: where they are, whose, and in no variable" -f secret.job --param key=/home/alice/key --param token=/home/alice/token
gives "9:9 440" "its owner can be another" -f secret.job --param key=/home/alice/key --param token=/home/alice/token --param token-uid=9 --param token-gid=9 -- \
    stat -c "%u:%g %a" /etc/token
as alice berth run -q -d --name hidden -f secret.job --param key=/home/alice/key --param token=/home/alice/token -- sleep 60 >/dev/null
run as alice berth inspect hidden
is "$rc" 0 "a job with secrets is described"
unlike "$out" "hush|token7" "without what they hold"
as alice berth rm -f hidden >/dev/null
mkfifo tube && chown alice: tube
refused 125 "what is no secret" run -f secret.job --param key=/home/alice/tube --param token=token --param more=/home/bob/canary
says "--param key" "secret key: /home/alice/tube is no regular file"
says "--param token" "token is not an absolute path"
says "--param more" "secret more: cannot open /home/bob/canary"
run as alice berth explain secret.job --param key=/home/alice/key
like "$out" 'secret +key +/run/secrets/key +0400 +the job.s user +yes +/home/alice/key' "explain: a secret"
like "$out" 'secret +more +/run/secrets/more +0400 +the job.s user +no +nothing +another one' "and one that was not given"
unlike "$out" "hush" "and never what is in it"

# --- volumes
cat >volume.job <<'END'
[job]
image = host
command = sh -c 'echo more >>/kept/file; cat /kept/file; echo x >/own/file; ls /own'
[mount kept]
type = volume
path = /kept
volume = web-data
[mount own]
type = volume
path = /own
END
gives $'more\nfile' "a volume" -f volume.job
gives $'more\nmore\nfile' "with a name it stays, without one it goes" -f volume.job
is "$(as alice berth volume ls -q)" "web-data" "it has the name that the file gives it"
sed 's/^volume = .*/&\nwritable = no/' volume.job | file reader.job
run job -f reader.job --param kept=web-data
like "$out:$err" $'^more\nmore\nfile:.*Read-only' "writable = no, and a volume of another job file that its user gives"
# A job file is somebody else's: what is in the user's volumes is not for it.
run job -f reader.job
is "$rc:$out:$err" "125::berth: volume web-data cannot be used for /kept
  it is there already, and was not made by this job file
  if it is meant, give it:  --param MOUNT=web-data  (of [mount MOUNT])" "one that another job file made: refused, and how to give it"
as alice berth run -q -v mine:/v host sh -c 'echo private >/v/file'
sed 's/^volume = .*/volume = mine/' volume.job | file thief.job
run job -f thief.job
is "$rc:$out" "125:" "one that a job made: refused"
run job -f thief.job --param kept=mine
is "$rc:$out" $'0:private\nmore\nfile' "and given by its user"
sed 's/^volume = .*/volume = new-one/' volume.job | file new.job
as alice sh -c 'mkdir -p links && ln -sf ../new.job links/other.job'
gives $'more\nfile' "a new one by way of a link" -f links/other.job
gives $'more\nmore\nfile' "is that of the file itself" -f new.job
is "$(as alice berth volume inspect new-one | jq -c '.[0].labels')" '{"job-file":"/home/alice/new.job"}' "its label names it"
as alice berth run -q -d --name stays -f new.job -- sleep 1000 >/dev/null
as alice berth restart -t 0 stays >/dev/null
is "$(inspected stays .state)" running "a job with it is started again"
as alice berth rm -f stays >/dev/null
gives $'more\nfile' "one that is not there yet, given by name" -f new.job --param kept=given
run job -f new.job --param kept=../x
like "$rc:$err" '^125:berth: --param kept: ../x cannot be the name of a volume' "what is no name of one cannot be given"
run job -f new.job --param kept-uid=1
like "$rc:$err" '^125:berth: --param kept-uid: new.job has no parameter kept-uid' "nor an owner of it"
like "$(as alice berth explain new.job --param kept=mine)" 'volume +kept +/kept +read-write +mine +kept as new-one' "explain tells what was given"
run varlink alice run '{"mounts": [{"type": "volume", "source": "mine", "target": "/v", "fd": null, "match": true}]}' cat /v/file
like "$out" 'no labels to be known by' "a volume to be known by its labels has some"
as alice berth volume rm mine new-one given >/dev/null
like "$(as alice berth explain volume.job)" 'volume +kept +/kept +read-write +kept as web-data' "explain tells its name"
as alice berth volume rm web-data >/dev/null

# --- what is written there by somebody else
printf '[job]\nimage = host\n[directory d]\npath = /d\ndescription = \342\200\256x \302\233 y\n' | file words.job
run as alice berth explain words.job
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out$err" | od -An -c)" "0:" "explain shows a description escaped"
run as alice berth explain --format=json words.job
is "$rc:$(LC_ALL=C tr -d '\n -~' <<<"$out$err" | od -An -c)" "0:" "as JSON too"

run as alice berth run -f words.job --param $'d=/\342\200\256\302\233\n\233x'
is "$rc:$out:$(LC_ALL=C tr -d '\n -~' <<<"$err" | od -An -c):$(wc -l <<<"$err")" "125:::2" "and a path"

# --- without a grant
printf '[job]\nimage = host\ncommand = cat /d/file\n[directory d]\npath = /d\n' >/home/dave/plain.job
mkdir /home/dave/d && echo daves >/home/dave/d/file
run as dave berth run -q -f plain.job --param d=/home/dave/d
is "$rc:$out" "0:daves" "without a grant"
like "$(as dave berth explain plain.job)" 'directories may be given by: mount=\*' "and explain says so"

# --- what is granted
like "$(as alice berth explain web.job)" 'directories may be given by: mount=\*'$'\n' "explain says what can be given"
revoke alice "mount=*" >/dev/null
grant alice "mount=/home/alice/conf:ro" "mount=/home/alice/out" >/dev/null
run job -f web.job --param config=/home/alice/conf --param data=/home/alice/out/ -- true
is "$rc$err" 0 "what mount= grants"
refused 125 "an engine for one call that it does not" run --once -f web.job --param config=/home/alice/conf --param data=/home/alice/out
says "berth: web.job:[0-9]+" "refused: alice \\(uid 1000\\) may not use an engine for one call \\(--once\\)"$'\n'"[^:]*"$'\n'"an administrator"
refused 125 "two that it does not" run -f web.job --param config=/home/alice/other --param data=/home/alice/conf
says "--param config" "refused: mount=/home/alice/other:ro is not granted to alice \\(uid 1000\\)" "an administrator can allow it:  sudo berth grant alice mount=/home/alice/other:ro"
says "--param data" "refused: mount=/home/alice/conf is not granted"
mkdir out2 && chown alice out2
refused 125 "a neighbour with a longer name" run -f web.job --param config=/home/alice/conf --param data=/home/alice/out2
says "berth: --param data" "refused: mount=/home/alice/out2 is not granted to alice"
for words in "-v /home/alice/other:/other" "--mount type=bind,src=/home/alice/other,dst=/other" "--network host"; do
	# shellcheck disable=SC2086
	refused 125 "what a flag wants beside the file: $words" run -f web.job $words --param config=/home/alice/conf --param data=/home/alice/out
	says "berth: the command line" "refused: (mount=/home/alice/other|network\\.host) is not granted to alice"
done
run job -f web.job --entrypoint echo --param config=/home/alice/conf --param data=/home/alice/out
is "$rc:$out$err" "0:" "the command of a file is given to no --entrypoint"
ln -s /home/alice/other link
refused 125 "a link counts as where it leads" --format=json run -f web.job --param config=/home/alice/link
is "$(jq -c '[.reason, .code, .problems[0].where]' <<<"$err")" '["not_granted",77,"--param config"]' "with its reason"
printf '[job]\nimage = host\nisolation = nested\n[port http]\ncontainer = 80\n' | file later.job
refused 125 "what is not in this version" run -f later.job
says "later.job:1" "refused: security.nested is not available in this version"
says "later.job:4" "refused: network.user is not available in this version"
printf '[job]\nimage = host\ncommand = echo ran\n[port http]\ncontainer = 80\n' | file port.job
run as alice berth run -f port.job --network none
is "$rc:$out:$err" "0:ran:berth: the ports of port.job cannot be reached with --network=none" "ports: without a network of its own there are none, as is said"
printf '[job]\nimage = host\ncommand = echo ran\nrestart = always\n' | file again.job
run as alice berth run -f again.job
is "$rc:$out:$err" "0:ran:berth: restart = always of again.job counts with -d, and without --rm" "restart: in the foreground there is none"
as alice berth run -d -f again.job --name again >/dev/null
like "$(as alice berth inspect again)" '"restart": "always"' "with -d it holds"
as alice berth rm -f again >/dev/null

# --- explain
run as alice berth explain web.job
is "$rc:$err" "0:" "explain: nothing given, nothing refused"
like "$out" 'directory +config +/etc/web +read-only +0:0 +yes +nothing +its configuration' "what is required"
like "$out" 'directory +data +/data +read-write +0:0 +no +nothing' "what is not"
like "$out" 'tmpfs +scratch +/scratch' "memory"
like "$out" 'directories may be given by: mount=/home/alice/conf:ro mount=/home/alice/out'$'\n' "what can be given"
like "$out" 'network.none +allow +/etc/berth/allow/uid-1000.conf' "and what is granted"
run as alice berth explain --param config=/home/alice/other web.job
is "$rc" 77 "explain: refused"
like "$out" 'mount=/home/alice/other:ro +refuse +not_granted' "what is not granted"
run as alice berth explain web.job --format=json --param config=/home/alice/conf --param data=/home/alice/out
is "$(jq -c '[.allowed, .complete, .directories[0].value, .directories[0].required, .directories[1].writable, .mounts[0].size, .granted_directories[0]]' <<<"$out")" \
    '[true,true,"/home/alice/conf",true,true,"1M","mount=/home/alice/conf:ro"]' "explain: JSON"
is "$(jq -c '[.entitlements[] | [.entitlement, .allowed]]' <<<"$out")" \
    '[["security.confined",true],["network.none",true],["image=host",true],["mount=/home/alice/conf:ro",true],["mount=/home/alice/out",true]]' \
    "and each entitlement"
is "$(as alice berth explain web.job --format=json | jq .complete)" false "complete says whether something is missing"
run as alice berth explain later.job
is "$rc:$(grep -c 'refuse *unavailable' <<<"$out")" "77:2" "explain: what is not available"
run as alice berth run --dry-run -f web.job --param config=/home/alice/conf
is "$rc" 0 "--dry-run"
is "$(as alice berth explain -- run -f web.job --param config=/home/alice/conf)" "$out" "and explain of the line say the same"
is "$(as alice berth explain web.job --param config=/home/alice/conf)" "$out" "and explain of the file"
like "$out" 'job file +web.job.*directory +config +/etc/web' "which is all of it"
is "$(as alice berth explain -- run -f web.job 2>&1)" "$(as alice berth explain web.job 2>&1)" "also where a parameter is missing"
like "$(as alice berth explain -- run -f web.job --name other -e A=mine)" $'name +other\n.*variable +B=\'b\'' "with what its flags say"
unlike "$(as alice berth explain -- run -f web.job -e A=mine)" 'variable +A=' "and without what they say otherwise"
is "$(as alice berth explain -f web.job --param config=/home/alice/conf)" \
    "$(as alice berth explain web.job --param config=/home/alice/conf)" "explain -f, as behind run"
for words in "" "web.job web.job" "-f web.job web.job" "web.job -f web.job" "-f web.job -- run host true" "--param a=b -- run host true" "nosuch.job"; do
	# shellcheck disable=SC2086
	run as alice berth explain $words
	is "$rc:$out" 64: "explain $words is refused"
done

# --- the format is one: the table, the manual, a file of it
schema=$(as alice berth explain --schema --format=json)
for words in web.job "-f web.job" "--param data=/x" "--params x"; do
	# shellcheck disable=SC2086
	refused 64 "--schema and $words" explain --schema $words
done
is "$(jq -r '.[] | .section as $s | .keys[] | $s + " " + .key' <<<"$schema" | sort)" \
    "$(awk '/^\.Ss / { s = $2; gsub(/[^a-z]/, "", s) } /^\.It Cm / && s != "" { print s, $3 }
        /^\.It Va NAME/ { print s, "NAME" }' "$TOP/config/man/berth-job.5" | sort)" "berth-job(5) has the keys of the schema"
is "$(as alice berth explain --schema | awk '{ print $1 }' | grep -c '^\[')" "$(jq '[.[].keys[]] | length' <<<"$schema")" "--schema as a table has them all"
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$TOP/config/man/berth-job.5" | awk '/^\.Bd/ { n++ } n == 2 && !/^\./' | file manual.job
mkdir nginx && chown alice nginx
run as alice berth explain manual.job
like "$out" 'directory +config +/etc/nginx' "the example of berth-job(5) is a job file"
ok "nothing is left of all these jobs" jobs_are_gone
done_testing
