import { join } from "node:path";
import { findInNetrc } from "../../../protocols/git/netrc.ts";
import { findInGitCredentials } from "../../../protocols/git/stored-credentials.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const gitSecrets: SecretFiles = {
  formats: { "git-credentials": findInGitCredentials, netrc: findInNetrc },
  home: ({ home, config, set }) => [
    [join(home, ".git-credentials"), "git-credentials"],
    [join(config, "git", "credentials"), "git-credentials"],
    [set("NETRC") ?? join(home, ".netrc"), "netrc"],
  ],
  project: [
    [".git-credentials", "git-credentials"],
    [".netrc", "netrc"],
    ["_netrc", "netrc"],
  ],
  notes: { netrc: "curl and others read .netrc as well; they get nothing for these hosts any more" },
};
