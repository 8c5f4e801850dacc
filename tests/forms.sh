#!/bin/sh
# Walks through each form of a release by the words of the README and of docs/installing.md, as root on a machine that may be thrown away:
# installs it, makes a vault, sets git up and asks it, runs the demo, installs it again, takes it back. Usage:
#
#   tests/empty-root.sh 'tests/forms.sh'           in an empty Debian, of the last commit
#   tests/forms.sh [DIRECTORY]                     on this machine, which changes; DIRECTORY is from release.sh
#
# Exit codes: 0; 1 at the first step that fails; 2 wrong usage.
set -eu

script=forms.sh
repository=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
. "$repository/install/prelude.sh"

case $#:${1-} in
0:) ;;
1:-*) wrong_usage 'the only word is a directory' ;;
1:*) release=$(absolute "$1") ;;
*) wrong_usage 'the only word is a directory' ;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
DEBIAN_FRONTEND=noninteractive
export DEBIAN_FRONTEND
apt-get -qq update
# The Node of the release needs it, and the package is to bring it by itself.
apt-get -qq --yes install libatomic1
if test -z "${release-}"; then
	release=$work/release
	"$repository/install/package/release.sh" "$release" x64
fi
apt-get -qq --yes purge libatomic1
node=$(dirname "$(command -v node)")

# What the README's table has for a form, with the files of this release in the place of their names, and nobody there to say yes.
words_for() {
	sed -n "s/^| $1 | \`\\([^\`]*\\)\`.*/\\1/p" "$repository/README.md" |
		sed -e 's/^sudo apt install/apt install --yes/' -e "s,\\(toolkey-linux-x64\\|\\./toolkey_[^ ]*\\.deb\\),$release/\\1," -e "s,install -g toolkey,install -g $release/toolkey-*.tgz,"
}

# Of the one line of several that is for this form: docs/installing.md, "Taking it back".
words_to_take_back() {
	sed -n '/^## Taking it back/,/^The vault stays/p' "$repository/docs/installing.md" | sed -n "s/.*\\($1[^,]*\\).*/\\1/p" | sed 's/^sudo //; s/ *#.*//'
}

at() {
	printf '\n== %s: %s\n' "$form" "$*"
}

# In a home that is empty but for what this form put there, on a PATH that has what the README says it needs.
walk() {
	form=$1 path=$2 back=$3
	HOME=$work/home-$(printf %s "$form" | tr -c 'a-z0-9\n' -)
	export HOME
	mkdir "$HOME"
	cd "$HOME"
	install=$(words_for "$form")
	test -n "$install" || fail "the README does not say how to install $form"
	PATH=$path
	at "$install"
	sh -euc "$install"
	toolkey --version
	at 'toolkey init, setup git, add'
	printf 'a-passphrase' | toolkey init --key passphrase --secret-fd 0
	toolkey setup git
	printf 'a-token' | toolkey add https://git.example.com --tool git --username alice
	printf 'protocol=https\nhost=git.example.com\n\n' | git credential fill | grep -qx 'password=a-token' || fail 'git gets no token'
	toolkey run -- true
	toolkey doctor || test $? = 1
	at 'the demo'
	# It has servers of its own, for which it needs Node.
	(PATH=$PATH:$node && "$repository/install/demo.sh" --with "$(dirname "$(command -v toolkey)")") >"$work/demo" 2>&1 || fail "the demo fails: $(tail -n 20 "$work/demo")"
	tail -n 3 "$work/demo"
	at 'once more: an upgrade to the same version'
	sh -euc "$install"
	printf 'protocol=https\nhost=git.example.com\n\n' | git credential fill | grep -qx 'password=a-token' || fail 'git gets no token after it'
	at "take it back: $back"
	toolkey setup --all --undo --yes
	toolkey stop
	sh -euc "$back"
	rm -rf "$HOME/.local/share/toolkey/programs"
	hash -r
	! command -v toolkey || fail 'toolkey is still there'
	! grep -s toolkey "$HOME/.gitconfig" || fail 'git still names it'
	test -f "$HOME/.local/share/toolkey/vault.age" || fail 'the vault is gone'
	printf '%s: done\n' "$form"
}

system=/usr/sbin:/usr/bin:/sbin:/bin
command -v git >/dev/null || fail 'git is not on PATH'
walk 'Debian, Ubuntu' "$system" "$(words_to_take_back 'apt purge') --yes"
# What the README says that it needs.
apt-get -qq --yes install libatomic1
walk 'one file' "$work/home-one-file/.local/bin:$system" "$(words_to_take_back 'rm ~')"
walk 'npm' "$node:$system" "$(words_to_take_back 'npm uninstall -g toolkey' | sed 's/  .*//')"
form='a clone of this repository'
HOME=$work/home-clone
mkdir "$HOME"
git clone --quiet "$repository" "$HOME/toolkey"
cd "$HOME/toolkey"
PATH=$HOME/.local/bin:$node:$system
install=$(words_for "$form")
at "$install --key file"
$install --key file
printf 'a-token' | toolkey add https://git.example.com --tool git --username alice
printf 'protocol=https\nhost=git.example.com\n\n' | git credential fill | grep -qx 'password=a-token' || fail 'git gets no token'
at 'the demo'
./install/demo.sh --with "$HOME/.local/bin" | tail -n 3
at "$install, once more"
$install
at './install/uninstall.sh'
./install/uninstall.sh
hash -r
! command -v toolkey || fail 'toolkey is still there'
test -f "$HOME/.local/share/toolkey/vault.age" || fail 'the vault is gone'
printf '\nall forms: done\n'
