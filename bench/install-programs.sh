#!/bin/sh
# Installs what `npm run bench` measures with and against, on Debian or Ubuntu. Only hyperfine and git are
# needed; the table says which of the others are missing.
set -eu
root=
[ "$(id -u)" = 0 ] || root=sudo
$root apt-get update
$root apt-get install --yes --no-install-recommends \
	hyperfine git bubblewrap python3-pip \
	gh pass pass-git-helper gnupg \
	skopeo golang-docker-credential-helpers \
	gcc make pkg-config libsecret-1-dev gnome-keyring dbus
