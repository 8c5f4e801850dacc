/** Services of the person's own: how their tokens are presented. And tokens of tools that this toolkey does not know. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TokenView } from "../../../src/core/tokens/token.ts";
import { TOOL_NAMES } from "../../../src/protocols/tool-facts.ts";
import { BIN, expectDone } from "../../fixtures/homes/home.ts";
import { makeServiceHome, type ServiceHome } from "../../fixtures/homes/service-home.ts";

let home: ServiceHome;

beforeAll(async () => {
  home = await makeServiceHome(`[service.acme]
url = "https://acme.example"
npm = { registry = "https://acme.example/npm" }
git = { url = "https://acme.example/git", auth = "bearer" }

[service.old]
url = "https://old.example"
npm = { registry = "https://old.example/npm", auth = "basic" }
`);
});
afterAll(() => home?.dispose());

const add = (argv: readonly string[], secret: string) => home.toolkey(["add", ...argv], { stdin: secret });
const authorization = async (tool: string, url: string): Promise<string> => expectDone(await home.run(join(BIN, "toolkey-authorization"), [tool, url])).stdout;

describe("a token of a service of the person's own", () => {
  it("for npm needs no user name, and is sent as Bearer", async () => {
    expectDone(await add(["acme", "--tool", "npm"], "T0KEN"));
    expect(await authorization("npm", "https://acme.example/npm/x")).toBe("Bearer T0KEN\n");
  });

  it("is sent as Basic where the service wants it, and then needs a user name", async () => {
    expect(await add(["old", "--tool", "npm"], "T0KEN")).toMatchObject({ code: 2, stderr: "toolkey: npm needs a user name with a token\nhint: add --username NAME\n" });
    expectDone(await add(["old", "--tool", "npm", "--username", "bot"], "T0KEN"));
    expect(await authorization("npm", "https://old.example/npm/x")).toBe(`Basic ${Buffer.from("bot:T0KEN").toString("base64")}\n`);
  });

  it("is handed to git with the way to send it, if it is another than git's own; a git that knows none gets nothing", async () => {
    expectDone(await add(["acme", "--tool", "git"], "G1T"));
    const asked = "protocol=https\nhost=acme.example\npath=git/x\n";
    expect((await home.helper("get", `capability[]=authtype\n${asked}`)).stdout).toBe("capability[]=authtype\nauthtype=Bearer\ncredential=G1T\n");
    expect((await home.helper("get", asked)).stdout).toBe("");
  });
});

it("a password in the place of a service's name is not repeated", async () => {
  const refused = await home.toolkey(["login", "https://alice:S3CRET@acme.example"]);
  expect([refused.code, refused.stderr.split("\n")[0], refused.stderr.includes("S3CRET")]).toEqual([2, "toolkey: there is no service of that name", false]);
});

describe("a token of a tool that toolkey does not know, in a vault of before", () => {
  it("is listed and revoked as any other", async () => {
    await home.ask("stop", {});
    await home.daemon.ended;
    await changeVault((tokens) => [
      ...tokens,
      { id: "docker-7f3k", tool: "docker", service: "example.com", target: "https://*.example.com", secret: "D0CKER", kind: "opaque", state: "active", createdAt: "2026-01-01T00:00:00Z", preferred: false },
    ]);
    await home.restart();
    const listed = JSON.parse(expectDone(await home.toolkey(["list", "--tool", "docker", "--json"])).stdout) as TokenView[];
    expect(listed.map(({ id, tool, target }) => [id, tool, target])).toEqual([["docker-7f3k", "docker", "https://*.example.com"]]);
    expect(expectDone(await home.toolkey(["show", "docker-7f3k"])).stdout).toContain("tool          docker\n");
    expect(await home.toolkey(["list", "--tool", "mvn"])).toMatchObject({ code: 2, stderr: `toolkey: there is no tool 'mvn'; did you mean 'maven'?\nhint: tools: ${TOOL_NAMES.join(", ")}\n` });
    expect(await home.toolkey(["revoke", "--tool", "gti", "--local", "--yes"])).toMatchObject({ code: 2, stderr: expect.stringContaining("did you mean 'git'?") as unknown });
    // It never worked, so that no row of it stays.
    expect(expectDone(await home.toolkey(["revoke", "--tool", "docker", "--local", "--yes"])).stdout).toContain("deleted, since it never worked: docker-7f3k");
    expect((await home.tokens()).map(({ id }) => id)).not.toContain("docker-7f3k");
  });
});

/** As an earlier toolkey could have written it. */
async function changeVault(change: (tokens: readonly Record<string, unknown>[]) => readonly Record<string, unknown>[]): Promise<void> {
  const data = join(home.toolkeyHome, "data");
  const identity = /^AGE-SECRET-KEY-.*$/m.exec(await readFile(join(data, "identity.txt"), "utf8"))?.[0] ?? "";
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  const vault = JSON.parse(await decrypter.decrypt(await readFile(join(data, "vault.age")), "text")) as { tokens: Record<string, unknown>[] };
  const encrypter = new Encrypter();
  encrypter.addRecipient(await identityToRecipient(identity));
  await writeFile(join(data, "vault.age"), await encrypter.encrypt(JSON.stringify({ ...vault, tokens: change(vault.tokens) })));
}
