/**
 * `auth_remote.py`, Conan's plugin for logins (its `conans/client/rest/remote_credentials.py`), as lines at the end of a file that may have
 * another one: that is asked after ours.
 */
import { MarkedBlock } from "../text/marked-block.ts";

export const PLUGIN = new MarkedBlock("conan");

const BEGINNING = "_toolkey_helper = ";

/** @param helper the path of the program that is asked */
export function pluginLines(helper: string): string[] {
  return [
    "import json as _toolkey_json",
    "import subprocess as _toolkey_subprocess",
    "import sys as _toolkey_sys",
    "",
    // A string of JSON is one of Python, too.
    `${BEGINNING}${JSON.stringify(helper)}`,
    '_toolkey_other = globals().get("auth_remote_plugin")',
    "",
    "",
    "def _toolkey_ask(remote, user):",
    '    if remote.url.lower().startswith("https:") and not remote.verify_ssl:',
    '        _toolkey_sys.stderr.write("toolkey: nothing is given for the remote %s, whose certificate is not verified\\n" % remote.name)',
    "        return {}",
    "    words = [_toolkey_helper, \"get\", remote.url] + ([user] if user else [])",
    "    try:",
    "        ended = _toolkey_subprocess.run(words, stdin=_toolkey_subprocess.DEVNULL, stdout=_toolkey_subprocess.PIPE)",
    "    except OSError:",
    "        return {}",
    '    text = ended.stdout.decode("utf-8")',
    "    if ended.returncode != 0:",
    '        raise Exception(text.strip() or "toolkey does not answer")',
    "    return _toolkey_json.loads(text)",
    "",
    "",
    "def auth_remote_plugin(remote, user=None):",
    "    found = _toolkey_ask(remote, user)",
    '    if found.get("user") and found.get("password"):',
    '        return found["user"], found["password"]',
    "    return (None, None) if _toolkey_other is None else _toolkey_other(remote, user=user)",
  ];
}

/** The program that a plugin of ours asks; undefined for a text that has none. */
export function helperIn(text: string): string | undefined {
  const line = PLUGIN.find(text)?.find((each) => each.startsWith(BEGINNING));
  return line === undefined ? undefined : (JSON.parse(line.slice(BEGINNING.length)) as string);
}
