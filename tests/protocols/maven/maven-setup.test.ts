/** The block in ~/.mavenrc, to the byte, and the same in ~/.m2/maven-user.properties. */
import fc from "fast-check";
import { SaxesParser } from "saxes";
import { describe, expect, it } from "vitest";
import { parseTarget } from "../../../src/core/target.ts";
import { parseHookRequest } from "../../../src/protocols/maven/hook-request.ts";
import { addNativeSettings, nativePlaces, removeNativeSettings, renderNativeSettings } from "../../../src/protocols/maven/settings/native-settings.ts";
import { addHook, hookIn, removeHook } from "../../../src/protocols/maven/setup.ts";
import { isFault, parseXml } from "../../../src/protocols/text/xml.ts";
import { failureOf } from "../../fixtures/failures.ts";

const HOOK = "/home/me/.local/lib/toolkey/bin/mavenrc";
const BEGIN = "# toolkey: begin; 'toolkey setup maven --undo' takes this block away again";
const LINE = `toolkey_mavenrc='${HOOK}'; [ ! -r "$toolkey_mavenrc" ] || . "$toolkey_mavenrc"; unset toolkey_mavenrc`;
const block = (begin: string, line = LINE): string => `${begin}\n${line}\n# toolkey: end\n`;
const BLOCK = block(BEGIN);
const JOINED = block(`${BEGIN} and the line break before it`);
const NEW = block(`${BEGIN} and the file, if nothing else is in it`);

describe("the hook in ~/.mavenrc", () => {
  it.each<[what: string, before: string | undefined, after: string]>([
    ["no file", undefined, NEW],
    ["an empty file", "", BLOCK],
    ["comments and odd indentation", "# mine\n   MAVEN_OPTS=-Xmx1g  \n\n\t# x\n", `# mine\n   MAVEN_OPTS=-Xmx1g  \n\n\t# x\n${BLOCK}`],
    ["no final line break", "MAVEN_OPTS=-Xmx1g", `MAVEN_OPTS=-Xmx1g\n${JOINED}`],
    ["line ends of DOS", "A=1\r\nB=2\r\n", `A=1\r\nB=2\r\n${BLOCK}`],
    ["line ends of DOS, and none at the end", "A=1\r\nB=2", `A=1\r\nB=2\n${JOINED}`],
    ["a byte order mark", "\u{feff}A=1\n", `\u{feff}A=1\n${BLOCK}`],
    ["our block already", `A=1\n${BLOCK}`, `A=1\n${BLOCK}`],
    ["our block with another path", block(BEGIN, LINE.replace(HOOK, "/old/mavenrc")), BLOCK],
    ["lines behind our block", `A=1\n${BLOCK}B=2\n`, `A=1\nB=2\n${BLOCK}`],
  ])("with %s", (_what, before, after) => {
    expect(addHook(before, HOOK)).toBe(after);
    expect(addHook(after, HOOK)).toBe(after);
    expect(hookIn(after)).toBe(HOOK);
  });

  it("is taken away to the byte, whatever the file was, and whatever the path is", () => {
    fc.assert(
      fc.property(fc.option(fc.string({ unit: "binary" }), { nil: undefined }), fc.stringMatching(/^\/[^\n\0]{1,40}$/), (before, hook) => {
        fc.pre(before?.includes("# toolkey: begin") !== true && hook.trim() === hook);
        const after = addHook(before, hook);
        expect(removeHook(after)).toBe(before);
        expect(hookIn(after)).toBe(hook);
      }),
    );
  });
});

describe("what the hook asks", () => {
  it("is read as it was written", () => {
    expect(parseHookRequest("directory=/p\nHOME=/h\nMAVEN_OPTS=-Da=b c\nargument=validate\nargument=\nargument=-Dx=a\n++b\n+\nargument=+\n")).toEqual({
      arguments: ["validate", "", "-Dx=a\n+b\n", "+"],
      directory: "/p",
      home: "/h",
      environment: { HOME: "/h", MAVEN_OPTS: "-Da=b c" },
    });
  });

  it("holds any argument", () => {
    const written = (argument: string): string => `argument=${argument.replaceAll("\n", "\n+")}\n`;
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.stringMatching(/^[\n+=a]*$/))), (given) => {
        expect(parseHookRequest(`directory=/\nHOME=/\n${given.map(written).join("")}`).arguments).toEqual(given);
      }),
    );
  });

  it.each(["", "directory=/p\n", "HOME=/h\n", "directory=p\nHOME=/h\n", "directory=/p\nHOME=/h", "directory=/p\nHOME=/h\nnothing\n", "directory=/p\nHOME=/h\nother=1\n", "+\ndirectory=/p\nHOME=/h\n"])(
    "is refused otherwise: %j",
    (text) => {
      expect(failureOf(() => parseHookRequest(text)).code).toBe("bad-request");
    },
  );
});

describe("~/.m2/maven-user.properties", () => {
  it("gets a line, and loses it", () => {
    const after = addNativeSettings("a = b", "/c/maven-settings.xml");
    expect(after).toBe(`a = b\n${BEGIN} and the line break before it\nmaven.installation.settings = /c/maven-settings.xml\n# toolkey: end\n`);
    expect(addNativeSettings(after, "/c/maven-settings.xml")).toBe(after);
    expect(removeNativeSettings(after)).toBe("a = b");
    expect(removeNativeSettings(addNativeSettings(undefined, "/c"))).toBeUndefined();
  });

  it("is left alone where the person has such a line, or the path would be read as something else", () => {
    expect(failureOf(() => addNativeSettings(" maven.installation.settings=/x\n", "/c")).code).toBe("exists");
    for (const path of ["/c\\d", "/${user.home}", "/c\nd", "/ü"]) expect(failureOf(() => addNativeSettings("", path)).code).toBe("unavailable");
  });
});

describe("settings of Maven 4", () => {
  const declared = [
    { service: "acme", server: "acme&co", target: parseTarget("https://acme.example/libs") },
    { service: "plain", server: undefined, target: parseTarget("https://plain.example") },
  ];

  it("have the places for which it is known which repository is meant", () => {
    expect(nativePlaces(declared, "0123456789ab").map(({ id, socket }) => [id, socket])).toEqual([["toolkey-acme.example-libs-0123456789ab", "acme.sock"]]);
  });

  it("name a socket, the user name, and one mirror by both names", () => {
    const places = nativePlaces(declared, "0123456789ab");
    const text = renderNativeSettings(places, "/run/maven", new Map([[places[0]?.id ?? "", "<alice>"]]));
    expect(isFault(parseXml(text, new SaxesParser(), { otherEntities: "fault" }))).toBe(false);
    expect(text).toContain("<username>&#60;alice&#62;</username>");
    expect(text).toContain("<password>{[name=masterSourceLookup,version=4.1]gpg-agent:/run/maven/acme.sock?non-interactive}</password>");
    expect(text).toContain("<mirrorOf>acme&#38;co,toolkey-acme.example-libs-0123456789ab</mirrorOf>");
    expect(failureOf(() => renderNativeSettings(places, "/run/}", new Map())).code).toBe("unavailable");
  });
});
