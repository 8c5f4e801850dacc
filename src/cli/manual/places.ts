/** Variables and files, for the manual. A test holds them against `platform/paths.ts`. */
import type { Block } from "./roff.ts";

export const ENVIRONMENT: readonly Block[] = [
  {
    term: "`TOOLKEY_HOME`",
    text: "The directory below which everything is kept, in `data`, `config` and `log`, in place of the files below.",
  },
  { term: "`TOOLKEY_IDENTITY_FILE`", text: "The file with the vault's key." },
  { term: "`CREDENTIALS_DIRECTORY`", text: "What `systemd.exec`(5) sets: `toolkey-identity` in it is the vault's key." },
  {
    term: "`XDG_DATA_HOME`, `XDG_CONFIG_HOME`, `XDG_STATE_HOME`",
    text: "Where the files below are, in place of `~/.local/share`, `~/.config` and `~/.local/state`.",
  },
  { term: "`XDG_RUNTIME_DIR`", text: "Where the daemon's socket is, if it can't be beside the vault." },
  {
    term: "`HTTPS_PROXY`, `HTTP_PROXY`, `NO_PROXY`",
    text: "How services are reached, also in lower case. They are those of the session that asks.",
  },
  {
    term: "`NODE_EXTRA_CA_CERTS`",
    text: "A file of certificates to trust at services, once you have accepted them: `toolkey config accept`.",
  },
  { term: "`BROWSER`", text: "What `toolkey login` opens a page with." },
  { term: "`NO_COLOR`, `COLUMNS`", text: "No colours; how wide tables and help are." },
  {
    term: "`TOOLKEY_HTTP`, `TOOLKEY_NETRC`",
    text: "Set for a command of `toolkey run --tool http` or `netrc`: where the gateway is, and a file that logs in there.",
  },
];

export const FILES: readonly Block[] = [
  { term: "`~/.local/share/toolkey/vault.age`", text: "The vault, and `vault.age.1` the version before." },
  {
    term: "`~/.local/share/toolkey/identity.age`, `identity.txt`",
    text: "Its key under a passphrase, or as it is, if it isn't in the key store.",
  },
  { term: "`~/.local/share/toolkey/run/agent.sock`", text: "The daemon's socket." },
  { term: "`~/.config/toolkey/config.toml`", text: "Your settings." },
  { term: "`/etc/toolkey/config.toml`", text: "Those of this machine, beneath yours: written by root, and by nobody else." },
  { term: "`~/.config/toolkey/gateway.json`", text: "The port of the gateway, and phantoms that stay." },
  { term: "`~/.local/state/toolkey/daemon.log`", text: "What the daemon did, without secrets." },
];
