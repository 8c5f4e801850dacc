import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { whenDaemonEnded } from "../../fixtures/processes/daemon-process.ts";
import { expectDone, makeHome, type TestHome } from "../../fixtures/homes/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../../fixtures/services/jfrog/jfrog-access.ts";

let jfrog: JfrogAccess;
let home: TestHome;
let secret = "";
let service = "";

beforeAll(async () => {
  jfrog = await startJfrogAccess();
  home = await makeHome();
  await home.init();
  secret = jfrog.makeUserToken().accessToken;
  service = `jfrog@localhost:${jfrog.port}`;
});

afterAll(async () => {
  await home?.dispose();
  await jfrog?.close();
});

describe("--cacert", () => {
  it("that is not given leaves a service with a certificate of its own untrusted, and nothing is stored", async () => {
    const ended = await home.toolkey(["login", service], { stdin: secret });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain("its certificate is not trusted");
    expect(JSON.parse((await home.toolkey(["list", "--json"])).stdout)).toEqual([]);
  });

  it("that names no file is a failure that says so", async () => {
    const ended = await home.toolkey(["login", service, "--cacert", "nowhere.pem"], { stdin: secret, cwd: home.directory });
    expect(ended).toMatchObject({ code: 1, stdout: "" });
    expect(ended.stderr).toContain(`cannot read the certificates in ${join(home.directory, "nowhere.pem")}: ENOENT`);
  });

  it("trusts its certificates for that command, and for no other", async () => {
    expectDone(await home.toolkey(["login", service, "--cacert", jfrog.caFile], { stdin: secret }));
    expect(expectDone(await home.toolkey(["check", "--cacert", jfrog.caFile])).stdout).toMatch(/: valid\b/);
    expect((await home.toolkey(["check"])).stdout).toContain("the certificate is not trusted");
  });

  it("is not believed inside of a sealed command", async () => {
    const ended = await home.toolkey(["run", "--", "sh", "-c", `true; toolkey check --cacert ${jfrog.caFile}`]);
    expect(ended.stdout).toContain("the certificate is not trusted");
  });
});

describe("cacert of a service that was accepted", () => {
  it("trusts the certificates that were in its file then; what comes into it later waits", async () => {
    const other = await startJfrogAccess();
    const file = join(home.directory, "company.pem");
    copyFileSync(other.caFile, file);
    mkdirSync(join(home.toolkeyHome, "config"), { recursive: true, mode: 0o700 });
    writeFileSync(join(home.toolkeyHome, "config", "config.toml"), `[service.acme]\nissuer = "jfrog"\nurl = "${jfrog.origin}"\ncacert = "${file}"\n`, { mode: 0o600 });
    expectDone(await home.toolkey(["config", "accept", "--yes"]));
    const { accessToken } = jfrog.makeUserToken();
    const login = () => home.toolkey(["login", "acme"], { stdin: accessToken });
    expect((await login()).stderr).toContain("its certificate is not trusted");
    copyFileSync(jfrog.caFile, file);
    expectDone(await home.toolkey(["stop"]));
    await whenDaemonEnded(home);
    const forged = await login();
    expect(forged).toMatchObject({ code: 1, stdout: "" });
    expect(forged.stderr).toMatch(/its certificate is not trusted[^]*certificates that are not trusted yet wait to be accepted/);
    expect(expectDone(await home.toolkey(["config", "accept", "--yes"])).stdout).toContain(`; ${file}"`);
    expectDone(await login());
    await other.close();
  });
});
