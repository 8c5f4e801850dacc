/** What is pure of Gradle: properties, scripts as text, what is asked for. */
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { parseTarget } from "../../../src/core/target.ts";
import { initScript, MADE_BY_SETUP, placesText } from "../../../src/protocols/gradle/init-script.ts";
import { findInGradleProperties } from "../../../src/protocols/gradle/property-secrets.ts";
import { readProperties } from "../../../src/protocols/plaintext/properties.ts";
import { GRADLE_REPOSITORY } from "../../../src/protocols/gradle/requests.ts";

describe("gradle.properties", () => {
  it.each<[text: string, key: string, value: string, line: number]>([
    ["a=b", "a", "b", 1],
    ["\uFEFFa = b c ", "a", "b c ", 1],
    ["# a\r\n! b\r\n  a:b\r\n", "a", "b", 3],
    ["a b", "a", "b", 1],
    [String.raw`a\=b\:c = d\u0041\t\q`, "a=b:c", "dA\tq", 1],
    ["a = b\\\n    c\nd", "a", "bc", 1],
    [String.raw`a = b\\`, "a", String.raw`b${"\\"}`, 1],
    ["a = b\\", "a", "b", 1],
    ["", "", "", 0],
  ])("reads %j", (text, key, value, line) => {
    expect(readProperties(text)[0] ?? { key: "", value: "", line: 0 }).toMatchObject({ key, value, line });
  });

  it("finds secrets with what is beside them, and takes none: only build scripts know what they are for", () => {
    const found = findInGradleProperties(
      "org.gradle.jvmargs=-Xmx1g\nacmeUsername=alice\nacmePassword=S1\nartifactory_contextUrl=https://u:p@host/x?y\nartifactory_password=S2\nempty.token=\nby.token=${x}\nsystemProp.https.proxyPassword=S3\n",
    );
    expect(found.map(({ name, url, username, secret, line, stays, pieces }) => [name, url, username, secret.reveal(), line, stays, pieces])).toEqual([
      ["acmePassword", undefined, "alice", "S1", 3, "only build scripts know what it is for", []],
      ["artifactory_password", "https://host/x", undefined, "S2", 5, "only build scripts know what it is for", []],
      ["systemProp.https.proxyPassword", undefined, undefined, "S3", 8, "only build scripts know what it is for", []],
    ]);
  });
});

describe("scripts", () => {
  it("name what they are told in texts in which nothing is replaced", () => {
    const script = initScript("/odd/$x/it's \\ here/toolkey-authorization");
    expect(script.startsWith(`${MADE_BY_SETUP}\n`)).toBe(true);
    expect(script).toContain(String.raw`'/odd/$x/it\'s \\ here/toolkey-authorization'`);
  });

  it("are told where to lead by a file", () => {
    const targets = ["https://h:8443/a/b%20c", "https://other"].map(parseTarget);
    expect(placesText(targets, "http://127.0.0.1:1", new Secret("tkphantom_x")).reveal()).toBe(
      "http://127.0.0.1:1\ntkphantom_x\nhttps://h:8443/a/b%20c\nhttps://other\n",
    );
  });
});

describe("requests", () => {
  it.each<[method: string, path: string, effect: string | undefined]>([
    ["GET", "com/acme/a/1/a-1.module", "reads"],
    ["HEAD", "com/acme/a/1/a-1.pom", "reads"],
    ["GET", "com/acme/a/maven-metadata.xml", "reads"],
    ["PUT", "com/acme/a/1/a-1.jar", "changes"],
    ["PUT", "com.acme/a/1/ivy-1.xml", "changes"],
    ["PUT", "com.acme/a/1/ivy-1.xml.sha1", "changes"],
    ["GET", "com.acme/a/1/ivy-2.xml", undefined],
    ["DELETE", "com/acme/a/1/a-1.pom", undefined],
    ["GET", "api/security/token", undefined],
  ])("%s %s: %s", (method, path, effect) => {
    expect(GRADLE_REPOSITORY.effectOf(method, path.split("/"))).toBe(effect);
  });
});
