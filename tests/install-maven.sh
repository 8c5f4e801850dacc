#!/bin/sh
# Installs the newest Maven 3.9 that Debian has below .cache/maven/3.9 (remove it to install anew), next to the Maven
# of this machine, which tests/install-programs.sh installs. Usage: install-maven.sh [--yes]
#
# With --yes or CI=true; otherwise it says what is missing, and the tests that need it skip. Needs no root: the
# packages are unpacked, not installed, and the jars copied to where a Maven home has them.
# Exit codes: 0, also when it can't be installed; 1 for that under CI=true; 2 wrong usage.
set -eu

# Maven and what it loads, also what it only suggests: without its HTTP transport, 3.9 falls back to 3.8's.
PACKAGES='maven libmaven-resolver-transport-http-java libplexus-xml-java libcommons-lang3-java'

say() {
	printf 'install-maven: %s\n' "$*" >&2
}

cannot() {
	say "cannot install Maven 3.9: $*"
	test "${CI-}" != true || exit 1
	exit 0
}

# The names of all packages of Java code that apt would install where nothing is.
java_packages() {
	# shellcheck disable=SC2086 # a list of words
	apt-get -qq -c "$apt_home/apt.conf" --simulate --no-install-recommends install $PACKAGES </dev/null |
		sed -n 's/^Inst \([^ ]*\) .*/\1/p' | grep -Ex 'maven|lib.*-java'
}

# unpack DIRECTORY: all packages of the release, in its root.
unpack() {
	mkdir -p "$1/packages" "$1/root"
	names=$(java_packages) || return 1
	# shellcheck disable=SC2086 # a list of words
	(cd "$1/packages" && private_apt download $names) || return 1
	for package in "$1"/packages/*.deb; do
		dpkg-deb -x "$package" "$1/root" || return 1
	done
}

# copy_home ROOT DIRECTORY: a Maven home without links. All links of the package are relative, except those to /etc.
copy_home() {
	rm "$1/usr/share/maven/conf" "$1/usr/share/maven/bin/m2.conf"
	cp -RL "$1/usr/share/maven" "$2" && cp -RL "$1/etc/maven" "$2/conf" && cp "$2/conf/m2.conf" "$2/bin/m2.conf"
}

# The home gets its name last, so that its presence means a complete one.
install_from() {
	configure_private_apt "$cache/apt" deb "$archive" "$1"
	rm -rf "$cache/work"
	private_apt update && unpack "$cache/work" && copy_home "$cache/work/root" "$cache/work/home" || return 1
	"$cache/work/home/bin/mvn" -B -v 2>/dev/null | grep -F 'Apache Maven 3.9.' >&2 || return 1
	rm -rf "$cache/3.9"
	mv "$cache/work/home" "$cache/3.9"
}

consent=${CI-}
case "$#:${1-}" in
0:) ;;
1:--yes) consent=true ;;
*)
	say "usage: install-maven.sh [--yes]"
	exit 2
	;;
esac

repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/debian-archive.sh"
cache=$repository/.cache/maven

test ! -x "$cache/3.9/bin/mvn" || exit 0
if test "$consent" != true; then
	echo "missing: Maven 3.9"
	echo "hint: tests/install-maven.sh --yes installs it on Debian"
	exit 0
fi
for program in apt-get dpkg-deb java; do
	command -v "$program" >/dev/null 2>&1 || cannot "$program is missing"
done
archive=$(debian_archive)
test -n "$archive" || cannot "no Debian archive is configured here"
mkdir -p "$cache"
# sid has the newest, if it is whole and not yet another one.
for release in sid trixie; do
	say "installing Maven 3.9 of Debian $release"
	! install_from "$release" || break
done
rm -rf "$cache/work" "$cache/apt"
test -x "$cache/3.9/bin/mvn" || cannot "neither sid nor trixie has one that runs"
