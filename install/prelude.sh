# Sourced by the scripts next to it, which set `script` to their name and, before they run anything,
# `work` to a directory for what they need for a while.
# shellcheck shell=sh disable=SC2154 # they are set there

# fail MESSAGE [HINT]
fail() {
	complain "$@"
	exit 1
}

complain() {
	printf '%s: %s\n' "$script" "$1" >&2
	test $# = 1 || printf 'hint: %s\n' "$2" >&2
}

wrong_usage() {
	complain "$1" "$0 --help"
	exit 2
}

say() {
	printf '%s\n' "$1"
}

# An absolute path without a slash at its end.
absolute() {
	case $1 in
	/*) printf '%s\n' "${1%/}" ;;
	*) printf '%s\n' "$PWD/${1%/}" ;;
	esac
}

# remove_shared_links INSTALLATION: what leads from below $prefix/share to the manual and the completions in it, and nothing else of these names.
remove_shared_links() {
	find "$1/share" -type f 2>/dev/null | while read -r file; do
		file=share/${file#"$1/share/"}
		case $(readlink -- "$prefix/$file") in
		*../lib/toolkey/"$file") rm -- "$prefix/$file" ;;
		esac
	done
}

require_programs() {
	for program in node npm git; do
		command -v "$program" >/dev/null 2>&1 ||
			fail "$program is not on PATH" 'toolkey needs Node 20.19 or newer, npm and git'
	done
	version=$(node --version) || fail 'node does not run' "it is $(command -v node)"
	node -e '
		const [major, minor] = process.versions.node.split(".").map(Number);
		process.exitCode = major > 20 || (major === 20 && minor >= 19) ? 0 : 1;
	' || fail "this is Node $version, and toolkey needs 20.19 or newer" "it is $(command -v node)"
}

# npm, with its words shown only if it fails.
npm_quietly() {
	# Where there is no home to write to, npm needs another place for its cache.
	if test ! -w "${HOME:-/nonexistent}" && test -z "${npm_config_cache-}"; then
		npm_config_cache=$work/npm-cache
		export npm_config_cache
	fi
	npm "$@" >"$work/output" 2>&1 </dev/null && return
	cat "$work/output" >&2
	fail "npm failed, see above: npm $*"
}
