/** Programs that log in by a netrc which is in no directory. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../../fixtures/home.ts";
import { missing } from "../../fixtures/programs.ts";
import { startTestServer, type Exchange, type TestServer } from "../../fixtures/test-server.ts";

const SECRET = "S3CRET-of-the-tool-netrc";

describe.skipIf(missing("curl"))("toolkey run --tool netrc", () => {
  let server: TestServer;
  let home: TestHome;
  const arrivals: (string | undefined)[] = [];

  beforeAll(async () => {
    server = await startTestServer({}, () => ({
      async handle({ headers }: Exchange) {
        arrivals.push(headers.authorization);
        return { status: headers.authorization === undefined ? 401 : 200, headers: { "Content-Type": "text/plain" }, body: "hello\n" };
      },
      secrets: () => [SECRET],
    }));
    home = await makeHome();
    await home.init();
  });
  afterAll(async () => {
    await home?.dispose();
    await server?.close();
  });

  const run = (script: string) => home.toolkey(["run", "--tool", "netrc", "--", "sh", "-c", script]);

  it("says what is missing, and runs the command all the same", async () => {
    const ended = expectDone(await run('echo "netrc: $NETRC"'));
    expect(ended).toMatchObject({ stdout: "netrc: \n", stderr: expect.stringContaining("toolkey: there is no token of the tool netrc\nhint: toolkey add URL --tool netrc --username NAME\n") });
  });

  it("gives curl its login, more than once, and the command no secret in a variable or a file with a name", async () => {
    expectDone(await home.toolkey(["add", server.origin, "--tool", "netrc", "--username", "bot"], { stdin: SECRET }));
    const curl = `curl -sf --cacert '${server.caFile}' --netrc-file "$NETRC" '${server.origin}/a'`;
    const ended = expectDone(await run(`${curl}; sh -c '${curl.replaceAll("'", '"')}'; echo "$NETRC"; env`));
    expect(ended.stdout).toMatch(/^hello\nhello\n\/(?:proc\/\d+|dev)\/fd\/\d+\n/);
    expect(ended.stdout).not.toContain(SECRET);
    expect(ended.stderr).toContain(`toolkey: every process of the command can read $NETRC, and sends what is there to any port and path of ${new URL(server.origin).hostname}\n`);
    expect(arrivals).toEqual(Array(2).fill(`Basic ${Buffer.from(`bot:${SECRET}`).toString("base64")}`));
  });
});
