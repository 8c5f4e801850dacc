#!/bin/sh
# Puts a tree together, as docs/decisions/0038-one-tree.md has it: stage.sh DIRECTORY CPU FORM
# Of what `npm run build` made. CPU is x64 or arm64; FORM says how it gets to people.
set -eu

script=stage.sh
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
repository=${here%/install/package}
. "$repository/install/prelude.sh"

test $# = 3 || wrong_usage 'it needs a directory, a CPU and a form'
tree=$(absolute "$1") cpu=$2 form=$3
case $cpu in
x64 | arm64) ;;
*) wrong_usage "'$cpu' is neither x64 nor arm64" ;;
esac
test -f "$repository/dist/build" || fail 'there is no dist/' 'npm run build'
test ! -e "$tree" || fail "$tree is there already"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$tree/install"
for part in bin dist share package.json package-lock.json .npmrc LICENSE README.md; do
	test ! -e "$repository/$part" || cp -R "$repository/$part" "$tree/"
done
cp -R "$repository/install/systemd" "$tree/install/"
(cd "$tree" && npm_quietly ci --ignore-scripts --omit=dev --os=linux --cpu="$cpu" --libc=glibc)
rm -rf "$tree/package-lock.json" "$tree/.npmrc" "$tree/node_modules/.package-lock.json" "$tree/node_modules/.bin"
rm "$tree/dist/packages.json"
test "$form" = 'one file' || rm "$tree/dist/one-file.cjs"
# The others are for systems that this tree isn't for.
rm -rf "$tree"/node_modules/@koromix/*/musl_* "$tree"/node_modules/@napi-rs/*-musl
printf '%s\n' "$form" >"$tree/form"
find "$tree" -type d -exec chmod 755 {} + -o -type f -perm -u+x -exec chmod 755 {} + -o -type f -exec chmod 644 {} +
