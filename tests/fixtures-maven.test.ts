/** Maven and the repository server that the tests run. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { ask, basic, bearer, type AskOptions } from "./fixtures/ask.ts";
import { longDescribe } from "./fixtures/form.ts";
import { makeHome, type TestHome } from "./fixtures/home.ts";
import { startMavenRepository, type MavenRepository } from "./fixtures/maven-repository.ts";
import { putParent, writeParentedProject, writeSettings } from "./fixtures/maven-project.ts";
import { maven, mavenMissing, MAVENS, NEWEST, trusting, type MavenVersion } from "./fixtures/maven.ts";
import { startRecordingServer, type RecordingServer } from "./fixtures/recording-server.ts";
import { makeTls, type TestTls } from "./fixtures/tls.ts";

const REPOSITORIES = [
  { path: "/libs", user: "alice", token: "LIBS-TOKEN" },
  { path: "/libs", name: "reader", user: "alice", token: "READER-TOKEN", readOnly: true },
  { path: "/other", token: "OTHER-TOKEN", presents: "bearer" },
  { path: "/central" },
] as const;

let tls: TestTls;
let secure: MavenRepository;
let plain: MavenRepository;
let evil: RecordingServer;
let home: TestHome;

beforeAll(async () => {
  tls = await makeTls();
  [secure, plain, evil] = await Promise.all([
    startMavenRepository({ tls, repositories: REPOSITORIES }),
    startMavenRepository({ tls, plain: true, repositories: REPOSITORIES }),
    startRecordingServer({ tls }),
  ]);
});
afterAll(async () => {
  await Promise.all([secure.close(), plain.close(), evil.close()]);
  await tls.remove();
});
beforeEach(async () => void (home = await makeHome()));
afterEach(() => home.dispose());

describe("the repository server", () => {
  const asked = async (method: string, path: string, options?: AskOptions) => (await ask(plain, method, path, options)).status;

  test("has as many doors as repositories, and says who came", async () => {
    const before = plain.requests.length;
    putParent(plain, "/libs");
    const pom = "/com/acme/parent/1/parent-1.pom";
    expect(await asked("GET", `/libs${pom}`)).toBe(401);
    expect(await asked("GET", `/libs${pom}`, basic("alice", "LIBS-TOKEN"))).toBe(200);
    expect(await asked("GET", `/libs${pom}`, basic("bob", "LIBS-TOKEN"))).toBe(401);
    expect(await asked("GET", `/libs${pom}`, bearer("LIBS-TOKEN"))).toBe(401);
    expect(await asked("GET", `/libs${pom}`, bearer("OTHER-TOKEN"))).toBe(403);
    expect(await asked("GET", `/other${pom}`, bearer("OTHER-TOKEN"))).toBe(404);
    expect(await asked("GET", `/central${pom}`, basic("alice", "LIBS-TOKEN"))).toBe(404);
    expect(await asked("GET", `/libs/../../etc/passwd`, basic("alice", "LIBS-TOKEN"))).toBe(404);
    const came = plain.requests.slice(before);
    expect(came.map(({ authorization }) => authorization)).toEqual(["none", "libs", "unknown", "unknown", "other", "other", "libs", "libs"]);
    expect(came[1]).toEqual({ method: "GET", path: `/libs${pom}`, host: `localhost:${plain.port}`, authorization: "libs", status: 200 });
  });

  test("takes and gives back what who may puts there, with its checksums", async () => {
    expect(await asked("PUT", "/libs/a/file.txt", { ...basic("alice", "READER-TOKEN"), body: "x" })).toBe(403);
    expect(await asked("PUT", "/central/a/file.txt", { body: "x" })).toBe(403);
    expect(await asked("PUT", "/libs/a/file.txt", { ...basic("alice", "LIBS-TOKEN"), body: "x" })).toBe(201);
    expect(plain.files.get("/libs/a/file.txt")?.toString()).toBe("x");
    expect(await ask(plain, "GET", "/libs/a/file.txt", basic("alice", "READER-TOKEN"))).toMatchObject({ status: 200, body: "x" });
    expect((await ask(plain, "GET", "/libs/a/file.txt.sha1", basic("alice", "READER-TOKEN"))).body).toBe("11f6ad8ec52a2984abaafd7c3b516503785c2072");
  });

  test("refuses a token that it took, and takes it again", async () => {
    const path = "/libs/a/none.txt";
    plain.refuse("libs");
    const refused = await ask(plain, "GET", path, basic("alice", "LIBS-TOKEN"));
    expect([refused.status, refused.headers["www-authenticate"]]).toEqual([401, 'Basic realm="maven"']);
    expect(await asked("GET", path, basic("alice", "READER-TOKEN"))).toBe(404);
    plain.refuse("libs", 429);
    expect(await asked("GET", path, basic("alice", "LIBS-TOKEN"))).toBe(429);
    plain.accept("libs");
    expect(await asked("GET", path, basic("alice", "LIBS-TOKEN"))).toBe(404);
  });
});

test("the recording server finds a secret in whatever form it came", async () => {
  const came = () => evil.arrivalsWith("S&CRET").map(({ url }) => url);
  expect((await ask(evil, "GET", "/1", basic("alice", "S&CRET"))).status).toBe(401);
  await ask(evil, "GET", "/2", bearer("S&CRET"));
  await ask(evil, "PUT", "/3", { body: "a S&CRET b" });
  await ask(evil, "GET", "/4?S%26CRET");
  await ask(evil, "GET", "/5");
  expect(came()).toEqual(["/1", "/2", "/3", "/4?S%26CRET"]);
});

// What the tests of tools/ show, too.
longDescribe.each(MAVENS)("Maven %s", (version) => {
  const { argv: [mvn], environment } = maven(version);

  test.skipIf(mavenMissing(version))("starts, and is the version that was asked for", async () => {
    const ended = await home.run(mvn, ["-v", "-B"], { env: environment(home.directory) });
    expect(ended.stdout).toContain(`Apache Maven ${version}.`);
  });

  test.skipIf(mavenMissing(version))("gets a parent over HTTPS, with Basic, in a home of its own", async () => {
    putParent(secure, "/libs");
    const ended = await validate(version, [{ id: "acme", url: secure.url("/libs") }], { id: "acme", username: "alice", password: "LIBS-TOKEN" });
    expect(ended).toMatchObject({ code: 0 });
    expect(secure.requests.filter(({ status }) => status === 200).map(({ authorization }) => authorization)).toContain("libs");
    expect(existsSync(join(home.directory, ".m2", "repository", "com", "acme", "parent", "1", "parent-1.pom"))).toBe(true);
  });

  // What both do, tests/tools/maven.test.ts shows.
  if (version !== NEWEST) return;

  test.skipIf(mavenMissing(version))("gets a parent over HTTP, with Bearer", async () => {
    putParent(plain, "/other");
    const ended = await validate(version, [{ id: "acme", url: plain.url("/other") }], { id: "acme", bearer: "OTHER-TOKEN" });
    expect(ended).toMatchObject({ code: 0 });
  });

  test.skipIf(mavenMissing(version))("gives its token to no other host that it is sent to", async () => {
    putParent(plain, "/libs", `moved-${version}`);
    const takeBack = plain.redirect("/libs/com/acme/moved", evil.numericOrigin);
    const before = evil.arrivals.length;
    const url = plain.url("/libs");
    const ended = await validate(version, [{ id: "acme", url }], { id: "acme", username: "alice", password: "LIBS-TOKEN" }, `moved-${version}`);
    takeBack();
    expect(ended.code).toBe(1);
    expect(evil.arrivals.length).toBeGreaterThan(before);
    expect(evil.arrivalsWith("LIBS-TOKEN")).toEqual([]);
  });
});

/** `mvn validate` of a project that has a parent, with one server in the settings. */
async function validate(
  version: MavenVersion,
  repositories: Parameters<typeof writeParentedProject>[1],
  server: NonNullable<Parameters<typeof writeSettings>[1]["servers"]>[number],
  parent = "parent",
) {
  const { argv: [mvn], environment } = maven(version);
  const directory = join(home.directory, "project");
  await writeSettings(home.directory, { servers: [server] });
  await writeParentedProject(directory, repositories, parent);
  return home.run(mvn, ["-B", "-ntp", "validate"], { cwd: directory, env: environment(home.directory, await trusting(tls)) });
}
