#!/bin/sh
# Makes all that a release has, of the commit that is checked out: docs/releasing.md. The same commit gives the same bytes.
set -eu

script=release.sh
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd -P)
repository=${here%/install/package}
. "$repository/install/prelude.sh"

usage() {
	cat <<-END
	usage: release.sh DIRECTORY [CPU…]

	Writes into DIRECTORY, for each CPU (x64, arm64; both, if none is named):

	  toolkey-VERSION.tgz          npm's package, for all
	  toolkey-linux-CPU            the one file
	  toolkey_VERSION_ARCH.deb     the Debian package
	  toolkey-VERSION.cdx.json     what is in them (CycloneDX), for all
	  toolkey.rb                   a Homebrew formula
	  SHA256SUMS

	RELEASE_URL is where these will be found, for the formula.
	END
}

case ${1-} in
-h | --help) usage && exit 0 ;;
'' | -*) wrong_usage 'it needs a directory' ;;
esac
directory=$(absolute "$1")
shift
test $# != 0 || set -- x64 arm64
require_programs
command -v dpkg-deb >/dev/null 2>&1 || fail 'dpkg-deb is not on PATH' "it is in Debian's package dpkg"
test ! -e "$directory" || test -z "$(ls -A "$directory")" || fail "$directory is not empty"
test "$(uname -sm)" = 'Linux x86_64' || fail 'a release is made on Linux x64' 'its Node puts together those for other CPUs'

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Only what is committed; the time is the commit's.
SOURCE_DATE_EPOCH=$(git -C "$repository" log -1 --format=%ct)
export SOURCE_DATE_EPOCH
source=$work/source
mkdir -p "$source" "$directory"
git -C "$repository" archive HEAD | tar -x -C "$source"

say "building $(git -C "$repository" log -1 --format='%h %s')"
cd "$source"
npm_quietly ci --ignore-scripts --include=dev
npm_quietly run build
version=$(node -p 'require("./package.json").version')

say 'packing for npm'
npm_quietly pack --ignore-scripts --pack-destination "$directory"

package=$source/install/package
"$package/fetch-node.sh" "$work/node-x64" x64
"$work/node-x64/node" --version >/dev/null || fail 'the Node of the release does not run here, see above' "it needs libstdc++ and libatomic: on Debian, libatomic1"
for cpu; do
	test -d "$work/node-$cpu" || "$package/fetch-node.sh" "$work/node-$cpu" "$cpu"
	say "making the one file for $cpu"
	"$package/stage.sh" "$work/one-file-$cpu" "$cpu" 'one file'
	node "$package/one-file.mjs" "$work/one-file-$cpu" "$work/node-$cpu/node" "$work/node-x64/node" "$directory/toolkey-linux-$cpu"
	say "making the Debian package for $cpu"
	"$package/stage.sh" "$work/debian-$cpu" "$cpu" 'Debian package'
	cp "$work/node-$cpu/node" "$work/node-$cpu/LICENSE.node" "$work/debian-$cpu/"
	"$package/debian.sh" "$work/debian-$cpu" "$cpu" "$version" "$directory"
done

node "$package/sbom.mjs" "$directory/toolkey-$version.cdx.json"
cd "$directory"
sum=$(sha256sum "toolkey-$version.tgz" | cut -d ' ' -f 1)
sed -e "s,@url@,${RELEASE_URL-https://example.com/toolkey},; s/@version@/$version/; s/@sha256@/$sum/" "$package/toolkey.rb" >toolkey.rb
# shellcheck disable=SC2035 # none begins with a dash
sha256sum * >SHA256SUMS
cat SHA256SUMS
