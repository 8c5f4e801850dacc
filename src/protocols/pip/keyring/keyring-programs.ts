/** The programs that `toolkey setup pip` makes: a `keyring` for PATH, and a keyring for Python. Pure. */
import { shellWord } from "../../text/shell-word.ts";

/** Who is asked by our `keyring` for what toolkey hasn't has asked toolkey already. */
const ASKED = "TOOLKEY_KEYRING_ASKED";
const MADE = "Made by 'toolkey setup pip'; 'toolkey setup pip --undo' removes it.";

/** Whether a text is a program of ours. */
export function isOurKeyring(text: string): boolean {
  return text.includes(MADE);
}

/**
 * The program `keyring`, by which pip and uv ask. What is for no URL, and what toolkey hasn't, is asked of the next one on PATH: a person
 * may have a keyring with other secrets in it.
 *
 * @param lane the path of `toolkey-keyring`
 */
export function keyringScript(lane: string): string {
  return `#!/bin/sh
# ${MADE}
unset answer service operation word forgot
lane=${shellWord(lane)}
ask() { . "$1"; }
for word; do
	case $word in
	-*) ;;
	get | set | del) : "\${operation:=$word}" ;;
	*) : "\${service:=$word}" ;;
	esac
done
keep() {
	# A password that is typed is not to be seen.
	[ "$operation" = del ] || [ ! -t 0 ] || exec "\${lane%/*}/toolkey" add "$service" --tool pip --username "\${3-}"
	ask "$lane" "$@"
}
[ -r "$lane" ] || lane=
case \${lane:+\${service-}} in
http://* | https://* | poetry-repository-pypi)
	case \${operation-} in
	get)
		if answer=$(ask "$lane" "$@"); then
			printf '%s\n' "$answer"
			exit 0
		elif [ $? != 1 ]; then
			exit 1
		fi
		;;
	set) keep "$@" ;;
	del)
		# An older one may be behind, which would be answered from then on.
		(ask "$lane" "$@")
		forgot=$?
		;;
	esac
	;;
esac
if [ -z "\${${ASKED}-}" ]; then
	set -f
	IFS=:
	for word in $PATH; do
		word=\${word:-.}/keyring
		if [ -x "$word" ] && [ ! -d "$word" ] && ! [ "$word" -ef "$0" ]; then
			export ${ASKED}=yes
			[ "\${forgot-}" ] || exec "$word" "$@"
			"$word" "$@" && [ "$forgot" -le 1 ] && exit 0
			break
		fi
	done
	set +f
	unset IFS
fi
[ -z "\${forgot-}" ] || exit $((forgot != 0))
case \${operation-} in
get) ;;
# By a host alone, as pip keeps a login: where there is no other keyring.
set | del) [ -z "$lane" ] || keep "$@" ;;
*) echo "toolkey: this keyring knows get, set and del, and PATH has no other keyring" >&2 ;;
esac
exit 1
`;
}

/**
 * The same for twine, poetry, pdm and hatch, which import Python's keyring. It asks a program, and holds nothing; behind it come all the
 * keyrings that would be asked without it.
 *
 * @param lane the path of `toolkey-keyring`
 */
export function keyringModule(lane: string): string {
  return `# ${MADE}
"""A keyring that asks toolkey for what is for package indexes, and all others for the rest."""
import json
import os
import re
import subprocess
import sys

from keyring import credentials, errors
from keyring.backends import chainer

LANE = ${JSON.stringify(lane)}
OURS = re.compile(r"https?://|poetry-repository-pypi$")


class Keyring(chainer.ChainerBackend):
    priority = 11

    def get_password(self, service, username):
        found = ask(service, username)
        if found is None:
            return super().get_password(service, username)
        return found.get("password")

    def get_credential(self, service, username):
        found = ask(service, username)
        if found is None:
            return super().get_credential(service, username)
        return credentials.SimpleCredential(found["username"], found["password"]) if found else None

    def set_password(self, service, username, password):
        if self.backends and not OURS.match(service):
            super().set_password(service, username, password)
        elif run(["set", service, username], password + "\\n")[0] != 0:
            raise errors.PasswordSetError("toolkey did not keep it")

    def delete_password(self, service, username):
        code = 1
        if not self.backends or OURS.match(service) and not os.environ.get("${ASKED}"):
            code = run(["del", service, username], "")[0]
        is_gone = code == 0
        # An older one may be behind, which would be answered from then on.
        for other in self.backends:
            try:
                other.delete_password(service, username)
                is_gone = True
            except (errors.PasswordDeleteError, NotImplementedError):
                pass
            except Exception as error:  # Some are there, and can't be used.
                print(f"toolkey: {other.name} could not be asked to forget it: {error}", file=sys.stderr)
        if not is_gone or code > 1:
            raise errors.PasswordDeleteError("it was not there, or could not be forgotten")


def ask(service, username):
    """What toolkey has; None for what others may have; nothing, {}, if toolkey could not tell, and has said why."""
    if os.environ.get("${ASKED}") or not OURS.match(service):
        return None
    words = ["--mode=creds", "--output=json", "get", service]
    code, answer = run(words if username is None else words + [username], "")
    return json.loads(answer) if code == 0 else None if code == 1 else {}


def run(words, text):
    try:
        done = subprocess.run([LANE] + words, input=text.encode(), stdout=subprocess.PIPE)
    except (OSError, ValueError):
        return 1, b""
    return done.returncode, done.stdout
`;
}
