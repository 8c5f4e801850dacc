#!/bin/sh
# Installs the programs that the tests run. Usage: install-programs.sh [--yes]
#
# With --yes or CI=true, as root or with passwordless sudo, on Debian or Ubuntu:
# apt packages, then the newest git below .cache/git (remove it to build anew).
# Otherwise it lists what is missing; the tests that need it skip and say so.
# Exit codes: 0, also when programs are missing; 1 when CI misses one or the
# newest git; 2 wrong usage.
#
# .cache/git/bin/git        the newest git, ready to be called or put on PATH
# .cache/git/source         a link to its source tree, built, with its own tests:
#   cd .cache/git/source/t && GIT_TEST_CREDENTIAL_HELPER=store ./t0303-credential-external.sh
set -eu

say() {
	printf 'install-programs: %s\n' "$*" >&2
}

# As the tests find it (whereIs in fixtures/programs/programs.ts): a shim of rustup's runs what the home of its user has.
is_there() {
	case $1 in
	/*) test -e "$1" ;;
	*) on_path "$1" ;;
	esac
}

on_path() (
	IFS=:
	for directory in $PATH; do
		test ! -x "$directory/$1" || test "$(basename -- "$(readlink -f -- "$directory/$1")")" = rustup || exit 0
	done
	exit 1
)

# The list that the tests ask, tests/programs.json, in lines: apt package, and the program or file that it brings.
listed() {
	node -e '
		const { programs, headers, jars } = require(process.argv[1]);
		for (const [places, prefix] of [[programs, ""], [headers, "/usr/include/"], [jars, "/usr/share/maven-repo/"]]) {
			for (const [name, package] of Object.entries(places)) console.log(package, prefix + name);
		}
	' "$repository/tests/programs.json"
}

# Lines as those of the list.
missing() {
	listed | while read -r package program; do
		is_there "$program" || echo "$package $program"
	done
}

packages_of() {
	printf '%s\n' "$1" | sed 's/ .*//' | sort -u
}

as_root() {
	if test "$(id -u)" = 0; then
		"$@"
	else
		sudo -n "$@"
	fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o DPkg::Lock::Timeout=60 "$@" >&2 </dev/null
}

apt_install() {
	apt install --no-install-recommends --yes "$@"
}

may_install() {
	is_there apt-get && as_root true 2>/dev/null
}

install_packages() {
	say "installing $*"
	apt update || say "apt-get update failed, going on with the lists that are there"
	apt_install "$@" && return
	# One package that this release does not have must not cost the others.
	for package; do
		apt_install "$package" || say "cannot install $package"
	done
}

no_newest_git() {
	say "cannot build the newest git: $*"
	test "${CI-}" != true || exit 1
	exit 0
}

download_git_source() {
	archive=$(debian_archive)
	if test -z "$archive" && may_install; then
		apt update || :
		archive=$(debian_archive)
	fi
	test -n "$archive" || no_newest_git "no Debian archive is configured here"
	configure_private_apt "$cache/apt" "deb-src" "$archive" sid
	private_apt update || no_newest_git "apt-get update of sid failed"
	rm -rf "$cache/download"
	mkdir "$cache/download"
	# apt checks the chain of signatures and hashes, so the archive is what Debian has.
	(cd "$cache/download" && private_apt source --download-only git/sid) ||
		no_newest_git "apt-get source git/sid failed"
}

# -O0 and no optional parts: 40 s on two cores. The tests of git itself need
# test-tool and the templates; local clones need the two git-*-pack programs.
compile_git() {
	make -C "$1" -j"$(getconf _NPROCESSORS_ONLN)" CFLAGS=-O0 \
		NO_PERL=1 NO_PYTHON=1 NO_TCLTK=1 NO_GETTEXT=1 NO_OPENSSL=1 NO_RUST=1 NO_INSTALL_HARDLINKS=1 \
		git git-remote-http git-remote-https git-http-backend git-upload-pack git-receive-pack \
		git-submodule git-sh-setup git-sh-i18n \
		t/helper/test-tool bin-wrappers/git bin-wrappers/test-tool GIT-BUILD-OPTIONS &&
		make -C "$1/templates"
}

# The wrapper comes last, so that its presence means a complete build.
write_wrapper() {
	mkdir -p "$cache/bin"
	cat >"$cache/bin/git.new" <<-END
	#!/bin/sh
	GIT_EXEC_PATH='$1'
	GIT_TEMPLATE_DIR='$1/templates/blt'
	export GIT_EXEC_PATH GIT_TEMPLATE_DIR
	exec '$1/git' "\$@"
	END
	chmod +x "$cache/bin/git.new"
	"$cache/bin/git.new" --version >/dev/null || no_newest_git "it does not run"
	mv "$cache/bin/git.new" "$cache/bin/git"
}

build_newest_git() {
	is_there apt-get || no_newest_git "this is not Debian"
	for needed in gcc make xz curl-config /usr/include/expat.h /usr/include/zlib.h; do
		is_there "$needed" || no_newest_git "$needed is missing"
	done
	mkdir -p "$cache" && test -w "$cache" || no_newest_git "cannot write to $cache"
	download_git_source
	tarball=$(echo "$cache"/download/git_*.orig.tar.xz)
	version=${tarball##*/git_}
	version=${version%.orig.tar.xz}
	source=$cache/$version
	say "building git $version (the log is .cache/git/build.log)"
	rm -rf "$source"
	mkdir "$source"
	tar -xJf "$tarball" -C "$source" --strip-components=1 || no_newest_git "cannot unpack $tarball"
	if ! compile_git "$source" >"$cache/build.log" 2>&1; then
		tail -n 15 "$cache/build.log" >&2
		no_newest_git "make failed"
	fi
	ln -sfn "$version" "$cache/source"
	write_wrapper "$source"
	rm -rf "$cache/download" "$cache/apt"
}

consent=${CI-}
case "$#:${1-}" in
0:) ;;
1:--yes) consent=true ;;
*)
	say "usage: install-programs.sh [--yes]"
	exit 2
	;;
esac

repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/debian-archive.sh"
cache=$repository/.cache/git

absent=$(missing)
if test -n "$absent" && test "$consent" = true && may_install; then
	# shellcheck disable=SC2046 # a list of words
	install_packages $(packages_of "$absent")
	absent=$(missing)
fi
test -z "$absent" || printf '%s\n' "$absent" | sed 's/\(.*\) \(.*\)/missing: \2 (package \1)/'

if ! "$cache/bin/git" --version >/dev/null 2>&1; then
	if test "$consent" = true; then
		build_newest_git
	else
		echo "missing: the newest git"
	fi
fi
if test "$consent" != true && { test -n "$absent" || ! test -x "$cache/bin/git"; }; then
	echo "hint: tests/install-programs.sh --yes installs them on Debian and Ubuntu"
fi
test -z "$absent" || test "${CI-}" != true
