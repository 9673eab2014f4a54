#!/usr/bin/env bash
# make install, upgrade and uninstall: what they leave, and what happens to the setuid bit.
. "${BASH_SOURCE[0]%/*}/../lib/arena.sh"
arena_enter "$@"

install_again() {
	root BUILD="$BUILD" sh "$TOP/config/install.sh" install
}

is "$(stat -c '%a %U:%G' "$LAUNCHER" "$ENGINE" "$ADMIN" /usr/local/bin/berth)" \
    $'755 root:root\n711 root:root\n755 root:root\n755 root:root' "modes and owners"
is "$(stat -c '%a %U:%G' /etc/berth /etc/berth/allow /var/lib/berth/audit-rate)" \
    $'755 root:root\n755 root:root\n600 root:root' "configuration and rate limit"

completions=(/usr/local/share/bash-completion/completions/berth /usr/local/share/zsh/site-functions/_berth
	/etc/fish/completions/berth.fish)
is "$(stat -c '%a %U:%G' "${completions[@]}" | sort -u)" "644 root:root" "completion for three shells"

echo "; mine" >/etc/berth/berth.conf
ok "again" install_again
is "$(cat /etc/berth/berth.conf)" "; mine" "the administrator's berth.conf is not replaced"
ok "without a grant the launcher stays without the bit" test ! -u "$LAUNCHER"

# An upgrade while grants exist. A user made a link to the old program, to keep its bugs.
chmod 4755 "$LAUNCHER"
ln "$LAUNCHER" /usr/local/bin/old-link
ok "upgrade" install_again
ok "the new launcher takes the setuid bit over" test -u "$LAUNCHER"
isnt "$(stat -c %i "$LAUNCHER")" "$(stat -c %i /usr/local/bin/old-link)" "it is another inode"
ok "the old inode lost it" test ! -u /usr/local/bin/old-link
rm /usr/local/bin/old-link

# Somebody else's setuid file in its place is no reason to make ours setuid.
chown alice "$LAUNCHER"
chmod 4755 "$LAUNCHER"
ok "upgrade over a launcher that is not root's" install_again
is "$(stat -c '%a %U' "$LAUNCHER")" "755 root" "the bit is not taken over from it"

: >/etc/berth/allow/uid-1000.conf
: >/etc/berth/ids
run root sh "$TOP/config/install.sh" uninstall
is "$rc" 77 "uninstall refuses while there are grants"
like "$err" 'sudo make uninstall REVOKE=1' "and says what to do"
ok "nothing was removed" test -x "$LAUNCHER"

printf '[grant]\nuid = 1000\nrevoked = 2026-11-26T06:00Z\nentitlements = image=*\n' \
    >/etc/berth/allow/uid-1000.conf
run root sh "$TOP/config/install.sh" uninstall
is "$rc" 77 "also while there is one that is revoked but says more"

printf '[grant]\nuid = 1000\nrevoked = 2026-11-26T06:00Z\n' >/etc/berth/allow/uid-1000.conf
chmod 4755 "$LAUNCHER"
ln "$LAUNCHER" /usr/local/bin/old-link
ok "uninstall" root sh "$TOP/config/install.sh" uninstall
ok "no link to the launcher keeps the bit" test ! -u /usr/local/bin/old-link
is "$(find /usr/local /etc/fish -path '*berth*' 2>/dev/null)" "" "nothing of it is left in /usr/local, nor fish's completion in /etc"
ok "the record of ids stays" test -e /etc/berth/ids
ok "what says that a grant was revoked is none, and stays" test -e /etc/berth/allow/uid-1000.conf


ok "installed once more" install_again
rm -f /etc/berth/ids /usr/local/bin/old-link
ok "a grant" grant alice security.confined
run root REVOKE=1 sh "$TOP/config/install.sh" uninstall
is "$rc" 0 "uninstall with REVOKE=1"
is "$(ls /etc/berth/allow 2>/dev/null)" "" "no grant is left"
like "$(cat /etc/berth/ids)" '1000' "what was given to alice is not forgotten"
is "$(find /usr/local -path '*berth*')" "" "nothing of it is left in /usr/local"

done_testing
