#!/bin/sh
# Gets the Node of node/package-lock.json for a CPU: fetch-node.sh DIRECTORY CPU; it is DIRECTORY/node.
set -eu

script=fetch-node.sh
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
. "${here%/package}/prelude.sh"

test $# = 2 || wrong_usage 'it needs a directory and a CPU'
directory=$(absolute "$1") cpu=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

mkdir -p "$directory"
cp "$here/node/package.json" "$here/node/package-lock.json" "$here/node/.npmrc" "$work/"
(cd "$work" && npm_quietly ci --ignore-scripts --os=linux --cpu="$cpu")
mv "$work/node_modules/node-linux-$cpu/bin/node" "$directory/node"
mv "$work/node_modules/node-linux-$cpu/LICENSE" "$directory/LICENSE.node"
