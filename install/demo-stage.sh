# shellcheck shell=sh
# What demo.sh plays on: a throw-away home, a git server and an npm registry, and how its steps are printed. Sourced by it,
# after prelude.sh; takes everything back when the shell ends.

bold='' dim='' green='' red='' plain=''
if test -t 1 && test -z "${NO_COLOR-}" && test "${TERM-dumb}" != dumb; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m')
	plain=$(printf '\033[0m')
fi

# The path of a socket may be 103 bytes long, and ours lies six levels down.
temporary=${TMPDIR:-/tmp}
test "${#temporary}" -le 60 || temporary=/tmp
work=$(mktemp -d "${temporary%/}/toolkey-demo.XXXXXX")
server='' registry=''

clean_up() {
	trap - EXIT
	trap '' HUP INT TERM PIPE
	# Ends the daemon even if its program is broken: it watches its socket.
	test ! -d "$home/.local/share/toolkey/run" || in_home toolkey stop >/dev/null 2>&1 || :
	exec 3>&- 4<&- 5>&- 6<&-
	for child in $server $registry; do
		kill "$child" 2>/dev/null || :
		wait "$child" 2>/dev/null || :
	done
	rm -rf "$work"
}
trap clean_up EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# The throw-away home

home=$work/home
place=$home

# Runs a program with nothing of the caller's environment, and nobody to ask.
in_home() (
	cd "$place"
	exec env -i HOME="$home" XDG_RUNTIME_DIR="$work/run" TMPDIR="$work" LC_ALL=C \
		PATH="$work/bin:$programs:$PATH" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 "$@" 3>&- 4<&- 5>&- 6<&-
)

make_home() {
	mkdir "$home" "$work/run" "$work/bin"
	# What is called node here may be the shim of a version manager, which needs the caller's home.
	ln -s "$(node -p process.execPath)" "$work/bin/node"
	in_home git config --global user.name Alice
	in_home git config --global user.email alice@example.com
}

# What is printed

number=0
title='the preparations'

step() {
	number=$((number + 1))
	title="step $number ($1)"
	printf '\n%s%2d. %s%s\n' "$bold" "$number" "$1" "$plain"
}

proved() {
	printf '    %s=> %s%s\n' "$green" "$1" "$plain"
}

shown() {
	sed "s|$home|~|g; s/^/    /" "$work/output"
}

broken() {
	printf '\n%s%s failed: %s%s\n' "$red" "$title" "$1" "$plain" >&2
	test ! -s "$work/output" || sed 's/^/    /' "$work/output" >&2
	exit 1
}

prompt() {
	printf '    %s$ %s%s\n' "$dim" "$*" "$plain"
}

run() {
	prompt "$@"
	in_home "$@" >"$work/output" 2>&1 </dev/null || broken "'$*' ended with exit code $?"
}

run_with_secret() {
	secret=$1
	shift
	prompt "... | $*"
	printf '%s\n' "$secret" | in_home "$@" >"$work/output" 2>&1 || broken "'$*' ended with exit code $?"
}

run_in_vain() {
	prompt "$@"
	! in_home "$@" >"$work/output" 2>&1 </dev/null || broken "'$*' should have failed"
}

said() {
	grep -qF -- "$1" "$work/output" || broken "it did not say '$1'"
}

# The git server. Secrets go through pipes, never into an argument or a file.

random_token() {
	od -An -N20 -tx1 /dev/urandom | tr -d ' \n'
}

start_server() {
	mkfifo "$work/to-server" "$work/from-server"
	in_home node "$repository/tests/fixtures/registries/git/git-server.mjs" \
		<"$work/to-server" >"$work/from-server" 2>"$work/server-complaint" &
	server=$!
	exec 3>"$work/to-server" 4<"$work/from-server"
	tell_server '{"projects":["alices-app","bobs-app"],"accounts":[
		{"username":"alice","token":"'"$alice_token"'","projects":["alices-app"]},
		{"username":"bob","token":"'"$bob_token"'","projects":["bobs-app"]}]}'
	port=$(printf '%s' "$reply" | sed 's/.*"port":\([0-9]*\).*/\1/')
	in_home git config --global http.sslCAInfo "$(printf '%s' "$reply" | sed 's/.*"caFile":"\([^"]*\)".*/\1/')"
}

tell_server() {
	printf '%s' "$1" | tr '\n\t' '  ' >&3
	printf '\n' >&3
	read -r reply <&4 || {
		cp "$work/server-complaint" "$work/output"
		broken 'the git server ended'
	}
}

alice_now_has() {
	tell_server '{"setToken":{"username":"alice","token":"'"$1"'"}}'
}

# The npm registry

start_registry() {
	mkfifo "$work/to-registry" "$work/from-registry"
	in_home node "$repository/tests/fixtures/registries/npm/npm-registry.mjs" \
		<"$work/to-registry" >"$work/from-registry" 2>"$work/server-complaint" &
	registry=$!
	exec 5>"$work/to-registry" 6<"$work/from-registry"
	printf '%s' "$npm_token" | in_home node -e '
		const { readFileSync } = require("node:fs");
		const files = { "index.js": "module.exports = [];\n", "collect.cjs": readFileSync(process.argv[1], "utf8") };
		const handy = { name: "handy-colors", version: "1.0.0", scripts: { postinstall: "node collect.cjs" }, files };
		console.log(JSON.stringify({ token: readFileSync(0, "utf8"), packages: [handy] }));
	' "$repository/install/demo-collector.cjs" >&5
	read -r reply <&6 || {
		cp "$work/server-complaint" "$work/output"
		broken 'the npm registry ended'
	}
	registry_url=$(printf '%s' "$reply" | sed 's/.*"origin":"\([^"]*\)".*/\1/')
	ca_file=$(printf '%s' "$reply" | sed 's/.*"caFile":"\([^"]*\)".*/\1/')
}

token_id() {
	sed -n 's/^added \([^ ]*\).*/\1/p' "$work/output"
}
