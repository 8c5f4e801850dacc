/** Passwords that Maven itself has encrypted. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { decryptMaster, decryptPassword } from "../../../src/cli/tools/maven/plexus-cipher.ts";
import { matrix } from "../../fixtures/form.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { SHORT_LIVED } from "../../fixtures/tools/jvm.ts";
import { missing } from "../../fixtures/programs/programs.ts";

describe.skipIf(missing("mvn"))("a settings.xml with encrypted passwords", () => {
  let home: TestHome;

  beforeEach(async () => {
    home = await makeHome();
    await home.init();
    mkdirSync(at(".m2"));
  });

  afterEach(() => home.dispose());

  const at = (path: string): string => join(home.directory, path);

  /** What `mvn --encrypt-…` says, which reads the master password where it is told. */
  function mvn(...argv: string[]): string {
    const said = execFileSync("mvn", ["-B", ...argv], { encoding: "utf8", env: { ...home.environment, MAVEN_OPTS: [`-Duser.home=${home.directory}`, ...SHORT_LIVED].join(" ") } });
    const encrypted = /\{[^}\s]+\}/.exec(said)?.[0];
    if (encrypted === undefined) throw new Error(`mvn said: ${said}`);
    return encrypted;
  }

  function writeSettings(...servers: readonly (readonly [id: string, password: string])[]): string {
    const lines = servers.map(([id, password]) => `    <server>\n      <id>${id}</id>\n      <username>alice</username>\n      <password>${password}</password>\n    </server>\n`);
    const text = `<settings>\n  <servers>\n${lines.join("")}  </servers>\n</settings>\n`;
    writeFileSync(at(".m2/settings.xml"), text);
    return text;
  }

  async function secretOf(tool: string): Promise<string[]> {
    const held = execFileSync("age", ["-d", "-i", at("t/data/identity.txt"), at("t/data/vault.age")], { encoding: "utf8" });
    return (JSON.parse(held) as { tokens: { tool: string; secret: string }[] }).tokens.filter((token) => token.tool === tool).map(({ secret }) => secret);
  }

  /** What Maven made of it; the same for each password, since a JVM takes its time. */
  let master: string | undefined;

  it.each(matrix(["pässwörd {with} braces & <tags>"], ["short", "x".repeat(200), "sixteen bytes ab"]))("is taken in clear: %j", async (password) => {
    master ??= mvn("--encrypt-master-password", "the master password");
    writeFileSync(at(".m2/elsewhere.xml"), `<settingsSecurity>\n  <master>${master}</master>\n</settingsSecurity>\n`);
    writeFileSync(at(".m2/settings-security.xml"), `<settingsSecurity><relocation>${at(".m2/elsewhere.xml")}</relocation></settingsSecurity>`);
    const encrypted = mvn("--encrypt-password", password);
    const before = writeSettings(["nuxeo-studio", `expires in May ${encrypted}`]);
    const checked = await home.toolkey(["import", "--check"], { cwd: home.directory });
    expect(checked).toMatchObject({ code: 1, stdout: ".m2/settings.xml:6: a secret of maven for nuxeo-studio\n" });
    expectDone(await home.toolkey(["import", "--yes"]));
    expect(await secretOf("maven")).toEqual([password]);
    expect(readFileSync(at(".m2/settings.xml"), "utf8")).toBe("<settings>\n  <servers>\n  </servers>\n</settings>\n");
    expectDone(await home.toolkey(["import", "--undo"]));
    expect(readFileSync(at(".m2/settings.xml"), "utf8")).toBe(before);
  });

  it("stays as it is where the master password is not here, and is no secret in plain text", async () => {
    const text = writeSettings(["nuxeo-studio", "{COQLCE6DU6GtcS5P=}"], ["other", "{[name=masterSourceLookup,version=4.1]gpg-agent:/s}"]);
    expect(await home.toolkey(["import", "--check"])).toMatchObject({ code: 0, stdout: "" });
    const { stdout } = expectDone(await home.toolkey(["import", "--yes"]));
    expect(stdout).toMatch(/nuxeo-studio +alice? *stays: its master/);
    expect(readFileSync(at(".m2/settings.xml"), "utf8")).toBe(text);
  });

  it("is left alone while settings-security.xml can't be read", async () => {
    writeFileSync(at(".m2/settings-security.xml"), "<settingsSecurity>\n<master></settingsSecurity>");
    writeSettings(["nuxeo-studio", "{COQLCE6DU6GtcS5P=}"]);
    const refused = await home.toolkey(["import", "--yes"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("settings-security.xml, line 2, column 27: it is not well-formed XML");
  });
});

describe("plexus-cipher", () => {
  it("takes nothing for a password that is none", () => {
    const master = new Secret("m");
    for (const text of ["", "AAAA", "COQLCE6DU6GtcS5P=", "[type=x]AAAA"]) expect(decryptPassword(text, master)).toBeUndefined();
    expect(decryptMaster("COQLCE6DU6GtcS5P=")).toBeUndefined();
  });
});
