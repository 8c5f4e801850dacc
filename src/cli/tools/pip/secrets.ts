import { dirname, join } from "node:path";
import { findInPypirc } from "../../../protocols/pip/secrets/pypirc.ts";
import { findInPoetryAuth, findInUvCredentials } from "../../../protocols/pip/secrets/toml-secrets.ts";
import { findInPipConf } from "../../../protocols/pip/secrets/url-passwords.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const pipSecrets: SecretFiles = {
  formats: { pypirc: findInPypirc, "pip-conf": findInPipConf, "uv-credentials": findInUvCredentials, "poetry-auth": findInPoetryAuth },
  home({ home, config, set }) {
    const data = set("XDG_DATA_HOME") ?? join(home, ".local", "share");
    return [
      [join(home, ".pypirc"), "pypirc"],
      [join(config, "pip", "pip.conf"), "pip-conf"],
      [join(home, ".pip", "pip.conf"), "pip-conf"],
      [join(home, "Library", "Application Support", "pip", "pip.conf"), "pip-conf"],
      [join(set("UV_CREDENTIALS_DIR") ?? join(data, "uv", "credentials"), "credentials.toml"), "uv-credentials"],
      [join(set("POETRY_CONFIG_DIR") ?? join(config, "pypoetry"), "auth.toml"), "poetry-auth"],
      ...(set("PIP_CONFIG_FILE") === undefined ? [] : [[set("PIP_CONFIG_FILE") ?? "", "pip-conf"] as const]),
    ].filter(([path = ""]) => dirname(path) !== "/dev") as [string, string][];
  },
  project: [
    [".pypirc", "pypirc"],
    ["pip.conf", "pip-conf"],
  ],
  notes: {
    pypirc: "twine and poetry ask Python's keyring for these: 'toolkey setup pip' makes it ask toolkey",
    "pip-conf": "pip asks a keyring for these, by the user names that stay in the URLs: 'toolkey setup pip' makes it ask toolkey",
  },
  advice: { pip: "poetry: 'toolkey add URL --tool pip --username NAME', then 'poetry config --unset http-basic.NAME'" },
};
