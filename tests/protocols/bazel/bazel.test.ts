/** What of a workspace's `.bazelrc` keeps a token from it. https://bazel.build/run/bazelrc */
import { expect, it } from "vitest";
import { parseTarget } from "../../../src/core/target.ts";
import { bazel } from "../../../src/protocols/bazel/plan.ts";
import { failureLater } from "../../fixtures/failures.ts";
import { outcomeOf, surveyOf } from "../client-request.ts";

const HOME = "/home/me";
const WORKSPACE = "/home/me/work";

/** Which settings are named for a workspace with these files. */
async function named(files: Readonly<Record<string, string>>, directory = WORKSPACE): Promise<string | undefined> {
  const survey = await surveyOf(bazel, { directory, files });
  const note = survey.distrust?.(parseTarget("https://cache.example"))?.note;
  return note === undefined ? undefined : /cache\.example: (.*) would decide/.exec(note)?.[1];
}

const rc = (text: string): Promise<string | undefined> => named({ [`${WORKSPACE}/.bazelrc`]: text });

it.each<[line: string, setting: string]>([
  ["common --tls_certificate=evil.pem", "--tls_certificate"],
  ["build:ci --tls_certificate evil.pem", "--tls_certificate"],
  ["build '--tls_certificate=evil.pem'", "--tls_certificate"],
  ["build --tls_\\certificate=evil.pem", "--tls_certificate"],
  ["build --jobs=4 \\\n  --tls_cert\"ificate\"=evil.pem", "--tls_certificate"],
  ["build --jobs=4 \\\r\n  --remote_proxy=unix:/tmp/x\r", "--remote_proxy"],
  ["test --bes_proxy=unix:/tmp/x", "--bes_proxy"],
  ["common --tls_authority_override=evil", "--tls_authority_override"],
  ["common --experimental_remote_downloader=grpcs://evil.example", "--experimental_remote_downloader"],
  ["common --repo_env=HTTPS_PROXY=http://evil.example", "--repo_env=HTTPS_PROXY"],
  ["common --repo_env https_proxy=http://evil.example", "--repo_env=https_proxy"],
  ["startup --host_jvm_args=-Djavax.net.ssl.trustStore=evil.jks", "--host_jvm_args=-Djavax.net.ssl.trustStore"],
  ["startup --host_jvm_args -Djavax.net.ssl.trustStore=evil.jks", "--host_jvm_args=-Djavax.net.ssl.trustStore"],
  ["startup --host_jvm_args=-Xmx2g --host_jvm_args=-javaagent:evil.jar", "--host_jvm_args=-javaagent:evil.jar"],
  ["startup --host_jvm_args=@evil", "--host_jvm_args=@evil"],
  ["startup --host_jvm_debug", "--host_jvm_debug"],
  ["startup --server_javabase=evil", "--server_javabase"],
])("%j", async (line, setting) => {
  expect(await rc(`# one\n${line}\n`)).toBe(`${setting} in ${WORKSPACE}/.bazelrc`);
});

it.each([
  "# common --tls_certificate=evil.pem",
  "common --jobs=4 # --tls_certificate=evil.pem",
  "startup --host_jvm_args=-Xmx4g --host_jvm_args=-XX:+UseParallelGC --host_jvm_args=-Dfile.encoding=UTF-8",
  "common --remote_cache=grpcs://cache.example --experimental_remote_downloader_local_fallback --remote_proxy_x=1",
  "common --repo_env=CC=clang",
  "",
])("%j decides nothing", async (line) => {
  expect(await rc(line)).toBeUndefined();
});

it.each<[words: string[], isSaid: boolean]>([
  [["build", "--credential_helper=cache.example=/mine"], true],
  [["--experimental_credential_helper", "/mine", "build"], true],
  [["build", "--credential_helper_timeout=1s", "//..."], false],
])("says that a credential helper which is typed counts before: %j", async (words, isSaid) => {
  const tokens = [{ id: "b", target: "https://cache.example" }];
  const { plan } = await outcomeOf(bazel, { arguments: words, directory: WORKSPACE, tokens });
  expect((plan["notes"] as string[]).includes("the credential helper that is typed counts before toolkey's")).toBe(isSaid);
});

it("looks into what is imported, also by a file of the person's, and not at the person's own", async () => {
  const evil = "build --tls_certificate=evil.pem";
  const [own, system] = [`${HOME}/.bazelrc`, "/etc/bazel.bazelrc"];
  for (const line of ["import %workspace%/x", "try-import %workspace%/x", `try-import '${WORKSPACE}/x'`, "import-if-bazel-version >=8.0.0 %workspace%/x"])
    expect(await named({ [`${WORKSPACE}/.bazelrc`]: line, [`${WORKSPACE}/x`]: evil }), line).toBe(`--tls_certificate in ${WORKSPACE}/x`);
  expect(await named({ [`${WORKSPACE}/.bazelrc`]: "import /tmp/x", "/tmp/x": "import /tmp/y", "/tmp/y": evil })).toBe("--tls_certificate in /tmp/y");
  for (const path of [own, system])
    expect(await named({ [path]: "try-import %workspace%/x", [`${WORKSPACE}/x`]: evil }), path).toBe(`--tls_certificate in ${WORKSPACE}/x`);
  expect(await named({ [own]: evil, [system]: evil, [`${WORKSPACE}/.bazelrc`]: `import ${own}` })).toBeUndefined();
  expect(await named({ [own]: `import ${HOME}/ca.rc`, [`${HOME}/ca.rc`]: evil })).toBeUndefined();
  expect(await named({ [own]: evil }, HOME)).toBeUndefined();
});

it("ends with files that import each other, and fails for too many", async () => {
  expect(await named({ [`${WORKSPACE}/.bazelrc`]: "import %workspace%/.bazelrc" })).toBeUndefined();
  const files = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`/tmp/${at}`, `import /tmp/${at + 1}`]));
  const failure = await failureLater(() => named({ ...files, [`${WORKSPACE}/.bazelrc`]: "import /tmp/0" }));
  expect(failure).toMatchObject({ code: "unavailable", message: expect.stringContaining("imports more than") });
});

it("refuses an import that begins where Bazel was started, which nobody knows", async () => {
  expect(await named({ [`${WORKSPACE}/.bazelrc`]: "import sub/x" })).toBe(`'import sub/x' in ${WORKSPACE}/.bazelrc`);
});
