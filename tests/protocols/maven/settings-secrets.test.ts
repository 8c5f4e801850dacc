/** Secrets in `settings.xml`: where Maven would read one, the look that saves a parser sees that one may be there. */
import { describe, expect, it } from "vitest";
import { findInMavenSettings, mayHoldSecret } from "../../../src/protocols/maven/settings/settings-secrets.ts";

const SERVER = "<servers><server><id>acme</id><username>ada</username><password>s3cret</password></server></servers>";

const secretsIn = (text: string): string[] => findInMavenSettings(text).map(({ secret }) => secret.reveal());

const IN_COMMENT = `<settings><!-- ${SERVER} --></settings>`;

describe("a secret", () => {
  it.each([
    ["in a server", `<settings>${SERVER}</settings>`],
    ["after a comment", `<settings><!-- <password>no</password> -->${SERVER}</settings>`],
    ["between instructions that look like a comment", `<settings><?one <!-- ?>${SERVER}<?two --> ?></settings>`],
    ["after an instruction at the start that looks like a comment", `<?x <!-- ?><settings>${SERVER}<!-- --></settings>`],
    ["after text that looks like the start of a comment", `<settings><a><![CDATA[<!--]]></a>${SERVER}<!-- --></settings>`],
    ["of a proxy", "<settings><proxies><proxy><host>p</host><password>s3cret</password></proxy></proxies></settings>"],
    ["in a header", header("s3cret")],
    ["in a property", "<settings><profiles><profile><properties><my.api-key>s3cret</my.api-key></properties></profile></profiles></settings>"],
  ])("%s is found, and not passed over before", (_where, text) => {
    expect(secretsIn(text)).toEqual(["s3cret"]);
    expect(mayHoldSecret(text)).toBe(true);
  });

  it("is none in a comment, and nothing is parsed to see that", () => {
    for (const text of [IN_COMMENT, `\u{feff}<?xml version="1.0"?>\r\n${IN_COMMENT}`, IN_COMMENT.replace("<settings>", '<settings a=">" b="x>y">')]) {
      expect(secretsIn(text)).toEqual([]);
      expect(mayHoldSecret(text)).toBe(false);
    }
  });

  it.each([
    ["a comment does not end", `<settings><!-- ${SERVER}`],
    ["one of many does not end", "<!--".repeat(131_000)],
    ["an attribute looks like the start of a comment", `<settings><a b="<!--"/>${SERVER}<!-- --></settings>`],
    ["an entity could be it", "<!DOCTYPE settings [<!ENTITY s SYSTEM 's.xml'>]><settings>&s;</settings>"],
  ])("may be there where %s", (_what, text) => {
    expect(mayHoldSecret(text)).toBe(true);
  });
});

function header(value: string): string {
  const property = `<property><name>Authorization</name><value>${value}</value></property>`;
  return `<settings><servers><server><id>a</id><configuration><httpHeaders>${property}</httpHeaders></configuration></server></servers></settings>`;
}
