/**
 * The credential helpers that toolkey is measured against, each set up as its own documentation says.
 * `start` makes a contender ready to answer and returns `{ helper, environment, stop }`: what goes into
 * credential.helper, what its environment needs beside, and how it ends.
 */
import { spawn } from "node:child_process";
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { CREDENTIAL, HOST, PASSWORD, USERNAME } from "./credential.mjs";
import { isInstalled, run } from "./home.mjs";

const LIBSECRET_SOURCE = "/usr/share/doc/git/contrib/credential/libsecret";

export const CONTENDERS = [
  {
    name: "git credential-cache",
    lacks: () => undefined,
    async start({ environment }) {
      // An hour, so that it doesn't forget the credential in the middle of the benchmark.
      const config = ["-c", "credential.helper=", "-c", "credential.helper=cache --timeout=3600"];
      await run("git", [...config, "credential", "approve"], { environment, input: CREDENTIAL });
      return { helper: "cache", stop: () => run("git", ["credential-cache", "exit"], { environment }) };
    },
  },
  {
    name: "git-credential-libsecret",
    lacks: () =>
      lacking(["make", "gcc", "pkg-config", "dbus-run-session", "gnome-keyring-daemon"]) ??
      (existsSync(LIBSECRET_SOURCE) ? undefined : LIBSECRET_SOURCE),
    async start({ directory, environment }) {
      const build = join(directory, "libsecret");
      await mkdir(build);
      for (const file of await readdir(LIBSECRET_SOURCE)) await copyFile(join(LIBSECRET_SOURCE, file), join(build, file));
      await run("make", [], { environment, cwd: build });
      const helper = join(build, "git-credential-libsecret");
      const session = await startKeyring(environment);
      await run(helper, ["store"], { environment: { ...environment, ...session.environment }, input: CREDENTIAL });
      return { helper, ...session };
    },
  },
  {
    name: "gh auth git-credential",
    lacks: () => lacking(["gh"]),
    async start({ directory }) {
      const config = join(directory, "gh");
      await mkdir(config);
      // What `gh auth login` leaves behind where no key store runs; it answers without the network.
      const hosts = `${HOST}:\n    user: ${USERNAME}\n    oauth_token: ${PASSWORD}\n    git_protocol: https\n`;
      await writeFile(join(config, "hosts.yml"), hosts, { mode: 0o600 });
      return {
        helper: "!gh auth git-credential",
        environment: { GH_CONFIG_DIR: config, GH_NO_UPDATE_NOTIFIER: "1" },
      };
    },
  },
  {
    name: "pass-git-helper",
    lacks: () => lacking(["pass-git-helper", "pass", "gpg"]),
    async start({ directory, environment }) {
      const extra = { GNUPGHOME: join(directory, "gnupg"), PASSWORD_STORE_DIR: join(directory, "pass") };
      const options = { environment: { ...environment, ...extra } };
      await mkdir(extra.GNUPGHOME, { mode: 0o700 });
      const key = ["--batch", "--passphrase", "", "--quick-generate-key", "bench@example.com", "rsa3072", "encrypt", "never"];
      await run("gpg", key, options);
      await run("pass", ["init", "bench@example.com"], options);
      await run("pass", ["insert", "--multiline", "bench"], { ...options, input: `${PASSWORD}\n${USERNAME}\n` });
      const mapping = join(directory, ".config", "pass-git-helper");
      await mkdir(mapping, { recursive: true });
      await writeFile(join(mapping, "git-pass-mapping.ini"), `[${HOST}*]\ntarget=bench\n`);
      return {
        helper: "!pass-git-helper",
        environment: extra,
        stop: () => run("gpgconf", ["--kill", "all"], options),
      };
    },
  },
];

function lacking(programs) {
  return programs.find((program) => !isInstalled(program));
}

/** A session bus with a gnome-keyring that is open; both end with their standard input. */
async function startKeyring(environment) {
  const script = `printf bench | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
    echo "$DBUS_SESSION_BUS_ADDRESS"; cat`;
  const session = spawn("dbus-run-session", ["--", "sh", "-c", script], { env: environment, stdio: ["pipe", "pipe", "ignore"] });
  const ended = new Promise((resolve) => session.once("close", resolve));
  const address = await new Promise((resolve, reject) => {
    session.once("error", reject);
    session.once("close", () => reject(new Error("dbus-run-session ended at once")));
    session.stdout.once("data", (text) => resolve(String(text).trim()));
  });
  return {
    environment: { DBUS_SESSION_BUS_ADDRESS: address },
    async stop() {
      session.stdin.end();
      await ended;
    },
  };
}
