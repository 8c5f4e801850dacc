import { describe, expect, it } from "vitest";
import { findInCoursierCredentials, findInIvyCredentials, findInSbt } from "../../../src/protocols/coursier/credentials-file.ts";
import { coursier } from "../../../src/protocols/coursier/plan.ts";
import { propertyLine, readProperties } from "../../../src/protocols/plaintext/properties.ts";
import { withoutPieces } from "../../../src/protocols/plaintext/removal.ts";
import { outcomeOf, type Situation } from "../client-request.ts";

const TOKENS = [{ id: "s-1", target: "https://a.example/maven", username: "bob", secret: " p\\ü\n" }];
const plan = async (situation: Situation & { program?: string }) => (await outcomeOf((request, read, held) => coursier({ ...request, program: situation.program }, read, held), { tokens: TOKENS, ...situation })).plan;
const file = async (situation: Situation) => ((await plan(situation))["descriptors"] as { credentials?: string }).credentials;
const LOGIN = "toolkey0.host=a.example\ntoolkey0.username=bob\ntoolkey0.password=\\ p\\\\\\u00fc\\u000a\ntoolkey0.https-only=true\ntoolkey0.auto=true\ntoolkey0.pass-on-redirect=false\n";

describe("properties", () => {
  it("are read as Java does", () => {
    const text = "# c\n! d\n  a = 1 \r\nb:2\nc 3\nd\\ e\\=f = g\\\n   h\\\\\n\\u0069=\\tj\nk\n";
    expect(readProperties(text).map(({ key, value, line }) => [line, key, value])).toEqual([[3, "a", "1 "], [4, "b", "2"], [5, "c", "3"], [6, "d e=f", "gh\\"], [8, "i", "\tj"], [9, "k", ""]]);
  });

  it("are read to the end, also where the last line would go on", () => {
    expect(readProperties("a=1\nb=2\\")).toMatchObject([{ key: "a", value: "1" }, { key: "b", value: "2", line: 2, piece: { start: 4, end: 8 } }]);
    expect(readProperties("a=\\\\\\\n\\\\\nb=2")).toMatchObject([{ key: "a", value: "\\\\" }, { key: "b", value: "2" }]);
  });

  it("are written so that they are read as they were", () => {
    for (const value of [" a b ", "ü\u{1f600}", "\\", "a=b:c#d!", "\t\n"]) expect(readProperties(propertyLine("k", value))).toMatchObject([{ key: "k", value }]);
  });
});

describe("a command", () => {
  it("has a login for each host, by https alone, in a file without a name, and what the person has besides", async () => {
    expect(await plan({})).toMatchObject({ environment: { COURSIER_CREDENTIALS: { descriptor: "credentials" } }, given: [{ token: "s-1", place: "https://a.example/maven" }], descriptors: { credentials: LOGIN } });
    expect(await file({ files: { "/home/me/.config/coursier/credentials.properties": "x.host=b.example" } })).toBe(`x.host=b.example\n${LOGIN}`);
    expect(await file({ environment: { COURSIER_CONFIG_DIR: "/c" }, files: { "/c/credentials.properties": "x.host = a.example\n" } })).toBeUndefined();
    expect(await file({ tokens: [{ id: "s-1", target: "http://localhost:8081", username: "bob" }] })).toContain("toolkey0.https-only=false\n");
  });

  it.each<[why: string, situation: Situation & { program?: string }, note: string]>([
    ["there is none", { tokens: [] }, "there is no token of the tool coursier"],
    ["it has no user name", { tokens: [{ id: "s-1", target: "https://a.example" }] }, "s-1 is left out: it has no user name, by which coursier logs in"],
    ["the variable is the person's", { environment: { COURSIER_CREDENTIALS: "a b:c" } }, "your COURSIER_CREDENTIALS is set, and comes first: nothing is given besides"],
    ["a project says whom Java trusts", { program: "sbt", files: { "/p/.jvmopts": "-Xmx1g\n-Djavax.net.ssl.trustStore=x\n" } }, "coursier gets no token here, since the project decides whom to trust: javax.net.ssl.trustStore in /p/.jvmopts"],
    ["a project names a proxy", { program: "sbt", files: { "/p/.sbtopts": "-J-Dhttps.proxyHost=evil\n" } }, "coursier gets no token here, since the project decides whom to trust: https.proxyHost in /p/.sbtopts"],
    ["a project's options are in another file", { program: "sbt", files: { "/p/.jvmopts": "@my.opts\n" } }, "coursier gets no token here, since the project decides whom to trust: @my.opts in /p/.jvmopts"],
    ["a project's options are in a file of the JVM's", { program: "sbt", files: { "/p/.jvmopts": "-XX:VMOptionsFile=o\n" } }, "coursier gets no token here, since the project decides whom to trust: VMOptionsFile in /p/.jvmopts"],
    ["a project has a Java of its own", { program: "sbt", files: { "/p/.sbtopts": "-java-home ./evil\n" } }, "coursier gets no token here, since the project decides whom to trust: -java-home in /p/.sbtopts"],
    ["a project has other properties of security", { program: "sbt", files: { "/p/.sbtopts": "-J-Djava.security.properties=x\n" } }, "coursier gets no token here, since the project decides whom to trust: java.security.properties in /p/.sbtopts"],
  ])("has nothing if %s", async (_why, situation, note) => {
    expect(await plan(situation)).toMatchObject({ environment: {}, descriptors: {}, given: [], notes: [note] });
  });

  it("has one of several for a host: that for most of it", async () => {
    const tokens = [...TOKENS, { id: "s-2", target: "https://a.example", username: "amy", secret: "q" }, { id: "s-3", target: "ftp://a.example", username: "x" }];
    expect(await plan({ tokens })).toMatchObject({ given: [{ token: "s-2" }], notes: ["s-1 is left out: coursier has one login for a.example", expect.stringContaining("any port and path of a.example")] });
  });
});

describe("logins in plain text", () => {
  it("of coursier go as a whole, without which it would not start", () => {
    const text = "# mine\na.host=a.example\na.username=u\na.password=p\na.realm=r\nb.username=u\nb.password=q\nc.host=c.example\nc.password=${X}\n";
    const found = findInCoursierCredentials(text);
    expect(found.map(({ url, username, secret, stays }) => [url, username, secret.reveal(), stays])).toEqual([["https://a.example", "u", "p", undefined], [undefined, "u", "q", undefined]]);
    expect(withoutPieces(text, found[0]?.pieces ?? [])).toBe("# mine\nb.username=u\nb.password=q\nc.host=c.example\nc.password=${X}\n");
  });

  it("of sbt and Ivy go with their user name", () => {
    const text = "realm=Artifactory Realm\nhost=a.example\nuser=u\npassword=p\\\n  q\n";
    const found = findInIvyCredentials(text);
    expect(found.map(({ url, username, secret }) => [url, username, secret.reveal()])).toEqual([["https://a.example", "u", "pq"]]);
    expect(withoutPieces(text, found.flatMap(({ pieces }) => pieces))).toBe("realm=Artifactory Realm\nhost=a.example\n");
  });

  it("in a build stay", () => {
    expect(findInSbt('credentials += Credentials("Some \\"Realm\\"", "a.example", "u",\n  "p")\ncredentials += Credentials(Path.userHome / ".x")\n').map(({ url, secret, stays, line }) => [url, secret.reveal(), stays, line])).toEqual([["https://a.example", "p", "it is in a program", 1]]);
  });
});
