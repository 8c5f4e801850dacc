/** Every Node that toolkey says it runs on: its daemon, the key store, git, and the gateway. */
import { readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeMissing, nodeOf } from "../../fixtures/tools/clients.ts";
import { matrix } from "../../fixtures/form.ts";
import { startGitServer, type GitServer } from "../../fixtures/registries/git/git-server.mjs";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";
import { startSessionBus, type SessionBus } from "../../fixtures/processes/key-store.ts";
import { missing } from "../../fixtures/programs/programs.ts";

const PACKAGE = JSON.parse(readFileSync(fileURLToPath(new URL("../../../package.json", import.meta.url)), "utf8")) as { engines: { node: string } };
const USER = { username: "acme-user", token: "ACME-TOKEN" };

let server: GitServer;
beforeAll(async () => {
  server = await startGitServer({ projects: ["acme"], accounts: [USER] });
});
afterAll(() => server.close());

it("the oldest Node here is the oldest that the package permits", () => {
  expect(nodeOf(20).version).toBe(`${PACKAGE.engines.node.replace(">=", "")}.0`);
});

describe.each(matrix([20], [26, 22, 24]))("Node %i", (major) => {
  let home: TestHome;
  let bus: SessionBus;
  const inHome = (program: string, argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    home.run(program, argv, {
      cwd: home.directory,
      ...options,
      env: { ...bus.environment, PATH: [nodeOf(major).directory, BIN, process.env["PATH"]].join(":"), NODE_EXTRA_CA_CERTS: server.caFile, ...options.env },
    });
  const toolkey = async (...argv: readonly string[]): Promise<string> => expectDone(await inHome("toolkey", argv)).stdout;
  const add = async (tool: string) => expectDone(await inHome("toolkey", ["add", server.origin, "--tool", tool, "--username", USER.username], { stdin: USER.token }));

  it.skipIf(nodeMissing(major) || missing("curl", "dbus-daemon", "dbus-monitor", "dbus-send", "gnome-keyring-daemon"))("does the whole job", async () => {
    home = await makeHome();
    bus = await startSessionBus(home);
    try {
      await bus.startKeyStore();
      await toolkey("init", "--key", "keychain", "--accept");
      await add("git");
      await add("http");
      const { pid, keySource } = await daemon();
      expect({ keySource, exe: realpathSync(`/proc/${pid}/exe`) }).toEqual({ keySource: "keychain", exe: realpathSync(join(nodeOf(major).directory, "node")) });

      await toolkey("setup", "git");
      expectDone(await inHome("git", ["-c", `http.sslCAInfo=${server.caFile}`, "clone", "-q", server.url("acme"), "acme"]));

      const reading = await inHome("toolkey", ["run", "--tool", "http", "--", "sh", "-c", `curl -sf --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/${server.url("acme").replace("://", "/")}/info/refs?service=git-upload-pack"; env`]);
      expect(expectDone(reading).stdout).toContain("refs/heads/main");
      expect(reading.stdout).not.toContain(USER.token);

      // What it wrote opens on the Node of everybody else, and the other way round.
      await toolkey("init", "--rekey", "--key", "file");
      await toolkey("stop");
      expect(expectDone(await home.toolkey(["list"])).stdout.match(/acme-user/g)).toHaveLength(2);
      expectDone(await home.toolkey(["stop"]));
      expect((await toolkey("list")).match(/acme-user/g)).toHaveLength(2);
      expect(expectDone(await inHome("toolkey", ["doctor"])).stdout).not.toContain("BAD");
    } finally {
      await home.dispose();
      await bus.close();
    }
  });

  async function daemon(): Promise<{ pid: number; keySource: string | undefined }> {
    const { pid, vault } = JSON.parse(await toolkey("status", "--json")) as { pid: number; vault: { keySource?: string } };
    return { pid, keySource: vault.keySource };
  }
});
