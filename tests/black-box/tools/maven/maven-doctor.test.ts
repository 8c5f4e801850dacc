/** `toolkey setup maven` on files as people have them, and what `toolkey doctor` says of Maven. */
import { chmodSync, existsSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectDone, makeHome, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { writeParentedProject, writeSettings } from "../../../fixtures/tools/maven-project.ts";
import { mavenMissing } from "../../../fixtures/tools/maven.ts";

const LIBS = "https://maven.acme.example/libs";

let home: TestHome;
let rc: string;

beforeEach(async () => {
  home = await makeHome();
  rc = join(home.directory, ".mavenrc");
});
afterEach(() => home.dispose());

describe("toolkey setup maven", () => {
  it("writes one block, shows it first, does it once, and takes it back to the byte", async () => {
    const own = "\u{feff}MAVEN_OPTS=-Xmx1g\r\n  # mine";
    writeFileSync(rc, own, { mode: 0o640 });
    const shown = expectDone(await home.toolkey(["setup", "maven", "--dry-run"]));
    expect(shown.stdout).toContain(`would change ${rc}:`);
    expect(readFileSync(rc, "utf8")).toBe(own);
    expectDone(await home.toolkey(["setup", "maven"]));
    const text = readFileSync(rc, "utf8");
    expect(text.startsWith(`${own}\n# toolkey: begin`)).toBe(true);
    expect(expectDone(await home.toolkey(["setup", "maven"])).stdout).toContain("already");
    expect(readFileSync(rc, "utf8")).toBe(text);
    expect(lstatSync(rc).mode & 0o777).toBe(0o640);
    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    expect(readFileSync(rc, "utf8")).toBe(own);
    expect(expectDone(await home.toolkey(["setup", "maven", "--undo"])).stdout).toContain("nothing of toolkey");
  });

  it("keeps what was changed since, and removes a file that it made", async () => {
    expectDone(await home.toolkey(["setup", "maven"]));
    writeFileSync(rc, `A=1\n${readFileSync(rc, "utf8")}B=2\n`);
    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    expect(readFileSync(rc, "utf8")).toBe("A=1\nB=2\n");
    writeFileSync(rc, "");
    expectDone(await home.toolkey(["setup", "maven"]));
    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    expect(readFileSync(rc, "utf8")).toBe("");
  });

  it("follows a symbolic link, and refuses a file that is read-only", async () => {
    const real = join(home.directory, "dotfiles");
    writeFileSync(real, "A=1\n");
    symlinkSync(real, rc);
    expectDone(await home.toolkey(["setup", "maven"]));
    expect(lstatSync(rc).isSymbolicLink()).toBe(true);
    expect(readFileSync(real, "utf8")).toContain("toolkey_mavenrc=");
    expectDone(await home.toolkey(["setup", "maven", "--undo"]));
    chmodSync(real, 0o444);
    const refused = await home.toolkey(["setup", "maven"]);
    expect(refused).toMatchObject({ code: 3, stdout: "" });
    expect(refused.stderr).toContain("is read-only");
    expect(readFileSync(real, "utf8")).toBe("A=1\n");
    expect(existsSync(`${rc}.toolkey-backup`)).toBe(false);
  });

  it("says that MAVEN_SKIP_RC switches it off", async () => {
    const done = expectDone(await home.toolkey(["setup", "maven"], { env: { MAVEN_SKIP_RC: "true" } }));
    expect(done.stderr).toContain("MAVEN_SKIP_RC is set");
  });
});

describe.skipIf(mavenMissing("3.8"))("toolkey doctor", () => {
  async function findings(options?: RunOptions): Promise<string[]> {
    const found = JSON.parse((await home.toolkey(["doctor", "--json"], options)).stdout) as { verdict: string; what: string }[];
    return found.filter(({ what }) => /mvn|maven|\.m2|token for/i.test(what)).map(({ verdict, what }) => `${verdict}: ${what.replaceAll(home.directory, "~")}`);
  }

  beforeEach(async () => {
    await home.init();
    mkdirSync(join(home.toolkeyHome, "config"));
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "none"\nurl = "https://maven.acme.example"\nmaven = { server = "acme", url = "${LIBS}" }\n`);
    await home.acceptConfig();
  });

  it("is silent on Maven where it is not used", async () => {
    expect(await findings()).toEqual([]);
  });

  it("says what would get which token here, and what is in the way", async () => {
    const id = await home.addToken("maven", "acme", "S3CRET", "alice");
    const project = join(home.directory, "project");
    await writeParentedProject(project, [{ id: "acme", url: LIBS }]);
    expect(await findings({ cwd: project })).toContain("doubtful: plain mvn does not ask toolkey; toolkey run -- mvn does");
    expectDone(await home.toolkey(["setup", "maven"]));
    expect(await findings({ cwd: project })).toEqual([
      expect.stringMatching(/^good: Apache Maven 3\./),
      "good: mvn asks toolkey, by ~/.mavenrc",
      `good: mvn in ~/project gets ${id} for ${LIBS}`,
    ]);
    await writeSettings(home.directory, {
      servers: [{ id: "acme", username: "a", password: "0LD" }, { id: "x", username: "a", password: "${env.X}" }],
      mirrors: [{ id: "corp", url: "https://corp.example/all", mirrorOf: "acme" }],
    });
    const rcText = readFileSync(rc, "utf8");
    writeFileSync(rc, `return\n${rcText}`);
    const found = await findings({ cwd: project, env: { MAVEN_SKIP_RC: "1" } });
    expect(found.join("\n")).not.toMatch(/0LD|S3CRET/);
    for (const what of [
      "doubtful: MAVEN_SKIP_RC is set: Maven does not read ~/.mavenrc",
      "doubtful: ~/.m2/settings.xml has the server acme, which is that of acme",
      "doubtful: ~/.m2/settings.xml sends acme elsewhere, by the mirror corp, which is stronger than toolkey's",
    ]) expect(found).toContain(what);
    expect(found.filter((what) => what.includes("server x"))).toEqual([]);
    writeFileSync(rc, rcText.replace(/toolkey_mavenrc='[^']*'/, "toolkey_mavenrc='/gone/mavenrc'"));
    expect(await findings()).toContain("bad: ~/.mavenrc names /gone/mavenrc, which is not there");
  });
});
