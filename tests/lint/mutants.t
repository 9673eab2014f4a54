#!/usr/bin/env bash
# No guard of the trusted base without a proof that its absence is noticed: tests/audit/mutants.tsv has a
# row for each that stands in the sources, and for no other. That each row is true, `make mutants` shows.
# And no entry of tests/attack/controls.list without the code that it takes out.
. "${BASH_SOURCE[0]%/*}/../lib/tap.sh"
cd "${BASH_SOURCE[0]%/*}/../.." || exit 1
# As the compiler is asked by make; $BUILD is where it finds what is generated.
export MUTANT_CFLAGS="-std=gnu11 -D_GNU_SOURCE -DBERTH_VERSION='\"\"' -DBERTH_PREFIX='\"\"' -DBERTH_LIBEXEC='\"\"'"

ok "every guard has its row, and no row is stale" tests/run/mutants.py --check
if command -v clang >/dev/null; then
	ok "clang sees as many decisions as were found" tests/run/mutants.py --compare
else
	skip "clang sees as many decisions as were found" "it is not installed"
fi

# The positive controls of the attack tests are not run each time: what is to be taken out must be there.
stale_controls() {
	local line file=
	# Of an edit in several places each is to have something to do.
	while IFS= read -r line; do
		case $line in
		'file: '*) file=${line#file: } ;;
		'edit: '*) ! sed -E "${line#edit: }" "$file" | cmp -s - "$file" || echo "$file: $line" ;;
		esac
	done < <(sed '/^edit: /s|; s/|\nedit: s/|g' tests/attack/controls.list)
}
is "$(stale_controls)" "" "each defence that tests/attack/controls.list takes out is there"

# What SECURITY.md says of controls: "list" where the defence of a file that it names is taken out for a test that it
# names, and only there; "guards" where such a file has rows in mutants.tsv.
untrue_controls() {
	python3 - "$1" <<'END'
import re
import sys

PLACES = {"launcher": "helper/launcher", "admin": "helper/admin", "berth": "client/berth", "engine": "client/engine",
          "lib": "client/lib", "archive": "client/archive"}
taken, name = set(), ""
for line in open("tests/attack/controls.list"):
    if line.startswith("file: "):
        name = line[6:-1]
    elif line.startswith("test: "):
        taken.add((name, line[6:-1]))
guarded = {line.split("\t")[0] for line in open("tests/audit/mutants.tsv")}
rows = 0
for line in open(sys.argv[1]):
    if not re.match(r"\| [A-E][0-9]{2}", line):
        continue
    rows += 1
    attack, _, defence, tests, control = (cell.strip() for cell in line.split("|")[1:-1])
    files, place = set(), ""
    for path in re.findall(r"`([^` ]+\.(?:c|list|sh))`", defence):
        top, _, rest = path.partition("/")
        path = PLACES.get(top, top) + "/" + rest if rest else place + path
        place = path.rpartition("/")[0] + "/"
        files.add(path)
    if ("list" in control) != any((path, test[:-2]) in taken for path in files for test in re.findall(r"`([^`]+)`", tests)):
        print(f"{attack}: {tests}: list: {control}")
    if "guards" in control and not files & guarded:
        print(f"{attack}: {tests}: guards: {control}")
print("no rows" if rows < 100 else "", end="")
END
}
is "$(untrue_controls SECURITY.md)" "" "what SECURITY.md says of controls is so"
is "$(untrue_controls <(sed '/^| A13 /s/list, //' SECURITY.md))" 'A13: `attack/a13_userns.t`: list: guards' "control: what is not so is seen"

# Positive controls, in a copy: a guard more, one that is another now, one less.
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/helper"
cp -a helper/launcher "$copy/helper/"
cp -a common tests "$copy/"

changed() {
	local name=$1 file=$2 edit=$3 wanted=$4
	cp "$file" "$copy/$file"
	sed -i "$edit" "$copy/$file"
	run "$copy/tests/run/mutants.py" --check
	is "$rc" 1 "$name: noticed"
	like "$out" "$wanted" "$name: which one"
	cp "$file" "$copy/$file"
}
ok "the copy is as the tree" "$copy/tests/run/mutants.py" --check
changed "a new guard" common/path.c 's/^\tsize_t len = strlen(path);/&\n\tif (len > 77)\n\t\treturn (false);/' \
    'no proof: common/path\.c \| path_is_canonical \| len > 77'
changed "a guard that is another" common/idmap.c 's/value > ID_MAX/value >= ID_MAX/' \
    'no proof: common/idmap\.c \| id_digits_parse \| value >= ID_MAX.*stale row: common/idmap\.c \| id_digits_parse \| value > ID_MAX'
changed "a guard that is gone" helper/launcher/self.c 's/if (st\.st_nlink == 0)/if (0)/' \
    'stale row: helper/launcher/self\.c \| self_check \| st\.st_nlink == 0'
sed -i 's/\ttest_decide\t/\tNOT NOTICED\t/' "$copy/tests/audit/mutants.tsv"
run "$copy/tests/run/mutants.py" --check
like "$out" 'no test notices: common/decide\.c' "what no test notices is an error"

done_testing
