#!/bin/sh
# Does toolkey's main job before your eyes: installs and builds it in this checkout, then works with a
# real git server, and with npm and a package that steals tokens, in a throw-away home. Your own home, vault and git configuration are left alone.
# Needs Node 20.19 or newer, npm and git.
set -eu

script=demo.sh
repository=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
. "$repository/install/prelude.sh"

case $#:${1-} in
0:) ;;
1:-h | 1:--help)
	say "usage: demo.sh

Installs and builds toolkey in this checkout, then does its main job in a throw-away home."
	exit 0
	;;
*) wrong_usage 'there are no options' ;;
esac

bold='' dim='' green='' red='' plain=''
if test -t 1 && test -z "${NO_COLOR-}" && test "${TERM-dumb}" != dumb; then
	bold=$(printf '\033[1m') dim=$(printf '\033[2m') green=$(printf '\033[32m') red=$(printf '\033[31m')
	plain=$(printf '\033[0m')
fi

# The path of a socket may be 103 bytes long, and ours lies three levels down.
temporary=${TMPDIR:-/tmp}
test "${#temporary}" -le 60 || temporary=/tmp
work=$(mktemp -d "${temporary%/}/toolkey-demo.XXXXXX")
server='' registry=''

clean_up() {
	trap - EXIT
	trap '' HUP INT TERM PIPE
	# Ends the daemon even if its program is broken: it watches its socket.
	test ! -d "$work/run/toolkey" || in_home toolkey stop >/dev/null 2>&1 || :
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
		PATH="$work/bin:$repository/bin:$PATH" GIT_CONFIG_NOSYSTEM=1 GIT_TERMINAL_PROMPT=0 "$@" 3>&- 4<&- 5>&- 6<&-
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
	in_home node "$repository/tests/fixtures/git-server.mjs" \
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
	in_home node "$repository/tests/fixtures/npm-registry.mjs" \
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

# The main job

require_programs
printf '%stoolkey: one vault, and every build tool gets its own key%s\n\n' "$bold" "$plain"
started=$(date +%s)
printf 'installing the packages and building, in this checkout\n'
(
	cd "$repository"
	# Also where NODE_ENV=production would leave out what builds.
	npm_quietly ci --ignore-scripts --include=dev
	npm_quietly run build
)
printf 'that took %s s\n' "$(($(date +%s) - started))"
started=$(date +%s)
make_home

step 'A vault, encrypted with age; for this demo its key is kept in a file'
run toolkey init --key file
shown
vault=$(sed -n 's/^made //p' "$work/output")
test "$(head -n 1 "$vault")" = age-encryption.org/v1 || broken "$vault is not an age file"
proved 'the vault is a standard age file, which any age program opens'

step 'A real git server: HTTPS, a token for each of two people, a project for each'
alice_token=$(random_token)
bob_token=$(random_token)
start_server
host=localhost:$port
run_in_vain git ls-remote "https://alice@$host/nuxeo/git/alices-app.git"
said 'terminal prompts disabled'
proved 'without a token the server lets nobody in, and git has nobody to ask'

step 'Their tokens go into the vault, through a pipe'
run_with_secret "$alice_token" toolkey add "https://$host/nuxeo/git" --tool git --username alice
alice_id=$(token_id)
run_with_secret "$bob_token" toolkey add "https://$host/nuxeo/git" --tool git --username bob
run toolkey list
shown
said "$alice_id"
proved 'they are in the vault; the list shows everything but the secrets'

step 'git is told to ask toolkey'
run toolkey setup git
run git config --global --get-all credential.helper
said git-credential-toolkey
run toolkey status --json
said '"running": true'
proved 'one line in the git configuration, and a daemon that holds the open vault'

step 'Alice clones'
run git clone "https://alice@$host/nuxeo/git/alices-app.git" app
run git clone "https://alice@$host/nuxeo/git/alices-app.git" elsewhere
test -f "$home/app/README.md" || broken 'the clone has no README.md'
proved 'git got her token from toolkey: no prompt, no askpass, nothing in the URL'

step 'She commits on a branch of her own and pushes'
place=$home/app
run git switch --create feature/greeting
run git commit --allow-empty --message 'Greet'
run git push --set-upstream origin feature/greeting
run git ls-remote origin
said refs/heads/feature/greeting
proved 'the branch is on the server'

step 'In her other clone she fetches'
place=$home/elsewhere
run git fetch
said feature/greeting
proved 'her commit is here'

step "Bob's token is Bob's"
place=$home
run git ls-remote "https://bob@$host/nuxeo/git/bobs-app.git"
said refs/heads/main
run_in_vain git ls-remote "https://bob@$host/nuxeo/git/alices-app.git"
said 403
proved 'with his token he sees his project, and not hers'

step 'Where are the tokens now?'
# The search must find what it is to find, so one file outside the home holds a token for a moment.
printf '%s\n' "$alice_token" >"$work/planted"
prompt "grep -rlF '<the two tokens>' ~"
printf '%s\n%s\n' "$alice_token" "$bob_token" | grep -rslF -f - "$home" "$work/run" "$work/planted" >"$work/output" || :
rm "$work/planted"
test "$(cat "$work/output")" = "$work/planted" || broken 'a token lies in plain text:'
proved "in the vault, encrypted; in none of the $(find "$home" -type f | wc -l | tr -d ' ') files in plain text"

step "The server takes Alice's token away"
place=$home/elsewhere
tell_server '{"revoke":"alice"}'
run_in_vain git fetch
shown
said "hint: a new secret for it: toolkey replace $alice_id"
run toolkey show "$alice_id" --json
said '"state": "suspended"'
proved 'it is suspended, not lost, and the message says what to do'
run_in_vain git fetch
shown
said "is suspended"
said "toolkey restore $alice_id"
place=$home
run git ls-remote "https://bob@$host/nuxeo/git/bobs-app.git"
place=$home/elsewhere
proved 'it is not sent again; Bob works on'

step 'It was a mistake of the server: she restores the token'
alice_now_has "$alice_token"
run toolkey restore "$alice_id"
run git fetch
proved 'the same token works again'

step 'Or it was not, and she gets a new one'
alice_token=$(random_token)
alice_now_has "$alice_token"
run_with_secret "$alice_token" toolkey replace "$alice_id"
run git fetch
proved 'the new token works'

step 'An npm registry that wants a token, too; one of its packages has a script that steals tokens'
place=$home
npm_token=$(random_token)
start_registry
printf 'registry=%s/\ncafile=%s\naudit=false\nfund=false\nupdate-notifier=false\n' "$registry_url" "$ca_file" >"$home/.npmrc"
mkdir "$home/site"
# npm 12 asks whether scripts may run; older ones run them.
printf '{ "name": "site", "version": "1.0.0", "dependencies": { "handy-colors": "^1.0.0" },\n  "allowScripts": { "handy-colors": true } }\n' >"$home/site/package.json"
run_with_secret "$npm_token" toolkey add "$registry_url" --tool npm
place=$home/site
run_in_vain npm install
said E401
proved 'without a token the registry gives nothing out'

step 'npm installs it, by the gateway in the daemon'
run toolkey run -- npm install
shown
said 'a phantom of npm-'
test -f "$home/site/node_modules/handy-colors/index.js" || broken 'the package is not installed'
test -s "$home/report" || broken 'the script did not run'
proved 'npm had a phantom, and the registry the token'

step 'What did the script get? It looked at variables, descriptors, files and the npm configuration'
prompt 'cat ~/report'
cp "$home/report" "$work/output"
shown
said 'found tkphantom_'
# Which process asks is told by /proc alone; elsewhere the script may read what npm may, and no more.
harmless=' 40[13] '
test -d /proc/self || harmless="$harmless| GET http://.*/handy-colors: "
if grep '^use ' "$work/output" | grep -qvE "$harmless"; then broken 'the script could use what it found'; fi
said ' 403 toolkey: '
printf '%s\n' "$npm_token" >"$work/planted"
printf '%s\n' "$npm_token" | grep -rslF -f - "$home" "$work/run" "$work/planted" >"$work/output" || :
rm "$work/planted"
test "$(cat "$work/output")" = "$work/planted" || broken 'the token is in what the script found:'
proved 'a phantom, which is of no use to it: not here, not at the registry, not where tokens are made'

step 'toolkey tells what was tried'
run toolkey log
shown
test ! -d /proc/self || said 'belongs to another process'
said '/-/npm/v1/tokens'
proved 'each refused request is in the log, with the reason'

printf '\n%sall %s steps succeeded, in %s s%s; the throw-away home, the daemon and the servers are removed\n' \
	"$bold" "$number" "$(($(date +%s) - started))" "$plain"
printf 'next: ./install/install.sh installs toolkey for you\n'
