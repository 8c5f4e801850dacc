#!/bin/sh
# Installs toolkey for one person, without root. Run it again to update or to repair; it changes only
# what is not as it should be. An install that is interrupted leaves the one before it in place.
set -eu

script=install.sh
repository=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
. "$repository/install/prelude.sh"

usage() {
	cat <<-END
	usage: install.sh [--prefix DIR] [--key keychain|passphrase|file] [--no-setup]

	Builds toolkey and installs it into DIR, else \$PREFIX, else ~/.local; makes a vault if there
	is none; and makes toolkey the credential helper of git.

	  --prefix DIR  DIR/lib/toolkey, and links to it in DIR/bin (programs) and DIR/share (manual, completion)
	  --key SOURCE  where the key of a new vault is kept, as for 'toolkey init'
	  --no-setup    only the programs: no vault, and git's configuration stays as it is

	uninstall.sh takes it back, and leaves the vault.
	END
}

prefix=${PREFIX:-${HOME:?is not set}/.local}
key=
setup=true
while test $# != 0; do
	option=$1
	case $option in
	--prefix | --key)
		test $# != 1 || wrong_usage "$option needs a value"
		option=$1=$2
		shift
		;;
	esac
	shift
	case $option in
	--prefix=?*) prefix=${option#*=} ;;
	--key=keychain | --key=passphrase | --key=file) key=${option#*=} ;;
	--no-setup) setup=false ;;
	-h | --help) usage && exit 0 ;;
	--prefix= | --key=*) wrong_usage "'${option#*=}' is no value for ${option%%=*}" ;;
	*) wrong_usage "unknown option '$option'" ;;
	esac
done
prefix=$(absolute "$prefix")

installed=$prefix/lib/toolkey
# All that PATH is to lead to.
programs=$(sed -n '/^  "bin": {/,/^  }/s/^    "\([^"]*\)".*/\1/p' "$repository/package.json" | tr '\n' ' ')
programs=${programs% }
staged=$prefix/lib/.toolkey-new
replaced=$prefix/lib/.toolkey-old
bash_completion=$prefix/share/bash-completion/completions
zsh_completion=$prefix/share/zsh/site-functions
fish_completion=$prefix/share/fish/vendor_completions.d

work=$(mktemp -d)
: >"$work/made"

clean_up() {
	trap - EXIT
	trap '' HUP INT TERM
	test -d "$installed" || test ! -d "$replaced" || mv "$replaced" "$installed"
	rm -rf "$staged" "$replaced"
	# After a success none are listed.
	remove_made
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Writes down which directories it makes, so that uninstall.sh removes those and no others.
make_directory() {
	test ! -d "$1" || return 0
	make_directory "$(dirname -- "$1")"
	mkdir -- "$1" || fail "cannot make the directory $1"
	printf '%s\n' "$1" >>"$work/made"
}

remove_made() {
	sort -r "$work/made" | while read -r directory; do
		rmdir -- "$directory" 2>/dev/null || :
	done
}

# Before anything is changed: nothing of others is overwritten.
check_places() {
	case $prefix in
	*'
'*) fail 'the prefix has a line break in it' ;;
	esac
	test ! -e "$installed" || test -e "$installed/bin/git-credential-toolkey" ||
		fail "$installed is there, and not toolkey" 'choose another place with --prefix DIR'
	for program in $programs; do
		link=$prefix/bin/$program
		test ! -e "$link" || test "$(readlink -- "$link")" = "../lib/toolkey/bin/$program" ||
			fail "$link is there, and not from this script" 'move it away, or choose another place with --prefix DIR'
	done
}

# What is made in another user's home, he could not enter: root with somebody's HOME.
check_owner() {
	nearest=$prefix
	until test -e "$nearest"; do nearest=$(dirname -- "$nearest"); done
	owner=$(stat -L -c %u -- "$nearest" 2>/dev/null || stat -L -f %u -- "$nearest")
	test "$owner" = 0 || test "$owner" = "$(id -u)" ||
		fail "$nearest belongs to another user, and nothing is made there" 'set HOME to your own home, or choose another place with --prefix DIR'
}

# In a directory of its own, so that the checkout stays as it is and may be read-only.
stage() {
	rm -rf "$staged"
	mkdir -- "$staged"
	for item in bin src build.mjs tsconfig.json package.json package-lock.json .npmrc LICENSE; do
		cp -R "$repository/$item" "$staged/"
	done
	(
		cd "$staged"
		npm_quietly ci --ignore-scripts --include=dev
		npm_quietly run build
		rm -rf node_modules src build.mjs tsconfig.json
		npm_quietly ci --ignore-scripts --omit=dev
	)
	ln -s "$(node -p process.execPath)" "$staged/node"
	echo install.sh >"$staged/form"
	mkdir "$staged/install"
	cp -R "$repository/install/uninstall.sh" "$repository/install/prelude.sh" "$repository/install/systemd" "$staged/install/"
	(cd "$staged/share" && find . -type f) | sed 's|^\./||' >"$work/shared"
	while read -r file; do make_directory "$(dirname -- "$prefix/share/$file")"; done <"$work/shared"
}

# As far up from a directory below the prefix as the prefix is: share/man/man1 is three up.
up() {
	printf '%s\n' "$1" | sed 's|[^/][^/]*|..|g'
}

swap_in() {
	cat "$installed/install/made-directories" "$work/made" 2>/dev/null | sort -u >"$staged/install/made-directories"
	test ! -d "$installed" || mv -- "$installed" "$replaced"
	mv -- "$staged" "$installed"
	: >"$work/made"
	remove_shared_links "$replaced"
	rm -rf "$replaced"
	for program in $programs; do
		test -e "$prefix/bin/$program" || ln -sfn "../lib/toolkey/bin/$program" "$prefix/bin/$program"
	done
	while read -r file; do
		directory=share/$(dirname -- "$file")
		ln -sfn "$(up "$directory")/lib/toolkey/share/$file" "$prefix/share/$file"
	done <"$work/shared"
}

toolkey() {
	PATH=$prefix/bin:$PATH "$prefix/bin/toolkey" "$@"
}

# 'lock' answers without asking for a passphrase; the daemon that it locks is ended next.
there_is_a_vault() {
	answer=$(toolkey lock --json) || exit 1
	toolkey stop >/dev/null
	case $answer in
	*'"absent"'*) return 1 ;;
	esac
}

make_vault() {
	if there_is_a_vault; then
		test -z "$key" || say "there is a vault already, and its key stays where it is; to change that: toolkey init --rekey --key $key"
	else
		toolkey init ${key:+--key "$key"} ||
			fail 'the programs are installed, but there is no vault, and git is not set up' 'run this again with --key passphrase or --key file'
	fi
}

# Where a shell does not look for completions by itself, it says what to write into its start-up file.
mention_shells() {
	case $prefix/share in
	"${XDG_DATA_HOME:-$HOME/.local/share}" | /usr/share | /usr/local/share) ;;
	*)
		mention_shell bash "$HOME/.bashrc" ". $(quoted "$bash_completion/toolkey")"
		mention_shell fish "${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish" "source $(quoted "$fish_completion/toolkey.fish")"
		;;
	esac
	# Without the files of the person, which may do anything.
	zsh -fc 'print -rl -- $fpath' 2>/dev/null | grep -qxF -- "$zsh_completion" ||
		mention_shell zsh "${ZDOTDIR:-$HOME}/.zshrc" "fpath=($(quoted "$zsh_completion") \$fpath)" ', before compinit'
}

quoted() {
	printf "'%s'" "$(printf '%s' "$1" | sed "s/'/'\\\\''/g")"
}

# mention_shell SHELL FILE LINE [WHERE]
mention_shell() {
	! command -v "$1" >/dev/null 2>&1 || grep -qF -- "$3" "$2" 2>/dev/null ||
		say "$1 does not look there; put this into $2${4-}: $3"
}

warn_of_path() {
	case :$PATH: in
	*:"$prefix/bin":*) ;;
	*)
		# shellcheck disable=SC2016 # for the person's shell
		complain "$prefix/bin is not on PATH" "put this into the start-up file of your shell: PATH=\"$prefix/bin:"'$PATH"'
		return
		;;
	esac
	found=$(command -v git-credential-toolkey)
	test "$found" = "$prefix/bin/git-credential-toolkey" ||
		complain "PATH leads to another one first: $found"
}

require_programs
check_places
check_owner
test -d "$installed" || test ! -d "$replaced" || mv -- "$replaced" "$installed"
for directory in "$prefix/lib" "$prefix/bin"; do
	make_directory "$directory"
done
say 'building; this takes a while'
stage
# Before: an older program knows best where its daemon is. After: a client may have started that once more.
stopped=$("$installed/bin/toolkey" stop 2>/dev/null) || stopped=
swap_in
say "installed $installed ($(toolkey --version))"
say "linked $(printf '%s' "$programs" | sed 's/ /, /g') in $prefix/bin"
say "linked the manual (man toolkey) and the completion of bash, zsh and fish in $prefix/share"
mention_shells
case $stopped$(toolkey stop) in
*stopped* | *ended*) say 'stopped the daemon that was running; the next request starts the new one' ;;
esac
if $setup; then
	make_vault
	toolkey setup git
fi
warn_of_path
say "to take it back: $installed/install/uninstall.sh"
