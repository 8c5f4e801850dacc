#!/bin/sh
# Runs black-box tests on the one file: all programs of its tree run on it. one-file.sh [VITEST ARGUMENTS]
# Without arguments those of git, the daemon, the vault and sessions. Needs a build (npm run build).
set -eu

cd "$(dirname -- "$0")/.."
case $(uname -m) in
aarch64) cpu=arm64 ;;
*) cpu=x64 ;;
esac
node=$(ls -d "$PWD"/.cache/clients/node-26*/node_modules/node-linux-$cpu/bin/node)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Some tests run it as another user.
chmod 755 "$work"

install/package/stage.sh "$work/tree" "$cpu" 'one file'
node install/package/one-file.mjs "$work/tree" "$node" "$node" "$work/toolkey"
# As it is kept in a home, but for all homes of the tests.
ln -s "$work/toolkey" "$work/tree/node"
rm "$work/tree/form"
test $# != 0 || set -- tests/black-box/git tests/black-box/daemon tests/black-box/vault tests/black-box/sessions
TOOLKEY_TREE=$work/tree npx vitest run "$@"
