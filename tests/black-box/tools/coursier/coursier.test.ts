/** coursier's logins in a file without a name, read as coursier reads it (its `FileCredentials`), by plain Java: there is no coursier in Debian. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, makeHome, type Ended, type TestHome } from "../../../fixtures/homes/home.ts";
import { missing } from "../../../fixtures/programs/programs.ts";

const SECRET = "S3CRET ü\\ of:the=tool";
const READER = `
import java.nio.file.*;
public class Reader {
  public static void main(String[] arguments) throws Exception {
    Path file = Paths.get(System.getenv("COURSIER_CREDENTIALS"));
    if (!Files.isRegularFile(file)) throw new Exception("no regular file");
    java.util.Properties all = new java.util.Properties();
    all.load(new java.io.StringReader(new String(Files.readAllBytes(file), java.nio.charset.Charset.defaultCharset())));
    System.out.write(new java.util.TreeMap<>(all).toString().getBytes("UTF-8"));
    System.out.flush();
  }
}
`;

describe("coursier", () => {
  let home: TestHome;
  const run = (...argv: readonly string[]): Promise<Ended> => home.toolkey(["run", ...argv], { cwd: home.directory });
  const config = (): string => join(home.directory, ".config/coursier/credentials.properties");
  const write = (path: string, text: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  };

  beforeAll(async () => {
    home = await makeHome();
    await home.init();
    await home.addToken("coursier", "https://maven.acme.example/private", SECRET, "bob");
    write(join(home.directory, "Reader.java"), READER);
    for (const program of ["cs", "sbt"]) writeFileSync(join(home.directory, program), `#!/bin/sh\nenv\nexec java ${home.directory}/Reader.java\n`, { mode: 0o755 });
  });
  afterAll(() => home.dispose());

  it.skipIf(missing("java"))("gets what Java reads as it is in the vault, with the person's own, and no secret in a variable", async () => {
    write(config(), "mine.host=other.example\nmine.username=amy\nmine.password=own\n");
    for (const program of ["cs", "sbt"]) {
      const { stdout, stderr } = expectDone(await run("--", join(home.directory, program), "update"));
      expect(stdout).toContain(`{mine.host=other.example, mine.password=own, mine.username=amy, toolkey0.auto=true, toolkey0.host=maven.acme.example, toolkey0.https-only=true, toolkey0.pass-on-redirect=false, toolkey0.password=${SECRET}, toolkey0.username=bob}`);
      expect(stdout).toMatch(/^COURSIER_CREDENTIALS=\/(proc\/\d+|dev)\/fd\/\d+$/m);
      expect(stdout.replace(/\{.*\}/, "")).not.toContain("S3CRET");
      expect(stderr).toContain("toolkey: coursier has no way to the gateway: the build and all that it starts can read $COURSIER_CREDENTIALS, which are for any port and path of maven.acme.example\n");
    }
  });

  it("gets nothing inside of a session, nor where a project says whom Java trusts", async () => {
    const inside = await run("--", "sh", "-c", `${home.directory}/sbt; ${home.directory}/cs`);
    expect(inside.stdout + inside.stderr).not.toContain("S3CRET");
    write(join(home.directory, ".jvmopts"), "-Djavax.net.ssl.trustStore=mine\n");
    const distrusted = await run("--", join(home.directory, "sbt"), "update");
    expect(distrusted.stderr).toContain(`toolkey: coursier gets no token here, since the project decides whom to trust: javax.net.ssl.trustStore in ${home.directory}/.jvmopts\n`);
    expect(distrusted.stdout).not.toContain("COURSIER_CREDENTIALS");
    writeFileSync(join(home.directory, ".jvmopts"), "");
  });

  it("is seen by doctor, set up in the shell, and taken back", async () => {
    const found = async (): Promise<string[]> => (JSON.parse((await home.toolkey(["doctor", "--json"], { cwd: home.directory })).stdout) as { what: string }[]).map(({ what }) => what).filter((what) => /\bsbt\b/.test(what));
    expect(await found()).toEqual(["plain sbt does not ask toolkey; toolkey run -- sbt does", expect.stringMatching(/^sbt in .* gets coursier-\w+ for https:\/\/maven\.acme\.example\/private$/)]);
    const setup = async (...options: readonly string[]): Promise<Ended> => expectDone(await home.toolkey(["setup", "coursier", ...options], { env: { SHELL: "/bin/bash" } }));
    await setup();
    expect((await found())[0]).toBe("sbt in your shell runs with its tokens");
    await setup("--undo");
    expect(existsSync(join(home.directory, ".bashrc"))).toBe(false);
  });

  it("has the logins of its files taken, and written back", async () => {
    const text = "# mine\r\na.host=a.example\r\na.username=amy\r\na.password=PASS-1\r\nb.host=b.example";
    write(config(), text);
    const ivy = join(home.directory, ".sbt/.credentials");
    write(ivy, "realm=R\nhost=c.example\nuser=eve\npassword=PASS-2");
    write(join(home.directory, ".sbt/1.0/credentials.sbt"), 'credentials += Credentials("R", "d.example", "eve", "PASS-3")\n');
    const ended = await home.toolkey(["import", "--yes"]);
    expect(ended.stdout + ended.stderr).not.toMatch(/PASS-\d/);
    expect(ended.stdout + ended.stderr).toContain("d.example");
    expect(readFileSync(config(), "utf8")).toBe("# mine\r\nb.host=b.example");
    expect(readFileSync(ivy, "utf8")).toBe("realm=R\nhost=c.example\n");
    expect((await home.tokens()).map(({ target, username }) => `${target} ${username}`).toSorted()).toEqual(["https://a.example amy", "https://c.example eve", "https://maven.acme.example/private bob"]);
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(config(), "utf8")).toBe(text);
    expect(readFileSync(ivy, "utf8")).toBe("realm=R\nhost=c.example\nuser=eve\npassword=PASS-2");
  });
});
