#!/bin/sh
# What is done before a timed run, and not timed.
# usage: prepare.sh no-daemon | prepare.sh new-credential FILE | prepare.sh without DIRECTORY…
set -eu
case $1 in
no-daemon)
	# The kernel gives the lock back with the daemon's process, whatever way that ended.
	toolkey stop >/dev/null 2>&1 || :
	flock --exclusive --timeout 10 "$TOOLKEY_HOME/data/run/daemon.lock" true
	;;
new-credential)
	read -r number <"$2.number" || number=0
	number=$((number + 1))
	echo "$number" >"$2.number"
	printf 'protocol=https\nhost=stored.example.com\nusername=new-%s\npassword=secret-%s-%s\n\n' \
		"$number" "$number" "$$" >"$2"
	;;
without)
	shift
	rm -rf "$@"
	;;
esac
