#!/bin/sh
# Runs black-box tests on the one file: its programs, and the file itself as `toolkey`. one-file.sh [VITEST ARGUMENTS]
# Without arguments those of git, the daemon, the life of tokens and the gateway. Needs a build (npm run build).
set -eu

cd "$(dirname -- "$0")/.."
case $(uname -m) in
aarch64) cpu=arm64 ;;
*) cpu=x64 ;;
esac
node=$(ls -d "$PWD"/.cache/clients/node-26*/node_modules/node-linux-$cpu/bin/node)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

install/package/stage.sh "$work/tree" "$cpu" 'one file'
node install/package/one-file.mjs "$work/tree" "$node" "$node" "$work/toolkey"
# What it keeps in a home, with itself in the place of the script that starts it.
ln -s "$work/toolkey" "$work/tree/node"
ln -sf "$work/toolkey" "$work/tree/bin/toolkey"
test $# != 0 || set -- tests/black-box/git tests/black-box/daemon tests/black-box/tokens tests/black-box/gateway
TOOLKEY_TREE=$work/tree npx vitest run "$@"
