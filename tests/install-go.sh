#!/bin/sh
# Installs Go 1.24 of Debian below .cache/go/1.24 (remove it to install anew): the first that asks a program for credentials (GOAUTH), and newer
# than that of many machines. Usage: install-go.sh [--yes]
#
# With --yes or CI=true; otherwise it says what is missing, and the tests that need it skip. Needs no root: the packages are unpacked, not
# installed. Exit codes: 0, also when it can't be installed; 1 for that under CI=true; 2 wrong usage.
set -eu

say() {
	printf "install-go: %s\n" "$*" >&2
}

cannot() {
	say "cannot install Go 1.24: $*"
	test "${CI-}" != true || exit 1
	exit 0
}

consent=${CI-}
case "$#:${1-}" in
0:) ;;
1:--yes) consent=true ;;
*)
	say "usage: install-go.sh [--yes]"
	exit 2
	;;
esac

repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/debian-archive.sh"
cache=$repository/.cache/go

test ! -x "$cache/1.24/bin/go" || exit 0
if test "$consent" != true; then
	echo "missing: Go 1.24"
	echo "hint: tests/install-go.sh --yes installs it on Debian"
	exit 0
fi
for program in apt-get dpkg-deb; do
	command -v "$program" >/dev/null 2>&1 || cannot "$program is missing"
done
archive=$(debian_archive)
test -n "$archive" || cannot "no Debian archive is configured here"
mkdir -p "$cache"
configure_private_apt "$cache/apt" deb "$archive" trixie
rm -rf "$cache/work"
mkdir -p "$cache/work/packages" "$cache/work/root"
say "installing Go 1.24 of Debian trixie"
# One leads into the other. The home gets its name last, so that its presence means a complete one.
private_apt update &&
	(cd "$cache/work/packages" && private_apt download golang-1.24-go golang-1.24-src) &&
	for package in "$cache"/work/packages/*.deb; do dpkg-deb -x "$package" "$cache/work/root" || exit 1; done &&
	cp -RL "$cache/work/root/usr/lib/go-1.24" "$cache/work/home" &&
	"$cache/work/home/bin/go" version >&2 &&
	mv "$cache/work/home" "$cache/1.24" || :
rm -rf "$cache/work" "$cache/apt"
test -x "$cache/1.24/bin/go" || cannot "trixie has none that runs"
