#!/bin/sh
# Does toolkey's main job before your eyes: installs and builds it in this checkout, then works with a real git
# server, and with npm and a package that steals tokens, in a throw-away home. Your own home, vault and git
# configuration are left alone.
# Needs Node 20.19 or newer, npm and git.
set -eu

script=demo.sh
repository=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
. "$repository/install/prelude.sh"

# Where the programs are that are tried.
programs=$repository/bin
case $#:${1-} in
0:) ;;
2:--with) programs=$(absolute "$2") ;;
1:-h | 1:--help)
	say "usage: demo.sh [--with DIR]

Installs and builds toolkey in this checkout, then does its main job in a throw-away home.

  --with DIR  tries the programs in DIR instead, and builds nothing"
	exit 0
	;;
*) wrong_usage 'the only option is --with DIR' ;;
esac

. "$repository/install/demo-stage.sh"

require_programs
printf '%stoolkey: one vault, and every build tool gets its own key%s\n\n' "$bold" "$plain"
started=$(date +%s)
if test "$programs" = "$repository/bin"; then
	printf 'installing the packages and building, in this checkout\n'
	(
		cd "$repository"
		# Also where NODE_ENV=production would leave out what builds.
		npm_quietly ci --ignore-scripts --include=dev
		npm_quietly run build
	)
	printf 'that took %s s\n' "$(($(date +%s) - started))"
else
	printf 'with %s/toolkey, which is %s\n' "$programs" "$("$programs/toolkey" --version)"
fi
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
proved 'two lines in the git configuration, and a daemon that holds the open vault'

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

step "A project that needs a package of Alice's from git, and one from an npm registry, whose script steals tokens"
place=$home/app
printf '{ "name": "alices-app", "version": "1.0.0" }\n' >"$place/package.json"
run git add package.json
run git commit --message 'A package'
run git push
npm_token=$(random_token)
start_registry
printf 'registry=%s/\ncafile=%s\naudit=false\nfund=false\nupdate-notifier=false\n' "$registry_url" "$ca_file" >"$home/.npmrc"
mkdir "$home/site"
# npm 12 asks whether scripts may run, and whether packages may come from git; older ones don't.
printf '{ "name": "site", "version": "1.0.0",\n  "dependencies": { "handy-colors": "^1.0.0",\n    "alices-app": "git+%s" },\n  "allowScripts": { "handy-colors": true } }\n' \
	"https://alice@$host/nuxeo/git/alices-app.git#feature/greeting" >"$home/site/package.json"
printf 'allow-git=all\n' >>"$home/.npmrc"
run_with_secret "$npm_token" toolkey add "$registry_url" --tool npm
place=$home/site
prompt cat package.json
cp "$place/package.json" "$work/output"
shown
run_in_vain npm install
said E401
proved 'without a token the registry gives nothing out'

step 'npm installs both, by the gateway in the daemon'
# No public authority has signed for the servers of this demo.
cat "$(in_home git config --global http.sslCAInfo)" "$ca_file" >"$home/company.pem"
run toolkey config accept --yes --cacert "$home/company.pem"
run toolkey run -- npm install
shown
said 'through the gateway'
test -f "$home/site/node_modules/handy-colors/index.js" || broken 'the package of the registry is not installed'
test -f "$home/site/node_modules/alices-app/package.json" || broken 'the package from git is not installed'
test -s "$home/report" || broken 'the script did not run'
if grep -qF http://127.0.0.1 "$home/site/package-lock.json"; then broken 'the lock file names the gateway'; fi
proved 'npm and its git had stand-ins, the registry and the git server the tokens; the lock file names the real places'

step 'What did the script get? It looked at variables, descriptors, files and the npm configuration'
prompt 'grep -E "^(found|use)" ~/report'
grep -E '^(found|use)' "$home/report" >"$work/output"
shown
said 'found tkphantom_'
# Which process asks is told by /proc alone; elsewhere the script may read what npm may, and no more.
harmless=' 40[13] '
test -d /proc/self || harmless="$harmless| GET http://.*/handy-colors: "
if grep '^use ' "$work/output" | grep -qvE "$harmless"; then broken 'the script could use what it found'; fi
said ' 403 toolkey: '
proved 'a phantom, which is of no use to it: not here, not at the registry, not where tokens are made'

step 'It tried the doors, too: it asked for tokens itself, as git, as npm, as toolkey, and as an orphan'
prompt 'grep -E "^door" ~/report'
grep '^door' "$home/report" >"$work/output"
shown
test "$(wc -l <"$work/output")" -eq 8 || broken 'it did not try them all'
if grep -qv ': nothing' "$work/output"; then broken 'a door was open'; fi
printf '%s\n%s\n%s\n' "$npm_token" "$alice_token" "$bob_token" >"$work/planted"
printf '%s\n%s\n%s\n' "$npm_token" "$alice_token" "$bob_token" | grep -rslF -f - "$home" "$work/run" "$work/planted" >"$work/output" || :
rm "$work/planted"
test "$(cat "$work/output")" = "$work/planted" || broken 'a token is in what the script found:'
proved 'every door is shut for what npm starts; for you they are open:'
run git ls-remote "https://alice@$host/nuxeo/git/alices-app.git"

step 'Not npm alone: make clones, installs, and runs a script that robs what it can reach'
place=$home/build
mkdir "$place"
cp "$home/site/package.json" "$place/package.json"
printf 'all:\n\t./build.sh\n' >"$place/Makefile"
printf '#!/bin/sh -e\ngit clone -q https://alice@%s/nuxeo/git/alices-app.git clone\nnpm install\nsh ./rob.sh >loot 2>&1\n' "$host" >"$place/build.sh"
chmod +x "$place/build.sh"
cat >"$place/rob.sh" <<'SCRIPT'
env
cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline "$TOOLKEY_SESSION"/* ~/.npmrc ~/.gitconfig .git/config clone/.git/config
printf 'protocol=https\nhost=%s\n\n' "${TOOLKEY_GIT_HOSTS%% *}" | git credential fill
toolkey show "$(toolkey list --json | sed -n 's/.*"id": "\(git-[^"]*\)".*/\1/p' | head -n 1)"
toolkey run --direct -- npm config get userconfig
true
SCRIPT
prompt 'cat build.sh'
cp "$place/build.sh" "$work/output"
shown
# Where there is no make, the script that it would start.
if command -v make >/dev/null; then run toolkey run -- make; else run toolkey run -- ./build.sh; fi
shown
said 'may use, through the gateway: git at '
test -f "$place/clone/README.md" || broken 'make did not clone'
test -f "$place/node_modules/handy-colors/index.js" || broken 'make did not install'
grep -q tkphantom_ "$place/loot" || broken 'the script did not look'
printf '%s\n%s\n%s\n' "$npm_token" "$alice_token" "$bob_token" >"$work/planted"
printf '%s\n%s\n%s\n' "$npm_token" "$alice_token" "$bob_token" | grep -lF -f - "$place/loot" "$work/planted" >"$work/output" || :
rm "$work/planted"
test "$(cat "$work/output")" = "$work/planted" || broken 'a token is in the loot:'
proved "a session: all that make starts may use the tokens; the $(wc -l <"$place/loot" | tr -d ' ') lines of loot hold none"
place=$home/site

step 'toolkey tells what was tried'
run toolkey log
shown
test ! -d /proc/self || said 'belongs to another process'
said '/-/npm/v1/tokens'
proved 'each refused request is in the log, with the reason'

printf '\n%sall %s steps succeeded, in %s s%s; the throw-away home, the daemon and the servers are removed\n' \
	"$bold" "$number" "$(($(date +%s) - started))" "$plain"
printf 'next: ./install/install.sh installs toolkey for you\n'
