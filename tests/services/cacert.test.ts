import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectDone, makeHome, type TestHome } from "../fixtures/home.ts";
import { startJfrogAccess, type JfrogAccess } from "../fixtures/jfrog-access.ts";

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
    expect(expectDone(await home.toolkey(["check", "--cacert", jfrog.caFile])).stdout).toContain("valid");
    expect((await home.toolkey(["check"])).stdout).toContain("the certificate is not trusted");
  });
});
