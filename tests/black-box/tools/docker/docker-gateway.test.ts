/** Images through the gateway: real skopeo, podman and buildah, a real registry with logins and one with tokens of its own. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BIN, expectDone, makeHome, type Ended, type RunOptions, type TestHome } from "../../../fixtures/homes/home.ts";
import { SECRET, startImageRegistry, USER, writeImage, type ImageRegistry } from "../../../fixtures/registries/image-registry.ts";
import { missing } from "../../../fixtures/programs/programs.ts";
import { startRecordingServer } from "../../../fixtures/network/recording-server.ts";
import { serveTls, makeTls, type TestTls } from "../../../fixtures/network/tls.ts";

describe.skipIf(missing("docker-registry", "skopeo"))("images through the gateway", () => {
  let tls: TestTls;
  let home: TestHome;
  let basicOne: ImageRegistry;
  let tokenOne: ImageRegistry;

  beforeAll(async () => {
    tls = await makeTls();
    home = await makeHome();
    await home.init(tls.caFile);
    [basicOne, tokenOne] = await Promise.all([startImageRegistry(tls), startImageRegistry(tls, { login: "token", closed: ["closed/app"] })]);
    await writeImage(join(home.directory, "image"), Buffer.from("hello"));
    for (const { origin } of [basicOne, tokenOne]) await home.addToken("docker", origin, SECRET, USER);
  });
  afterAll(async () => {
    await basicOne?.close();
    await tokenOne?.close();
    await home?.dispose();
    await tls?.remove();
  });

  const run = (argv: readonly string[], options: RunOptions = {}): Promise<Ended> =>
    home.toolkey(["run", ...argv], { cwd: home.directory, ...options, env: { NODE_EXTRA_CA_CERTS: tls.caFile, ...options.env } });
  const registries = (): [string, ImageRegistry][] => [["with a login", basicOne], ["with tokens of its own", tokenOne]];

  it("sends, lists, looks at, fetches and deletes under the names that the person types", async () => {
    for (const [, { host, log }] of registries()) {
      const image = `docker://${host}/team/app:1`;
      const sent = expectDone(await run(["--", "skopeo", "copy", "oci:image:latest", image]));
      expect(sent.stderr).toMatch(new RegExp(`^toolkey: skopeo uses docker-\\w+ for https://${host} through the gateway\n`));
      expect(JSON.parse(expectDone(await run(["--", "skopeo", "list-tags", `docker://${host}/team/app`])).stdout).Tags).toEqual(["1"]);
      expect(JSON.parse(expectDone(await run(["--", "skopeo", "inspect", image])).stdout).RepoTags).toEqual(["1"]);
      expectDone(await run(["--", "skopeo", "copy", image, `oci:${host.replace(":", "-")}:1`]));
      expect(await blobsIn(join(home.directory, host.replace(":", "-")))).toEqual(await blobsIn(join(home.directory, "image")));
      expectDone(await run(["--", "skopeo", "copy", image, `docker://${host}/other/app:1`]));
      expectDone(await run(["--", "skopeo", "delete", `docker://${host}/other/app:1`]));
      expect((await run(["--", "skopeo", "inspect", `docker://${host}/other/app:1`])).code).not.toBe(0);
      expect(log.join("\n")).not.toContain('http.request.host="127.0.0.1');
    }
  });

  it("asks the token service for what a request needs, and no more", () => {
    const given = new Set(tokenOne.asked.flatMap(({ scopes }) => scopes));
    expect([...given].filter((scope) => scope.startsWith("repository:team/app:")).toSorted()).toEqual([
      "repository:team/app:pull",
      "repository:team/app:pull,push",
    ]);
    expect(given).toContain("repository:other/app:pull,delete");
  });

  it.skipIf(missing("podman", "buildah"))("leads podman and buildah", async () => {
    const { host } = tokenOne;
    const store = ["--root", join(home.directory, "store"), "--runroot", join(home.directory, "run"), "--storage-driver", "vfs"];
    const image = `${host}/team/app:1`;
    expectDone(await run(["--", "podman", ...store, "pull", image]));
    expectDone(await run(["--", "podman", ...store, "tag", image, `${host}/team/app:podman`]));
    expectDone(await run(["--", "podman", ...store, "push", `${host}/team/app:podman`]));
    expectDone(await run(["--", "buildah", ...store, "push", image, `docker://${host}/team/app:buildah`]));
    expectDone(await run(["--", "buildah", ...store, "pull", "--policy", "always", image]));
    const { Tags } = JSON.parse(expectDone(await run(["--", "skopeo", "list-tags", `docker://${host}/team/app`])).stdout);
    expect(Tags.toSorted()).toEqual(["1", "buildah", "podman"]);
  });

  it("says no more where docker is set up, so that clients ask the helper for the gateway's own address first", async () => {
    const { host } = basicOne;
    expectDone(await home.toolkey(["setup", "docker"]));
    const env = { PATH: `${BIN}:${process.env["PATH"] ?? ""}` };
    const looked = expectDone(await run(["--", "skopeo", "inspect", `docker://${host}/team/app:1`], { env }));
    expect(looked.stderr).toMatch(/^toolkey: skopeo uses docker-\w+ for https:\S+ through the gateway\n$/);
    const asked = await run(["--", "sh", "-c", `echo ${host} | docker-credential-toolkey get`], { env });
    expect(asked.stderr).toContain("docker is given nothing, and nothing is stored, inside of sh");
    expectDone(await home.toolkey(["setup", "docker", "--undo"]));
  });

  it("leads what a script starts, to read only unless it may publish", async () => {
    const { host } = basicOne;
    const send = `skopeo copy oci:image:latest docker://${host}/script/app:1`;
    const refused = await run(["--", "sh", "-c", send]);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toMatch(/denied: toolkey: this phantom does not permit (PUT|POST) - toolkey run --publish/);
    expectDone(await run(["--publish", "--", "sh", "-c", send]));
    expectDone(await run(["--", "sh", "-c", `skopeo copy docker://${host}/script/app:1 oci:fetched:1 && skopeo inspect docker://${host}/script/app:1`]));
  });

  it("has a phantom in files without a name, the token nowhere, and none for a script that takes the files", async () => {
    const { host } = basicOne;
    const script = join(home.directory, "look.sh");
    await writeFile(script, `#!/bin/sh\necho "$REGISTRY_AUTH_FILE"; cat "$REGISTRY_AUTH_FILE"; env; cat /proc/$PPID/cmdline\n`, { mode: 0o755 });
    await mkdir(join(home.directory, "bin"), { recursive: true });
    await writeFile(join(home.directory, "bin", "skopeo"), `#!/bin/sh\nexec ${script}\n`, { mode: 0o755 });
    const { stdout } = expectDone(await run(["--", join(home.directory, "bin", "skopeo"), "inspect", `docker://${host}/team/app:1`]));
    expect(stdout).toMatch(/^\/(proc\/\d+|dev)\/fd\/\d+\n/);
    const { auths } = JSON.parse(/^\{.*\}$/m.exec(stdout)?.[0] ?? "");
    expect(Object.keys(auths)).toEqual([expect.stringMatching(/^127\.0\.0\.1:\d+$/)]);
    const all = `${stdout}${Buffer.from(Object.values<{ auth: string }>(auths)[0]?.auth ?? "", "base64").toString()}`;
    expect(all).not.toContain(SECRET);
    expect(all).not.toContain(Buffer.from(`${USER}:${SECRET}`).toString("base64"));
  });

  it("keeps a person's other logins, and leaves out a registry with settings of its own", async () => {
    const config = join(home.directory, ".config", "containers");
    await mkdir(config, { recursive: true });
    await writeFile(join(config, "auth.json"), JSON.stringify({ auths: { "quay.example": { auth: "bWU6eA==" } }, credHelpers: { "a.example": "toolkey", "b.example": "pass" } }));
    await writeFile(join(config, "registries.conf"), `unqualified-search-registries = ["quay.example"]\n[[registry]]\nlocation = "${basicOne.host}"\nblocked = true`);
    try {
      const both = [basicOne, tokenOne].map(({ host }) => `docker://${host}/team/app:1`);
      const shown = await run(["--", join(home.directory, "bin", "skopeo"), "copy", ...both]);
      expect(shown.stderr).toContain(`is left out: your registries.conf has settings of its own for ${basicOne.host}\n`);
      const { auths, credHelpers } = JSON.parse(/^\{.*\}$/m.exec(shown.stdout)?.[0] ?? "");
      expect(auths).toMatchObject({ "quay.example": { auth: "bWU6eA==" } });
      expect(credHelpers).toEqual({ "b.example": "pass" });
      const blocked = await run(["--", "skopeo", "inspect", `docker://${basicOne.host}/team/app:1`]);
      expect(blocked.stderr).toMatch(/is blocked in/);
    } finally {
      for (const name of ["auth.json", "registries.conf"]) await writeFile(join(config, name), name === "auth.json" ? "{}" : "");
    }
  });

  it.skipIf(missing("buildah"))("gives a registry that a project names nothing, and looks at no file of the project's", async () => {
    const other = await startRecordingServer({ tls });
    const host = new URL(other.origin).host;
    const project = join(home.directory, "hostile");
    const login = { auths: { [host]: { auth: btoa(`${USER}:theirs`) } }, credHelpers: { [basicOne.host]: "evil" } };
    const files = {
      Dockerfile: `FROM ${host}/team/app:1\n`,
      "auth.json": JSON.stringify(login),
      ".docker/config.json": JSON.stringify(login),
      ".config/containers/auth.json": JSON.stringify(login),
      "registries.conf": `[[registry]]\nprefix = "${basicOne.host}"\nlocation = "${host}"\n`,
    };
    try {
      for (const [name, text] of Object.entries({ ...files, [`../.config/containers/certs.d/${host}/ca.crt`]: tls.ca })) {
        await mkdir(join(project, name, ".."), { recursive: true });
        await writeFile(join(project, name), text);
      }
      const store = ["--root", join(home.directory, "store"), "--runroot", join(home.directory, "run"), "--storage-driver", "vfs"];
      for (const command of [["skopeo", "inspect", `docker://${host}/team/app:1`], ["buildah", ...store, "bud", "."], ["sh", "-c", `skopeo inspect docker://${host}/team/app:1`]]) {
        const before = other.arrivals.length;
        expect((await run(["--", ...command], { cwd: project })).code).not.toBe(0);
        expect(other.arrivals.length).toBeGreaterThan(before);
      }
      // Without a login the clients answer a challenge with an empty one.
      expect(other.arrivals.filter(({ headers: { authorization } }) => ![undefined, `Basic ${btoa(":")}`].includes(authorization))).toEqual([]);
      expectDone(await run(["--", "skopeo", "inspect", `docker://${basicOne.host}/team/app:1`], { cwd: project }));
    } finally {
      await other.close();
    }
  });

  it("says who has no access to a repository, and leaves the token as it is", async () => {
    const { host, origin } = tokenOne;
    const ended = await run(["--", "skopeo", "inspect", `docker://${host}/closed/app:1`]);
    expect(ended.stderr).toMatch(/toolkey: localhost:\d+ does not permit this to the docker token docker-\w+/);
    expect((await home.tokens()).find(({ target }) => target === origin)?.state).toBe("active");
    expectDone(await run(["--", "skopeo", "list-tags", `docker://${host}/team/app`]));
  });

  it("suspends a token that the token service refuses, and says so", async () => {
    const other = await startImageRegistry(tls, { login: "token" });
    try {
      const id = await home.addToken("docker", other.origin, "not-the-secret-of-bob", USER);
      const ended = await run(["--", "skopeo", "inspect", `docker://${other.host}/team/app:1`]);
      expect(ended.stderr).toMatch(new RegExp(`toolkey: localhost refused the docker token ${id}; it is suspended now`));
      expect((await home.tokens()).find((token) => token.id === id)?.state).toBe("suspended");
    } finally {
      await other.close();
    }
  });

  it("sends the token to no realm without encryption, and to nobody whose certificate is not trusted", async () => {
    const clear = await startImageRegistry(tls, { login: "token", realm: "http://realm.example/token" });
    const forged = await makeTls();
    const heard: string[] = [];
    const liar = await serveTls(forged, (request, response) => {
      heard.push(request.headers.authorization ?? "");
      response.writeHead(200).end("{}");
    });
    const strange = await startImageRegistry(tls, { login: "token", realm: `${liar.origin}/token` });
    try {
      for (const { origin } of [clear, strange]) await home.addToken("docker", origin, SECRET, USER);
      const toClear = await run(["--", "skopeo", "inspect", `docker://${clear.host}/team/app:1`]);
      expect(toClear.stderr).toContain(`${clear.host} wants the token sent to realm.example without encryption, so it got none`);
      const toStrange = await run(["--", "skopeo", "inspect", `docker://${strange.host}/team/app:1`]);
      expect(toStrange.stderr).toContain(`${liar.origin.replace("https://", "")} can't be asked for a login`);
      expect(heard).toEqual([]);
    } finally {
      await Promise.all([clear.close(), strange.close(), liar.close()]);
      await forged.remove();
    }
  });

  it("gives a sealed command nothing by the helper, and docker a line", async () => {
    const helper = join(home.environment["PATH"]?.split(":")[0] ?? "", "docker-credential-toolkey");
    const inside = expectDone(await run(["--", "sh", "-c", `printf ${basicOne.host} | ${helper} get; echo "rc $?"`]));
    expect(inside.stdout).toBe("credentials not found in native keychain\nrc 1\n");
    await writeFile(join(home.directory, "bin", "docker"), "#!/bin/sh\necho started\n", { mode: 0o755 });
    const docker = expectDone(await run(["--", join(home.directory, "bin", "docker"), "pull", `${basicOne.host}/team/app:1`]));
    expect(docker.stderr).toContain("toolkey: docker's daemon fetches and sends images, where no phantom reaches: it asks toolkey by itself, where it is set up\n");
  });
});

async function blobsIn(directory: string): Promise<Record<string, number>> {
  const blobs = join(directory, "blobs", "sha256");
  const names = (await readdir(blobs)).toSorted();
  return Object.fromEntries(await Promise.all(names.map(async (name) => [name, (await readFile(join(blobs, name))).length] as const)));
}
