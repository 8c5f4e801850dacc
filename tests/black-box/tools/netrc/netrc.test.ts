/** Programs that log in by a netrc which is in no directory. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startTestServer, type Exchange, type TestServer } from "../../../fixtures/network/test-server.ts";

const SECRET = "S3CRET-of-the-tool-netrc";
const PART = "S3CRET-of-a-part";
const basic = (secret: string): string => `Basic ${Buffer.from(`bot:${secret}`).toString("base64")}`;

describe.skipIf(missing("curl"))("toolkey run --tool netrc", () => {
  let server: TestServer;
  let home: TestHome;
  const arrivals: string[] = [];

  beforeAll(async () => {
    server = await startTestServer({}, () => ({
      async handle({ method, path, headers }: Exchange) {
        arrivals.push(`${method} ${path} ${headers.authorization ?? "none"}`);
        if (headers.authorization === undefined) return { status: 401, headers: { "WWW-Authenticate": 'Basic realm="files"' }, body: "" };
        if (path === "/moved") return { status: 302, headers: { Location: `${server.origin}/a` }, body: "" };
        return { status: 200, headers: { "Content-Type": "text/plain" }, body: "hello\n" };
      },
      secrets: () => [SECRET, PART],
    }));
    home = await makeHome();
    await home.init(server.caFile);
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });
  beforeEach(() => void arrivals.splice(0));

  const run = (script: string, ...options: string[]) =>
    home.toolkey(["run", ...options, "--tool", "netrc", "--", "sh", "-c", script], { env: { NODE_EXTRA_CA_CERTS: server.caFile } });
  const place = (): string => server.origin.replace("://", "/");

  it.each([["--direct"], []])("says what is missing, and runs the command all the same: %s", async (...options) => {
    const ended = expectDone(await run('echo "netrc: $NETRC"', ...options));
    expect(ended).toMatchObject({ stdout: "netrc: \n", stderr: expect.stringContaining("toolkey: there is no token of the tool netrc\nhint: toolkey add URL --tool netrc --username NAME\n") });
  });

  it("gives curl its login directly, more than once, and the command no secret in a variable or a file with a name", async () => {
    expectDone(await home.toolkey(["add", server.origin, "--tool", "netrc", "--username", "bot"], { stdin: SECRET }));
    const curl = `curl -sf --cacert '${server.caFile}' --netrc-file "$NETRC" '${server.origin}/a'`;
    const ended = expectDone(await run(`${curl}; sh -c '${curl.replaceAll("'", '"')}'; echo "$NETRC"; env`, "--direct"));
    expect(ended.stdout).toMatch(/^hello\nhello\n\/(?:proc\/\d+|dev)\/fd\/\d+\n/);
    expect(ended.stdout).not.toContain(SECRET);
    expect(ended.stderr).toContain(`toolkey: every process of the command can read $NETRC, and sends what is there to any port and path of ${new URL(server.origin).hostname}\n`);
    expect(arrivals).toEqual(Array(2).fill(`GET /a ${basic(SECRET)}`));
  });

  describe("through the gateway", () => {
    beforeAll(async () => {
      await home.addToken("netrc", `${server.origin}/part`, PART, "bot");
    });

    it.skipIf(missing("wget", "aria2c")).each<[program: string, command: (url: string) => string]>([
      ["curl", (url) => `curl -sfL --netrc-file "$NETRC" "${url}"`],
      ["wget", (url) => `mkdir home && ln -s "$NETRC" home/.netrc && HOME=$PWD/home wget -qO- "${url}"`],
      ["aria2", (url) => `aria2c -q --netrc-path="$NETRC" -o got "${url}" && cat got`],
    ])("%s asks with a phantom, and each place gets its token", async (_program, command) => {
      const got = (path: string) => run(`cd "$(mktemp -d)" && ${command(`$TOOLKEY_HTTP/${place()}${path}`)} && cat "$NETRC"`);
      const [whole, part, moved] = [await got("/a"), await got("/part/b"), await got("/moved")];
      for (const ended of [whole, part, moved]) expect(expectDone(ended).stdout).toMatch(/^hello\nmachine 127\.0\.0\.1 login toolkey password tkphantom_\w+\n$/);
      expect(arrivals.filter((each) => !each.startsWith("HEAD "))).toEqual([`GET /a ${basic(SECRET)}`, `GET /part/b ${basic(PART)}`, `GET /moved ${basic(SECRET)}`, `GET /a ${basic(SECRET)}`]);
      expect(whole.stderr).toContain(`toolkey: $TOOLKEY_HTTP/${place()} is ${server.origin}, and so on, to read only; $NETRC has the login\n`);
    });

    it("leads to no other host, gives nothing to what asks the host itself, and changes nothing without --publish", async () => {
      const curl = (method: string, url: string) => `curl -s -o /dev/null -w '%{http_code}\n' -X ${method} --cacert '${server.caFile}' --netrc-file "$NETRC" "${url}"; `;
      const gateway = `$TOOLKEY_HTTP/${place()}`;
      const ended = expectDone(await run([
        curl("GET", `${server.origin}/a`),
        curl("GET", "$TOOLKEY_HTTP/https/evil.example/a"),
        curl("PUT", `${gateway}/a`),
        curl("GET", `${gateway}/api/v2/tokens`),
        "curl -s -o /dev/null -w '%{http_code}\n' \"$TOOLKEY_HTTP/\"",
      ].join("")));
      expect(ended.stdout.trim().split("\n")).toEqual(["401", "403", "403", "403", "401"]);
      expect(arrivals).toEqual(["GET /a none"]);
      expect(expectDone(await run(curl("PUT", `${gateway}/a`), "--publish")).stdout).toBe("200\n");
      expect(arrivals).toEqual(["GET /a none", `PUT /a ${basic(SECRET)}`]);
    });

    it("a session has it, too", async () => {
      const ended = await home.toolkey(["run", "--", "sh", "-c", `toolkey run --tool netrc -- sh -c 'curl -sf --netrc-file "$NETRC" "$TOOLKEY_HTTP/${place()}/a"'`], { env: { NODE_EXTRA_CA_CERTS: server.caFile } });
      expect(expectDone(ended).stdout).toBe("hello\n");
    });
  });
});
