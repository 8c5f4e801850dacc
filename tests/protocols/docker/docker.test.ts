/** How clients of images ask, name registries and keep logins: their texts in, data out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../../src/core/failure.ts";
import { formatTarget, parseTarget } from "../../../src/core/target.ts";
import { dockerCredentials } from "../../../src/protocols/docker/credential-protocol.ts";
import { addHelpers, helpersIn, ownServers, removeHelpers } from "../../../src/protocols/docker/helper-entries.ts";
import { ledWords } from "../../../src/protocols/docker/image-words.ts";
import { findInDockerConfig } from "../../../src/protocols/docker/login-secrets.ts";
import { docker } from "../../../src/protocols/docker/plan.ts";
import { canHaveMore, hasSettingsFor, withLogins, withRegistries } from "../../../src/protocols/docker/registry-files.ts";
import { IMAGES } from "../../../src/protocols/docker/requests.ts";
import { registryOf, serverOf, targetOfLogin, targetOfServer } from "../../../src/protocols/docker/server-url.ts";
import { newTarget } from "../../../src/protocols/new-target.ts";
import { withoutPieces } from "../../../src/protocols/plaintext/removal.ts";
import { outcomeOf } from "../client-request.ts";

describe("the name of a registry", () => {
  it.each([
    ["registry.acme.example", "https://registry.acme.example"],
    ["registry.acme.example:5000", "https://registry.acme.example:5000"],
    ["https://registry.acme.example/v2/", "https://registry.acme.example"],
    ["https://127.0.0.1:5000", "https://127.0.0.1:5000"],
    ["127.0.0.1:5000", "http://127.0.0.1:5000"],
    ["localhost", "http://localhost"],
    ["docker.io", "https://registry-1.docker.io"],
    ["http://docker.io", "http://docker.io"],
    ["docker.io:1234", "https://docker.io:1234"],
    ["https://index.docker.io:8443/v1/", "https://index.docker.io:8443"],
    ["https://index.docker.io/v1/", "https://registry-1.docker.io"],
  ])("%s means %s", (server, url) => {
    expect(formatTarget(targetOfServer(server))).toBe(url);
  });

  it("is what docker and podman write, for Docker Hub each its own", () => {
    const hub = parseTarget("https://registry-1.docker.io");
    expect([serverOf(hub), registryOf(hub)]).toEqual(["https://index.docker.io/v1/", "docker.io"]);
    expect(serverOf(parseTarget("https://registry.acme.example:5000"))).toBe("registry.acme.example:5000");
  });

  it("is one for a token of Docker Hub, however that is named", () => {
    for (const name of ["docker.io", "hub.docker.com", "https://index.docker.io/v1/", "registry-1.docker.io"])
      expect(formatTarget(newTarget(name, "docker"))).toBe("https://registry-1.docker.io");
    expect(formatTarget(newTarget("docker.io", "http"))).toBe("https://docker.io");
    expect(formatTarget(newTarget("docker.io.evil.example", "docker"))).toBe("https://docker.io.evil.example");
  });

  it("in a file of logins may be that of a namespace", () => {
    expect(formatTarget(targetOfLogin("registry.acme.example/team"))).toBe("https://registry.acme.example/team");
    expect(formatTarget(targetOfLogin("https://registry.acme.example/v1/"))).toBe("https://registry.acme.example");
  });
});

describe("the protocol of docker's credential helpers", () => {
  const payload = (operation: string, input: string): string => `argument=${operation}\n\n${input}`;
  const read = (operation: string, input: string) => dockerCredentials.read(operation, payload(operation, input));

  it.each([
    ["get", "", "no credentials server URL"],
    ["erase", "\n", "no credentials server URL"],
    ["store", '{"Username":"u","Secret":"s"}', "no credentials server URL"],
    ["store", '{"ServerURL":"r.example","Secret":"s"}', "no credentials username"],
    ["store", '{"ServerURL":"r.example","Username":"u"}', "what is to be kept has no secret"],
    ["store", '{"ServerURL":"r.example","Username":"u","Secret":"s', "what is to be kept is not JSON"],
    ["store", "null", "no credentials server URL"],
    ["store", '{"ServerURL":"r.example","Username":"a:b","Secret":"s"}', "a user name with a colon in it"],
  ])("refuses %s of %j in the client's words", (operation, input, message) => {
    expect(() => read(operation, input)).toThrow(message);
  });

  it("answers a miss and a failure in the words that clients compare", () => {
    const replies = dockerCredentials.replies("get");
    expect(replies.miss).toEqual({ text: "credentials not found in native keychain\n", exitCode: 1 });
    expect(replies.failure(new Failure("bad-request", "no credentials server URL")).text).toBe("no credentials server URL\n");
    expect(replies.failure(new Failure("locked", "the vault is locked"))).toEqual({ text: "toolkey: the vault is locked\n", exitCode: 1 });
    expect(dockerCredentials.replies("list").miss).toEqual({ text: "{}\n", exitCode: 0 });
  });

  it("lists registries by the names that clients have for them", () => {
    const listed = read("list", "unused");
    const held = ["https://r.example:5000", "https://registry-1.docker.io"].map((url) => ({ target: parseTarget(url), username: "me" }));
    expect(listed?.operation === "list" && JSON.parse(listed.render(held))).toEqual({ "r.example:5000": "me", "https://index.docker.io/v1/": "me" });
  });

  it("knows no other operation", () => {
    expect(read("frob", "")).toBeUndefined();
  });
});

describe("credHelpers", () => {
  const SERVERS = ["a.example", "b.example:5000"];

  it.each([
    ["no file", undefined],
    ["an empty object", "{}"],
    ["docker's own form", '{\n\t"auths": {\n\t\t"a.example": {}\n\t}\n}'],
    ["CRLF, two spaces, no final line break", '{\r\n  "auths": {},\r\n  "credHelpers": {\r\n    "x.example": "pass"\r\n  }\r\n}'],
    ["other things on the same line", '{"credsStore":"desktop","credHelpers":{},"proxies":{"default":{}}}'],
  ])("are added to %s, once, and all else stays", (_what, text) => {
    const added = addHelpers(text, SERVERS);
    const before = JSON.parse(text ?? "{}") as { credHelpers?: object };
    expect(JSON.parse(added)).toEqual({ ...before, credHelpers: { ...before.credHelpers, "a.example": "toolkey", "b.example:5000": "toolkey" } });
    expect(addHelpers(added, SERVERS)).toBe(added);
    expect(ownServers(added)).toEqual(SERVERS);
    if (text?.includes("\r\n") === true) expect(added.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("of others stay theirs, and are left when ours go", () => {
    const text = '{"credHelpers": {"a.example": "ecr-login"}}';
    const added = addHelpers(text, SERVERS);
    expect(helpersIn(added).get("a.example")).toBe("ecr-login");
    expect(JSON.parse(removeHelpers(added))).toEqual(JSON.parse(text));
  });

  it("go away without a trace of meaning, whatever the file held", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.uniqueArray(fc.domain(), { minLength: 1 }), (settings, servers) => {
        const text = JSON.stringify({ ...settings, credHelpers: undefined }, undefined, 2);
        expect(JSON.parse(removeHelpers(addHelpers(text, servers)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{\n  "auths": {,}\n}', "line 2, column 13: it is not JSON"],
    ["{\n  // mine\n}", "line 2, column 3: it is not JSON"],
    ["\uFEFF{}", "line 1, column 1: it is not JSON"],
    ["[]", "line 1, column 1: it is no JSON object"],
    ['{"credHelpers":{},"credHelpers":{}}', "line 1, column 19: it has credHelpers twice"],
    ['{\n"credHelpers": []}', "line 2, column 1: its credHelpers is no JSON object"],
  ])("are not written to %j", (text, message) => {
    expect(() => addHelpers(text, SERVERS)).toThrow(message);
  });
});

describe("logins in plain text", () => {
  const login = (name: string, secret: string): string => Buffer.from(`${name}:${secret}`).toString("base64");

  it("are found with their user, and cut out so that docker reads the rest", () => {
    const text = `{"auths": {"r.example": {"auth": "${login("bob", "s3cret")}"}, "https://index.docker.io/v1/": {"auth": "${login("me", "")}", "identitytoken": "refresh"}, "127.0.0.1:5000": {}}}`;
    const found = findInDockerConfig(text);
    expect(found.map(({ url, username, secret }) => [url, username, secret.reveal()])).toEqual([
      ["https://r.example", "bob", "s3cret"],
      ["https://registry-1.docker.io", "<token>", "refresh"],
    ]);
    const rest = JSON.parse(withoutPieces(text, found.flatMap(({ pieces }) => pieces)));
    const several = `{"auths": {"old.example": {"email": "e", "username": "bob", "auth": "${login("bob", "one")}", "password": "two"}}}`;
    expect(JSON.parse(withoutPieces(several, findInDockerConfig(several).flatMap(({ pieces }) => pieces)))).toEqual({ auths: { "old.example": { email: "e", username: "bob" } } });
    expect(rest).toEqual({ auths: { "r.example": {}, "https://index.docker.io/v1/": { auth: login("me", "") }, "127.0.0.1:5000": {} } });
  });

  it("are left where nothing says whose they are", () => {
    const [found] = findInDockerConfig(`{"auths": {"r.example": {"auth": "${login("", "s")}"}}}`);
    expect(found).toMatchObject({ stays: "it has no user name", pieces: [] });
  });
});

describe("the words of podman's family", () => {
  const names = new Map([
    ["r.example", "127.0.0.1:9/r.example"],
    ["docker.io", "127.0.0.1:9/registry-1.docker.io"],
  ]);

  it.each([
    ["skopeo", ["copy", "docker://r.example/a:1", "oci:x"], { "docker://r.example/a:1": "docker://127.0.0.1:9/r.example/a:1" }, [], true],
    ["skopeo", ["inspect", "docker://other.example/a"], {}, [], false],
    ["skopeo", ["inspect", "docker://r.example.evil/a"], {}, [], false],
    ["skopeo", ["inspect", "docker://docker.io/library/alpine"], { "docker://docker.io/library/alpine": "docker://127.0.0.1:9/registry-1.docker.io/library/alpine" }, [], false],
    ["podman", ["--root", "/x", "push", "--authfile", "f", "r.example/a:1"], {}, ["docker://127.0.0.1:9/r.example/a:1"], true],
    ["buildah", ["push", "img", "r.example/a:1"], { "r.example/a:1": "docker://127.0.0.1:9/r.example/a:1" }, [], true],
    ["podman", ["push", "img", "oci:x"], {}, [], true],
    ["podman", ["pull", "r.example/a:1"], {}, [], false],
  ] as const)("%s %j", (program, given, instead, trailing, changes) => {
    expect(ledWords(program, given, names)).toEqual({ instead, trailing, changes });
  });
});

describe("files of podman's family for one command", () => {
  it("have the person's settings, and what is led behind them", () => {
    const text = withRegistries('unqualified-search-registries = ["q.example"]', [{ prefix: "r.example", location: "127.0.0.1:9/r.example" }]);
    expect(text).toBe('unqualified-search-registries = ["q.example"]\n\n[[registry]]\nprefix = "r.example"\nlocation = "127.0.0.1:9/r.example"\ninsecure = true\n');
    expect(["r.example", "127.0.0.1:9", "x.r.example"].map((name) => hasSettingsFor(text, name))).toEqual([true, true, false]);
    const wild = '[[registry]]\nprefix = "*.acme.example"\nlocation = "acme.example/x"';
    expect(["a.acme.example", "acme.example", "notacme.example"].map((name) => hasSettingsFor(wild, name))).toEqual([true, true, false]);
    expect([wild, "", "[registries.search]\nregistries = []", 'registry = [{ location = "a" }]', "[[broken"].map(canHaveMore)).toEqual([true, true, false, false, false]);
  });

  it.each<[what: string, environment: Record<string, string>, order: string[]]>([
    ["no variable", {}, ["/run/containers/1000/auth.json", "/home/me/.config/containers/auth.json", "/home/me/.docker/config.json"]],
    ["empty ones", { XDG_RUNTIME_DIR: "", XDG_CONFIG_HOME: "", REGISTRY_AUTH_FILE: "", DOCKER_CONFIG: "" }, ["/run/containers/1000/auth.json", "/home/me/.config/containers/auth.json", "/home/me/.docker/config.json"]],
    ["all of XDG's", { XDG_RUNTIME_DIR: "/r", XDG_CONFIG_HOME: "/x", DOCKER_CONFIG: "/d" }, ["/r/containers/auth.json", "/x/containers/auth.json", "/d/config.json"]],
    ["REGISTRY_AUTH_FILE", { XDG_RUNTIME_DIR: "/r", REGISTRY_AUTH_FILE: "/a.json" }, ["/a.json"]],
  ])("keep the person's logins from where they are, by %s", async (_what, environment, order) => {
    const files = Object.fromEntries(order.map((path, at) => [path, JSON.stringify({ auths: { "q.example": { auth: path }, [`${at}.example`]: { auth: path } } })]));
    const { plan } = await outcomeOf(docker, { program: "skopeo", arguments: ["inspect", "docker://r.example/x"], environment, files, tokens: [{ id: "r", target: "https://r.example", username: "bob" }] });
    const { logins = "" } = plan["descriptors"] as Record<string, string>;
    const { auths } = JSON.parse(logins) as { auths: Record<string, { auth: string }> };
    expect(Object.fromEntries(Object.entries(auths).map(([registry, { auth }]) => [registry, auth]))).toEqual({
      ...Object.fromEntries(order.map((path, at) => [`${at}.example`, path])),
      "q.example": order[0],
      "r.example": btoa("bob:secret-of-r"),
    });
  });

  it("have the first login of several for a registry, and no helper of ours", () => {
    const own = [{ registry: "127.0.0.1:9", auth: "cGhhbnRvbQ==" }];
    const merged = withLogins(['{"auths":{"a":{"auth":"1"}}}', '{"auths":{"a":{"auth":"2"},"b":{}},"credHelpers":{"a":"toolkey","c":"pass"}}', "broken"], own);
    expect(JSON.parse(merged)).toEqual({ auths: { a: { auth: "1" }, b: {}, "127.0.0.1:9": { auth: "cGhhbnRvbQ==" } }, credHelpers: { c: "pass" } });
  });
});

describe("what is asked of a registry", () => {
  it.each([
    ["GET", "team/app/manifests/1", "reads"],
    ["HEAD", "team/app/blobs/sha256:ab", "reads"],
    ["GET", "app/tags/list", "reads"],
    ["GET", "app/referrers/sha256:ab", "reads"],
    ["POST", "team/app/blobs/uploads/", "changes"],
    ["PATCH", "team/app/blobs/uploads/1-2", "changes"],
    ["PUT", "team/app/manifests/1", "changes"],
    ["DELETE", "app/manifests/sha256:ab", "changes"],
    ["GET", "_catalog", undefined],
    ["POST", "token", undefined],
    ["PUT", "team/app/tags/list", undefined],
  ] as const)("%s %s", (method, path, effect) => {
    expect(IMAGES.effectOf(method, path.split("/"))).toBe(effect);
  });
});
