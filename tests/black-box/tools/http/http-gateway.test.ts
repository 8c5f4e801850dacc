/** Scripts that reach services through the gateway, with the programs that scripts use. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { TokenView } from "../../../../src/core/tokens/token.ts";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startTestServer, type Exchange, type TestServer } from "../../../fixtures/network/test-server.ts";

const SECRET = "S3CRET-of-the-tool-http";
const BASIC = `Basic ${Buffer.from(`bot:${SECRET}`).toString("base64")}`;

describe.skipIf(missing("curl"))("toolkey run --tool http", () => {
  let server: TestServer;
  let home: TestHome;
  /** Paths at which nothing is accepted. */
  const refused = new Set<string>();
  /** All that came, with its credentials. */
  let arrivals: { request: string; authorization: string | undefined; body: string }[];
  const run = (script: string, ...options: string[]): Promise<Ended> =>
    home.toolkey(["run", "--tool", "http", ...options, "--", "sh", "-c", script]);

  beforeAll(async () => {
    arrivals = [];
    server = await startTestServer({}, () => ({
      async handle({ method, incoming, headers, body }: Exchange) {
        arrivals.push({ request: `${method} ${incoming.url ?? ""}`, authorization: headers.authorization, body: (await body()).toString() });
        if (refused.has(incoming.url ?? "")) return { status: 401, headers: {}, body: "" };
        if (incoming.url?.startsWith("/base/forbidden") === true) return { status: 403, headers: {}, body: "" };
        return { status: 200, headers: { "Content-Type": "text/plain" }, body: `answer to ${incoming.url ?? ""}\n` };
      },
      secrets: () => [SECRET],
    }));
    home = await makeHome();
    await home.init();
    await mkdir(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
    await writeFile(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "none"\nurl = "${server.origin}"\ncacert = "${server.caFile}"\nhttp = { url = "${server.origin}/base" }\n`);
    await home.acceptConfig();
    await home.addToken("http", "acme", SECRET, "bot");
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  it("a script asks by the name of a service, and by a URL, with no token of its own", async () => {
    const ended = expectDone(await run(`curl -sf --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/base/list?x=1"; curl -sf --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/${server.origin.replace("://", "/")}/base/other"; env`));
    expect(ended.stdout).toContain("answer to /base/list?x=1\nanswer to /base/other\n");
    expect(ended.stdout).not.toContain(SECRET);
    expect(ended.stderr).toBe("toolkey: $TOOLKEY_HTTP/SERVICE/… leads to a service with its token of the tool http, to read only; curl logs in by --netrc-file \"$TOOLKEY_NETRC\"\n");
    // Nor in a URL, which would be on curl's command line.
    expect(/^TOOLKEY_HTTP=(.*)$/m.exec(ended.stdout)?.[1]).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(ended.stdout).not.toContain("tkphantom_");
    expect(arrivals.splice(0)).toEqual([
      { request: "GET /base/list?x=1", authorization: BASIC, body: "" },
      { request: "GET /base/other", authorization: BASIC, body: "" },
    ]);
  });

  it("changes nothing, unless it was told --publish", async () => {
    const post = 'curl -s --netrc-file "$TOOLKEY_NETRC" -d x=1 "$TOOLKEY_HTTP/acme/base/new"';
    expect(JSON.parse(expectDone(await run(post)).stdout)).toMatchObject({ status: 403, error: "toolkey: this phantom does not permit POST - toolkey run --publish" });
    expect(arrivals.splice(0)).toEqual([]);
    expect(expectDone(await run(post, "--publish")).stdout).toBe("answer to /base/new\n");
    expect(arrivals.splice(0)).toEqual([{ request: "POST /base/new", authorization: BASIC, body: "x=1" }]);
  });

  it("a service's refusal counts as it does for git: held back where it has not worked, suspended where it has", async () => {
    const tokens = (): Promise<readonly TokenView[]> => home.tokens();
    const id = (await tokens())[0]?.id ?? "";
    const which = `${new URL(server.origin).hostname} refused the http token ${id}`;
    const asked = async (path: string): Promise<string> => (await run(`curl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP/acme/base/${path}"`)).stdout;
    expect(await asked("list")).toBe("answer to /base/list\n");
    expect(await asked("forbidden")).toBe("");
    refused.add("/base/theirs");
    expect(await asked("theirs")).toContain(`${which}, which has worked elsewhere, for ${server.origin}/base/theirs; it is held back there for a day`);
    expect(await asked("theirs")).toContain(`the http token ${id} for ${server.origin}/base was refused at ${server.origin}/base/theirs, and is held back there`);
    expect(await asked("list")).toBe("answer to /base/list\n");
    expect((await tokens()).map(({ state }) => state)).toEqual(["active"]);
    refused.add("/base/list");
    expect(await asked("list")).toContain(`${which}; it is suspended now - a new secret for it: toolkey replace ${id}`);
    refused.clear();
    expect((await tokens()).map(({ state }) => state)).toEqual(["suspended"]);
    expect(await asked("list")).toContain(`the http token ${id} for ${server.origin}/base is suspended`);
    await home.ask("restore", { id });
    expect(await asked("theirs")).toBe("answer to /base/theirs\n");
    arrivals.length = 0;
  });

  it("is told what is missing", async () => {
    const asked = async (path: string) => (JSON.parse(expectDone(await run(`curl -s --netrc-file "$TOOLKEY_NETRC" "$TOOLKEY_HTTP${path}"`)).stdout) as { error: string }).error;
    expect(await asked("/unknown/x")).toBe("toolkey: no service has this name - toolkey services, or /https/HOST/PATH for any other host");
    expect(await asked("/https/other.example/x")).toMatch(/^toolkey: there is no http token for https:\/\/other\.example\/x - toolkey add /);
    expect(await asked("/acme/base/-/npm/v1/tokens")).toBe("toolkey: blocked: this endpoint manages tokens or users");
    expect(arrivals).toEqual([]);
  });

  it("is told how to log in where it did not", async () => {
    expect(JSON.parse(expectDone(await run('curl -s "$TOOLKEY_HTTP/acme/base/list"')).stdout)).toMatchObject({ status: 401, error: expect.stringContaining('curl --netrc-file "$TOOLKEY_NETRC"') });
  });

  it("nobody else has any use for it, and neither has anybody afterwards", async () => {
    const [address = "", login = ""] = expectDone(await run('echo "$TOOLKEY_HTTP"; cat "$TOOLKEY_NETRC"')).stdout.split("\n");
    const [, phantom = ""] = /^machine 127\.0\.0\.1 login toolkey password (tkphantom_[\w-]{43})$/.exec(login) ?? [];
    expect(phantom).not.toBe("");
    const ended = expectDone(await home.run("curl", ["-s", "-o", "-", "-w", " %{http_code}", "-u", `toolkey:${phantom}`, `${address}/acme/base/list`]));
    expect(ended.stdout).toMatch(/ 40[13]$/);
    expect(arrivals).toEqual([]);
  });
});
