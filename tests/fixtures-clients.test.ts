/** The clients of npm registries that the tests run, and the registry that they install from. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { makeClientProject } from "./fixtures/client-project.ts";
import { CLIENTS, client, clientsMissing, NEWEST, type ClientChoice } from "./fixtures/clients.ts";
import { longDescribe, matrix } from "./fixtures/form.ts";
import { makeHome, runToEnd, type TestHome } from "./fixtures/home.ts";
import { makeTls, type TestTls } from "./fixtures/tls.ts";
import { startVerdaccio, verdaccioMissing, type Verdaccio } from "./fixtures/verdaccio.ts";

const HOME = "/nonexistent";

longDescribe.each(CLIENTS)("%s %i", (name, major) => {
  test.skipIf(clientsMissing([name, major]))("starts, also by its name, and is the version that was asked for", async () => {
    const { argv: [program, ...argv], environment, version } = client(name, major);
    const started = await Promise.all([
      runToEnd(program, [...argv, "--version"], { HOME, ...environment }),
      runToEnd("sh", ["-c", `${name} --version`], { HOME, ...environment }),
    ]);
    const good = { code: 0, signal: null, stdout: `${version}\n`, stderr: "" };
    expect(started).toEqual([good, good]);
  });
});

describe.skipIf(verdaccioMissing())("with a token in a file of the home", () => {
  let tls: TestTls;
  let verdaccio: Verdaccio;
  let bob: string;
  let home: TestHome;
  beforeAll(async () => {
    tls = await makeTls();
    verdaccio = await startVerdaccio({ tls, owners: { "@acme/*": "alice" } });
    bob = await verdaccio.createUser("bob", "bob's password");
    const { loginToken: alice } = verdaccio;
    expect(await verdaccio.publish(alice, "@acme/thing", "1.2.3", { dependencies: { plain: "^2.0.0" } })).toBe(201);
    expect(await verdaccio.publish(bob, "plain", "2.0.0")).toBe(201);
    expect(await verdaccio.publish(bob, "@acme/other", "1.0.0")).toBe(403);
  });
  afterAll(async () => {
    await verdaccio.close();
    await tls.remove();
  });
  beforeEach(async () => void (home = await makeHome()));
  afterEach(() => home.dispose());

  describe.each(matrix<ClientChoice>([NEWEST[0]], NEWEST.slice(1)))("%s %i", (name, major) => {
    const install = async (token: string) => {
      const project = await makeClientProject(home, client(name, major), {
        dependencies: { "@acme/thing": "^1.0.0", plain: "^2.0.0" },
        registries: [{ url: verdaccio.origin, token }],
        caFile: verdaccio.caFile,
      });
      return { project, ended: await project.run(["install"]) };
    };

    test.skipIf(clientsMissing([name, major]))("installs over TLS what its user may read, and no more", async () => {
      const good = await install(verdaccio.loginToken);
      expect(good.ended).toMatchObject({ code: 0 });
      expect([await good.project.installed("@acme/thing"), await good.project.installed("plain")]).toEqual(["1.2.3", "2.0.0"]);
    });

    test.skipIf(clientsMissing([name, major]))("does not install what its user may not read", async () => {
      const bad = await install(bob);
      expect(bad.ended.code).not.toBe(0);
      expect(await bad.project.installed("@acme/thing")).toBeUndefined();
    });
  });
});
