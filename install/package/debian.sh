#!/bin/sh
# Makes the Debian package of a tree: debian.sh TREE CPU VERSION DIRECTORY; needs dpkg-deb, and no root.
# TREE is from stage.sh and has a `node` from fetch-node.sh in it, with its LICENSE.node beside.
# https://www.debian.org/doc/debian-policy/
set -eu

script=debian.sh
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=${here%/install/package}
. "$repository/install/prelude.sh"

test $# = 4 || wrong_usage 'it needs a tree, a CPU, a version and a directory'
tree=$(absolute "$1") cpu=$2 version=$3 directory=$(absolute "$4")
case $cpu in
x64) architecture=amd64 ;;
arm64) architecture=arm64 ;;
*) wrong_usage "'$cpu' is neither x64 nor arm64" ;;
esac
: "${SOURCE_DATE_EPOCH:?says when, so that the same comes out each time}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/toolkey
doc=$root/usr/share/doc/toolkey
mkdir -p "$root/DEBIAN" "$root/usr/lib/systemd/user" "$root/usr/bin" "$doc" "$root/usr/share/lintian/overrides"

cp -R "$tree" "$root/usr/lib/toolkey"
installed=$root/usr/lib/toolkey
mv "$installed/LICENSE.node" "$doc/"
for program in $(sed -n '/^  "bin": {/,/^  }/s/^    "\([^"]*\)".*/\1/p' "$tree/package.json"); do
	ln -s "../lib/toolkey/bin/$program" "$root/usr/bin/$program"
done

# What shells and man look for in places of their own.
share=$installed/share
if test -d "$share"; then
	cp -R "$share/." "$root/usr/share/"
	rm -rf "$share"
	if test -d "$root/usr/share/zsh/site-functions"; then mv "$root/usr/share/zsh/site-functions" "$root/usr/share/zsh/vendor-completions"; fi
	find "$root/usr/share/man" -type f -exec gzip -9n {} +
fi

sed -e '1d' -e 's,@NODE@,/usr/lib/toolkey/node,' -e 's,@DAEMON@,/usr/lib/toolkey/dist/daemon.cjs,' \
	"$installed/install/systemd/toolkey.service" >"$root/usr/lib/systemd/user/toolkey.service"

cp "$here/debian/copyright" "$doc/copyright"
cp "$here/debian/lintian-overrides" "$root/usr/share/lintian/overrides/toolkey"
printf 'toolkey (%s) stable; urgency=medium\n\n  * Release of toolkey %s.\n\n -- the toolkey contributors <contributors@toolkey.invalid>  %s\n' \
	"$version" "$version" "$(date -u -R -d "@$SOURCE_DATE_EPOCH")" | gzip -9nc >"$doc/changelog.gz"

sed -e "s/@version@/$version/" -e "s/@architecture@/$architecture/" -e "s/@size@/$(du -sk "$root/usr" | cut -f 1)/" "$here/debian/control" >"$root/DEBIAN/control"
(cd "$root" && find usr -type f -exec md5sum {} + | LC_ALL=C sort -k 2) >"$root/DEBIAN/md5sums"
find "$root" -type d -exec chmod 755 {} + -o -type f -perm -u+x -exec chmod 755 {} + -o -type f -exec chmod 644 {} +

install -m 755 "$here/debian/prerm" "$root/DEBIAN/prerm"

mkdir -p "$directory"
dpkg-deb --root-owner-group -Zxz -z1 --build "$root" "$directory/toolkey_${version}_$architecture.deb" >/dev/null
