#!/bin/sh
# Installs the Verdaccios that the tests run, one per directory of tests/fixtures/verdaccio,
# below .cache/verdaccio/VERSION. What is there and up to date stays; no scripts of packages run.
# Exit codes: 0, also when one can't be installed: its tests skip and say so; 1 for that under CI=true.
set -eu

say() {
	printf 'install-verdaccio: %s\n' "$*" >&2
}

repository=$(cd "$(dirname "$0")/.." && pwd)
locks=$repository/tests/fixtures/verdaccio
cache=$repository/.cache/verdaccio
failed=0

# The directory gets its name last, so that its presence means a complete installation.
install_version() {
	new=$cache/$1.new
	rm -rf "$new"
	mkdir -p "$new"
	cp "$locks/$1/package.json" "$locks/$1/package-lock.json" "$new"
	# 6.10 says that it wants Node 22; what the tests use of it runs on 20.
	(cd "$new" && npm ci --ignore-scripts --no-audit --no-fund --engine-strict=false --loglevel=error >&2) || return 1
	rm -rf "${cache:?}/$1"
	mv "$new" "$cache/$1"
}

for lock in "$locks"/*/package-lock.json; do
	version=$(basename "$(dirname "$lock")")
	if cmp -s "$lock" "$cache/$version/package-lock.json"; then continue; fi
	say "installing verdaccio $version"
	if ! install_version "$version"; then
		say "cannot install verdaccio $version"
		failed=1
	fi
done

test "$failed" = 0 || test "${CI-}" != true
