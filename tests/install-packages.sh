#!/bin/sh
# Installs what the tests run from the npm registry, below .cache: the Verdaccios and the clients of
# registries, one installation per directory of tests/fixtures/registries/npm/verdaccio and tests/fixtures/tools/clients.
# What is there and up to date stays; no scripts of packages run.
# Exit codes: 0, also when one can't be installed: its tests skip and say so; 1 for that under CI=true.
set -eu

say() {
	printf 'install-packages: %s\n' "$*" >&2
}

repository=$(cd "$(dirname "$0")/.." && pwd)
failed=0

# install DIRECTORY_OF_A_LOCK_FILE INSTALLATION
# The installation gets its name last, so that its presence means a complete one.
install() {
	new=$2.new
	rm -rf "$new"
	mkdir -p "$new"
	cp "$1/package.json" "$1/package-lock.json" "$new"
	# Some say that they want a newer Node; what the tests use of them runs with the Node that they get.
	(cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --engine-strict=false --loglevel=error >&2) || return 1
	rm -rf "$2"
	mv "$new" "$2"
}

for lock in "$repository"/tests/fixtures/registries/npm/verdaccio/*/package-lock.json "$repository"/tests/fixtures/tools/clients/*/package-lock.json; do
	directory=$(dirname "$lock")
	name=$(basename "$(dirname "$directory")")/$(basename "$directory")
	if cmp -s "$lock" "$repository/.cache/$name/package-lock.json"; then continue; fi
	say "installing $name"
	if ! install "$directory" "$repository/.cache/$name"; then
		say "cannot install $name"
		failed=1
	fi
done

test "$failed" = 0 || test "${CI-}" != true
