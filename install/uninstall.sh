#!/bin/sh
# Takes back what install.sh did, and leaves the vault. Works from the checkout and from the installed
# copy; running it again does no harm.
set -eu

script=uninstall.sh
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd -P)
# shellcheck source=install/prelude.sh
. "$here/prelude.sh"

usage() {
	cat <<-END
	usage: uninstall.sh [--prefix DIR] [--purge [--revoke | --no-revoke] [--yes]]

	Takes toolkey out of the configuration of git and all other tools, ends the daemon, and removes the programs from DIR,
	else \$PREFIX, else where this script is installed, else ~/.local. The vault stays.

	  --purge      also removes the vault, its key, the configuration and the logs: all tokens are lost. First it
	               says which of them live on at their services, where nobody could end them by toolkey any more
	  --revoke     ends those before, as 'toolkey revoke --all' does; if one can't be ended, the vault stays
	  --no-revoke  lets them live on
	  --yes        does so without asking; where tokens live on, or that can't be known, one of the two is needed
	END
}

case $here in
*/lib/toolkey/install) prefix=${PREFIX:-${here%/lib/toolkey/install}} ;;
*) prefix=${PREFIX:-${HOME:?is not set}/.local} ;;
esac
purge=false
confirmed=false
revoke=
while test $# != 0; do
	option=$1
	case $option in
	--prefix)
		test $# != 1 || wrong_usage "$option needs a value"
		option=$1=$2
		shift
		;;
	esac
	shift
	case $option in
	--prefix=?*) prefix=${option#*=} ;;
	--purge) purge=true ;;
	--revoke) revoke=yes ;;
	--no-revoke) revoke=no ;;
	--yes) confirmed=true ;;
	-h | --help) usage && exit 0 ;;
	*) wrong_usage "unknown option '$option'" ;;
	esac
done
test -z "$revoke" || $purge || wrong_usage '--revoke and --no-revoke are for --purge'
prefix=$(absolute "$prefix")
installed=$prefix/lib/toolkey

# The XDG base directory specification ignores relative paths.
base() {
	case $1 in
	/*) printf '%s\n' "$1" ;;
	*) printf '%s\n' "$2" ;;
	esac
}

# Where toolkey keeps things, as src/platform/paths.ts has it.
if test -n "${TOOLKEY_HOME-}"; then
	data=$TOOLKEY_HOME/data config=$TOOLKEY_HOME/config log=$TOOLKEY_HOME/log
else
	data=$(base "${XDG_DATA_HOME-}" "$HOME/.local/share")/toolkey
	config=$(base "${XDG_CONFIG_HOME-}" "$HOME/.config")/toolkey
	log=$(base "${XDG_STATE_HOME-}" "$HOME/.local/state")/toolkey
fi

# The installed program, else that of the checkout if it is built, else nothing.
find_toolkey() {
	for toolkey in "$installed/bin/toolkey" "$here/../bin/toolkey"; do
		"$toolkey" --version >/dev/null 2>&1 && return
	done
	toolkey=
}

# Before anything is changed.
decide_purge() {
	$confirmed || test -t 0 || fail '--purge needs a yes, and there is no terminal to ask on' 'add --yes; nothing was changed'
	test ! -e "$data/vault.age" || decide_about_tokens
	confirm_purge
}

# What would live on at its service, and can't be ended by toolkey once the vault is gone. Fails where that can't be known.
living_on() {
	test -n "$toolkey" && "$toolkey" revoke --all --dry-run
}

decide_about_tokens() {
	if left=$(living_on); then
		test -n "$left" || return 0
		complain "tokens of this vault that live on at their services: $(printf '%s\n' "$left" | wc -l | tr -d ' ')"
		printf '%s\n' "$left" >&2
	else
		complain "the vault can't be opened, so which of its tokens live on at their services can't be known"
		test "$revoke" != yes || fail "no token can be revoked" 'open the vault (toolkey doctor), or --no-revoke; nothing was changed'
		left=
	fi
	case $revoke in
	yes) revoke_tokens ;;
	no) ;;
	*) ask_about_tokens ;;
	esac
}

ask_about_tokens() {
	! $confirmed || fail '--yes does not decide about them' '--revoke ends them before, --no-revoke lets them live on; nothing was changed'
	test -n "$left" || return 0
	printf 'Revoke them before, as toolkey revoke --all does? Type yes, or no to let them live on: ' >&2
	read -r answer || answer=
	case $answer in
	yes) revoke_tokens ;;
	no) ;;
	*) fail 'nothing was changed' ;;
	esac
}

revoke_tokens() {
	"$toolkey" revoke --all --yes || :
	unchanged='its tokens are revoked here already; the vault and all else stay'
	if left=$(living_on) && test -z "$left"; then return 0; fi
	! $confirmed || fail 'not all tokens are ended, see above; the vault stays' 'end them there, or --no-revoke lets them live on'
	complain 'not all tokens are ended, see above'
}

confirm_purge() {
	! $confirmed || return 0
	printf 'This removes the vault in %s with all its tokens, for good. Type yes: ' "$data" >&2
	read -r answer || answer=
	test "$answer" = yes || fail "${unchanged-nothing was changed}"
}

# Another installation's setup is not ours to take back. The value is a shell command, with escapes; that of an older
# setup is the path alone.
git_asks_us() {
	command -v git >/dev/null && (cd / && git config --get-all credential.helper) | tr -d '\134' | sed 's/^!ask() { . "$1"; }; ask //' |
		grep -qFx -e "$prefix/bin/git-credential-toolkey" -e "$installed/bin/git-credential-toolkey"
}

maven_asks_us() {
	grep -qF -e "'$installed/bin/mavenrc'" -e "'$(readlink -f -- "$installed")/bin/mavenrc'" -- "$HOME/.mavenrc" 2>/dev/null
}

undo_setup_of_maven() {
	maven_asks_us || return 0
	test -z "$toolkey" || ! "$toolkey" setup maven --undo || return 0
	complain "Maven's ~/.mavenrc still names toolkey, which is not there any more" \
		"remove the lines from '# toolkey: begin' to '# toolkey: end', also from ~/.m2/maven-user.properties"
}

undo_setup_of_git() {
	git_asks_us || return 0
	test -z "$toolkey" || ! "$toolkey" setup git --undo || return 0
	complain 'git still asks toolkey, which is not there any more' \
		"git config --global --edit: remove the lines from '# toolkey: begin' to '# toolkey: end'"
}

# The other tools, each with the files in which this installation's setup may be. Yarn refuses to start
# without a plugin that its settings name.
undo_other_setups() {
	fish=${XDG_CONFIG_HOME:-$HOME/.config}/fish/config.fish
	# They share these files, of which another installation may have some.
	for file in "$HOME/.bashrc" "${ZDOTDIR:-$HOME}/.zshrc" "$fish"; do
		for tool in npm bun bundler composer ansible coursier; do
			! grep -qsF -e "toolkey setup $tool --undo" -- "$file" || undo_setup_in "$tool" "$file"
		done
	done
	undo_setup_in yarn "$HOME/${YARN_RC_FILENAME:-.yarnrc.yml}"
	undo_setup_in pnpm "$data"/pnpm/* "$config"/pnpm/*
	undo_setup_in pip "$data"/pip/* "$HOME/.local/bin/keyring"
	undo_setup_in cargo "${CARGO_HOME:-$HOME/.cargo}"/config*
	undo_setup_in gradle "${GRADLE_USER_HOME:-$HOME/.gradle}"/init.d/*
	undo_setup_in terraform "$HOME/.terraform.d/plugins/"*
	undo_setup_in bazel "$HOME/.bazelrc"
	undo_setup_in go "${GOENV:-${XDG_CONFIG_HOME:-$HOME/.config}/go/env}"
	undo_setup_in conan "${CONAN_HOME:-$HOME/.conan2}/extensions/plugins/auth_remote.py"
	undo_setup_of_helpers
}

# They are named without their path: what is on PATH by then may be another installation's.
undo_setup_of_helpers() {
	test "$(readlink -- "$prefix/bin/docker-credential-toolkey")" = ../lib/toolkey/bin/docker-credential-toolkey || return 0
	containers=${XDG_CONFIG_HOME:-$HOME/.config}/containers/registries.conf.d/toolkey.conf
	grep -qF -e '"toolkey"' -- "${DOCKER_CONFIG:-$HOME/.docker}/config.json" "$containers" 2>/dev/null || return 0
	test -z "$toolkey" || ! "$toolkey" setup docker --undo || return 0
	complain 'docker or podman still asks toolkey, which is not there any more' \
		"take it out of 'credHelpers' in ~/.docker/config.json, and remove $containers"
}

# What settings name of this installation.
our_paths() {
	printf '%s\n' "$installed/" "$(readlink -f -- "$installed")/"
	for program in "$installed"/bin/*toolkey; do
		printf '%s\n' "$prefix/bin/${program##*/}"
	done
}

undo_setup_in() {
	tool=$1
	shift
	our_paths | grep -qsF -f - -- "$@" || return 0
	test -z "$toolkey" || ! "$toolkey" setup "$tool" --undo || return 0
	complain "the setup of $tool still names toolkey, which is not there any more" \
		"look for lines with 'toolkey setup $tool --undo' in: $*"
}

end_daemon() {
	test -n "$toolkey" || return 0
	case $("$toolkey" stop) in
	stopped*) say 'stopped the daemon' ;;
	esac
}

# A key in a file takes the place of the one in the key store of the system, which only toolkey can reach.
empty_key_store() {
	test -e "$data/vault.age" || return 0
	for key in "$data/identity.age" "$data/identity.txt" "${TOOLKEY_IDENTITY_FILE-}"; do
		test ! -e "$key" || return 0
	done
	if test -n "$toolkey"; then
		# A vault that was locked by hand opens again in a new daemon.
		"$toolkey" stop >/dev/null
		"$toolkey" init --rekey --key file >/dev/null && return
	fi
	complain "the vault's key may still be in the key store of this system" "its name there is 'toolkey'"
}

remove_programs() {
	made=$(sort -r "$installed/install/made-directories" 2>/dev/null) || made=
	for link in "$prefix"/bin/*; do
		test "$(readlink -- "$link")" != "../lib/toolkey/bin/${link##*/}" || rm -- "$link"
	done
	remove_shared_links "$installed"
	if test ! -e "$installed"; then
		say "there is no toolkey in $prefix"
		return
	fi
	# Those of older versions are no links.
	test -d "$installed/share" || rm -f -- "$prefix/share/bash-completion/completions/toolkey" "$prefix/share/zsh/site-functions/_toolkey"
	rm -rf -- "$installed" "$prefix/lib/.toolkey-new" "$prefix/lib/.toolkey-old"
	printf '%s\n' "$made" | while read -r directory; do
		rmdir -- "$directory" 2>/dev/null || :
	done
	say "removed toolkey from $prefix"
}

# The daemon's lock is left where its place was not beside the vault, as src/platform/files/runtime-directory.ts has it.
remove_runtime_elsewhere() {
	name=$(stat -c %d-%i -- "$data" 2>/dev/null || stat -f %d-%i -- "$data" 2>/dev/null) || return 0
	temporary=${TMPDIR:-${TMP:-${TEMP:-/tmp}}}
	user=$(id -u)
	for base in "${XDG_RUNTIME_DIR:-/nonexistent}/toolkey" "/run/user/$user/toolkey" "${temporary%/}/toolkey-$user"* "/tmp/toolkey-$user"*; do
		test -O "$base" && test ! -L "$base" || continue
		rm -rf -- "${base:?}/$name"
		rmdir -- "$base" 2>/dev/null || :
	done
}

remove_vault() {
	remove_runtime_elsewhere
	# That of all users is not ours to remove, by whatever path a variable leads there.
	for directory in "$config" "$log" "$data"; do
		test "$directory" -ef /etc/toolkey || rm -rf -- "$directory"
	done
	test ! -e "$data/vault.age" || fail "$data is there for all users of this machine, and stays with the vault in it"
	test -z "${TOOLKEY_HOME-}" || rmdir -- "$TOOLKEY_HOME" 2>/dev/null || :
	say "removed the vault and its key, the configuration and the logs"
}

mention_vault() {
	test -e "$data/vault.age" || return 0
	say "the vault stays: $data/vault.age"
	say 'to remove it too: uninstall.sh --purge'
}

find_toolkey
! $purge || decide_purge
undo_setup_of_git
undo_setup_of_maven
undo_other_setups
! $purge || empty_key_store
end_daemon
remove_programs
if $purge; then remove_vault; else mention_vault; fi
