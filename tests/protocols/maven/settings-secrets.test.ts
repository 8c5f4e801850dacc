/** Secrets in `settings.xml`: seen wherever Maven would read one, and a parser is asked only where a tag could hold one. */
import { describe, expect, it } from "vitest";
import { findInMavenSettings } from "../../../src/protocols/maven/settings/settings-secrets.ts";

const SERVER = "<servers><server><id>acme</id><username>ada</username><password>s3cret</password></server></servers>";

const secretsIn = (text: string): string[] => findInMavenSettings(text).map(({ secret }) => secret.reveal());

describe("a secret", () => {
  it.each([
    ["in a server", `<settings>${SERVER}</settings>`],
    ["after a comment", `<settings><!-- <password>no</password> -->${SERVER}</settings>`],
    ["between instructions that look like a comment", `<settings><?one <!-- ?>${SERVER}<?two --> ?></settings>`],
    ["after text that looks like the start of a comment", `<settings><a><![CDATA[<!--]]></a>${SERVER}<!-- --></settings>`],
    ["of a proxy", "<settings><proxies><proxy><host>p</host><password>s3cret</password></proxy></proxies></settings>"],
    ["in a header", header("s3cret")],
    ["in a property", "<settings><profiles><profile><properties><my.api-key>s3cret</my.api-key></properties></profile></profiles></settings>"],
  ])("%s", (_where, text) => {
    expect(secretsIn(text)).toEqual(["s3cret"]);
  });

  it("is none in a comment", () => {
    expect(secretsIn(`<settings><!-- ${SERVER} --></settings>`)).toEqual([]);
  });
});

describe("a document that is not well-formed", () => {
  it("is refused where it could hold one", () => {
    expect(() => secretsIn(`<settings>${SERVER}`)).toThrow("it is not well-formed XML");
    expect(() => secretsIn(`<settings><!-- ${SERVER}`)).toThrow("it is not well-formed XML");
    expect(() => secretsIn("<!DOCTYPE settings [<!ENTITY s '<a/>'>]><settings>&s;</settings>")).toThrow("it is not well-formed XML");
  });

  it("holds none where no tag could", () => {
    expect(secretsIn("<settings><servers>")).toEqual([]);
  });
});

function header(value: string): string {
  const property = `<property><name>Authorization</name><value>${value}</value></property>`;
  return `<settings><servers><server><id>a</id><configuration><httpHeaders>${property}</httpHeaders></configuration></server></servers></settings>`;
}
