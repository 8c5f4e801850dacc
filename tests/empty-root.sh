#!/bin/sh
# Proves that a fresh machine needs no more than the README says: makes an empty Debian root with Node, npm and git in
# it, clones the last commit of this checkout there, and runs both commands of the README. Usage:
#
#   tests/empty-root.sh                   takes its time: everything that the tests need is installed anew
#   tests/empty-root.sh COMMAND...        runs these in the clone instead, each a line for the shell
#
# On Debian, as root, with mmdebstrap. What is there is used: apt's archive and settings, npm's configuration,
# certificates of your own, node and npm as they are. Nothing is left: the root is removed, and its mounts and processes
# are in namespaces that end with it. Exit codes: that of the first command that fails; 1 if there is no such root; 2 wrong usage.
set -eu

say() {
	printf 'empty-root: %s\n' "$*" >&2
}

fail() {
	say "$*"
	exit 1
}

case ${1-} in
'') set -- './install/demo.sh' './install/test.sh' ;;
-*)
	say 'usage: empty-root.sh [COMMAND...]'
	exit 2
	;;
esac

repository=$(cd "$(dirname "$0")/.." && pwd)
. "$repository/tests/debian-archive.sh"

test "$(id -u)" = 0 || fail 'this needs root'
for program in mmdebstrap unshare node npm git apt-get; do
	command -v "$program" >/dev/null 2>&1 || fail "$program is missing"
done
archive=$(debian_archive)
test -n "$archive" || fail "apt knows no Debian archive; 'apt-get update' tells it"

work=$(mktemp -d "${TMPDIR:-/tmp}/toolkey-root.XXXXXX")
root=$work/root
running=
ending=TERM

# Nothing is mounted below it out here; --one-file-system is for the day that this is wrong.
clean_up() {
	exit_code=$?
	trap - EXIT
	trap '' HUP INT TERM
	test -z "$running" || kill -"$ending" "$running" 2>/dev/null || :
	wait
	rm -rf --one-file-system "$work"
	exit "$exit_code"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# In the background, so that a signal is heeded at once.
run() {
	"$@" </dev/null &
	running=$!
	wait "$running" && running='' && return
	exit_code=$?
	running=
	return "$exit_code"
}

# copy FILE PATH_IN_ROOT; a file that is not there is nothing to copy.
copy() {
	test -f "$1" || return 0
	mkdir -p "$root$(dirname "$2")"
	cp "$1" "$root$2"
}

put_in_npm() {
	mkdir -p "$root/usr/local/bin" "$root/usr/local/lib/node_modules"
	cp "$(node -p process.execPath)" "$root/usr/local/bin/node"
	# …/npm/bin/npm-cli.js
	cp -R "$(dirname "$(dirname "$(readlink -f "$(command -v npm)")")")" "$root/usr/local/lib/node_modules/npm"
	ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
	copy "$(npm config get userconfig)" /root/.npmrc
	copy "$(npm config get globalconfig)" /usr/local/etc/npmrc
}

# Of who runs his own registry: they are named by npm's configuration, or by the variable that Node reads.
put_in_certificates() {
	for file in "$(npm config get cafile)" "${NODE_EXTRA_CA_CERTS-}" /usr/local/share/ca-certificates/*; do
		copy "$file" "$file"
	done
}

# An empty environment but for what leads to the network.
in_root() {
	# unshare takes no other signal, and its child, the first process in there, ends with it and all others with that.
	ending=KILL
	run unshare --mount --pid --fork --kill-child --propagation private -- sh -euc '
		root=$1
		mount --bind "$root" "$root"
		mount -t proc proc "$root/proc"
		for directory in sys dev; do mount --rbind "/$directory" "$root/$directory"; done
		shift
		# Not by chroot alone: within one no sandbox can be made.
		cd "$root"
		pivot_root . mnt
		umount --lazy mnt
		exec chroot . "$@"
	' sh "$root" /usr/bin/env -i HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin CI=true \
		${NODE_EXTRA_CA_CERTS+NODE_EXTRA_CA_CERTS="$NODE_EXTRA_CA_CERTS"} ${http_proxy+http_proxy="$http_proxy"} \
		${https_proxy+https_proxy="$https_proxy"} ${no_proxy+no_proxy="$no_proxy"} "$@"
}

cd "$repository"
apt-config dump Acquire >"$work/apt.conf"
say 'making an empty Debian'
run mmdebstrap --quiet --variant=minbase --include=git --aptopt="$work/apt.conf" \
	--dpkgopt=force-unsafe-io bookworm "$root" "$archive" ||
	fail 'mmdebstrap failed'
copy /etc/hosts /etc/hosts
put_in_npm
put_in_certificates
git clone --quiet --no-local "$repository" "$root/root/toolkey"

for command; do
	say "$command"
	in_root sh -c "cd && cd toolkey && $command"
done
