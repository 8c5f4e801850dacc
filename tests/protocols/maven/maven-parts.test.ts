/** The parts of the Maven plan: what Maven means by its texts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCommandLine, withoutSettings } from "../../../src/protocols/maven/command-line.ts";
import { interpolate } from "../../../src/protocols/maven/project/interpolation.ts";
import { selectMirror } from "../../../src/protocols/maven/places/mirror.ts";
import { mergeSettings, type Additions } from "../../../src/protocols/maven/settings/settings-merge.ts";
import { readSettings } from "../../../src/protocols/maven/settings/settings-document.ts";
import { tamperingOption, tamperingProperty } from "../../../src/protocols/maven/tampering.ts";
import { child, escapeXml, isFault, readXml } from "../../../src/protocols/text/xml.ts";

describe("the command line", () => {
  it("is read whole", () => {
    const argv = ["-s", "a", "--settings=b", "-Da=1", "-D", "b=2", "--define=c", "-Da=3", "-P", "x,!y,+z,?w,-v", "-fdir/pom.xml", "-gs=g", "-T", "1C", "-pl", "m", "-B", "-fae", "clean", "deploy"];
    expect(parseCommandLine(argv)).toEqual({
      settings: "a", globalSettings: "g", file: "dir/pom.xml",
      properties: new Map([["a", "3"], ["b", "2"], ["c", "true"]]),
      profiles: { on: new Set(["x", "z", "w"]), off: new Set(["y", "v"]) },
      goals: ["clean", "deploy"], isQuestion: false,
    });
  });

  it.each([[["-s", "x"]], [["--settings", "x"]], [["--settings=x"]], [["-s=x"]], [["-settings", "x"]], [["-s./x"]]])("finds the settings in %j", (argv) => {
    expect(parseCommandLine([...argv, "test"])).toMatchObject({ settings: expect.stringMatching(/x$/), goals: ["test"] });
    expect(withoutSettings(["-e", ...argv, "test"])).toEqual(["-e", "test"]);
  });

  it.each(["-h", "--help", "-v", "--version", "-ep", "--encrypt-master-password=x"])("%s is a question", (option) => {
    expect(parseCommandLine([option]).isQuestion).toBe(true);
  });

  it.each(["-V", "-e", "-X", "-show-version", "-ff", "-fn", "-strict-checksums"])("%s is none, and takes nothing", (option) => {
    expect(parseCommandLine([option, "test"])).toEqual(parseCommandLine(["test"]));
  });
});

describe("mirrors", () => {
  it.each<[mirrors: string[], id: string, url: string | undefined, selected: string | undefined]>([
    [["*"], "a", "https://h/", "*"],
    [["*", "a"], "a", "https://h/", "a"],
    [["*,!a"], "a", "https://h/", undefined],
    [["!a,*"], "a", "https://h/", undefined],
    [["b, a"], "a", "https://h/", "b, a"],
    [["external:*"], "a", "https://h/", "external:*"],
    [["external:*"], "a", "http://localhost:1/", undefined],
    [["external:*"], "a", "file:///x", undefined],
    [["external:http:*"], "a", "https://h/", undefined],
    [["external:http:*"], "a", "http://h/", "external:http:*"],
    [["external:*"], "a", undefined, "external:*"],
    [["aa"], "a", "https://h/", undefined],
  ])("of %j for %s at %s: %s", (mirrors, id, url, selected) => {
    expect(selectMirror({ id, url }, mirrors.map((mirrorOf) => ({ mirrorOf })))?.mirrorOf).toBe(selected);
  });
});

it.each<[text: string, value: string | undefined]>([
  ["a", "a"],
  ["${x}/${y}", "1/1"],
  ["${${name}}", "1"],
  ["${z}", undefined],
  ["${loop}", undefined],
  ["$x {y}", "$x {y}"],
  ["${unclosed", undefined],
])("interpolates %j to %j", (text, value) => {
  const values: Record<string, string> = { x: "1", y: "${x}", name: "x", loop: "${loop}" };
  expect(interpolate(text, (name) => values[name])).toBe(value);
});

describe("what a project may not set", () => {
  it.each([
    "-Dmaven.wagon.http.ssl.insecure=true", "-T1C -Dmaven.wagon.http.ssl.allowall=true", "-D maven.wagon.http.ssl.insecure=true", "--define=maven.wagon.http.ssl.insecure=true",
    '"-Dmaven.wagon.http.ssl.insecure=true"', "--def=javax.net.ssl.trustStore=x", "-Daether.connector.https.securityMode=insecure", "-Daether.transport.https.securityMode=insecure",
    "-Daether.connector.https.securityMode.toolkey-x=insecure", "-Daether.connector.http.headers=x", "-Dmaven.resolver.transport=wagon", "-Daether.priority.x=1", "-Dhttps.proxyHost=x", "-Dhttp.proxyHost=x", "-DsocksProxyHost=x",
    "-Djava.net.useSystemProxies=true", "-Djdk.net.hosts.file=x", "-Duser.home=x", "-Dmaven.ext.class.path=x", "-Dmaven.user.settings=x", "-Djava.protocol.handler.pkgs=x", "-Djdk.tls.client.protocols=x",
    "-define=maven.wagon.http.ssl.insecure=true", "-define maven.wagon.http.ssl.insecure=true", "-eDmaven.wagon.http.ssl.insecure", "-D\u0001maven.wagon.http.ssl.insecure=true", "--define=\u001fmaven.wagon.http.ssl.insecure=true",
    "-Dorg.slf4j.simpleLogger.log.org.apache.http.headers=debug", "-Da=ssl -Dmaven.${a}=x", "-define=maven.${a}=x", "javax.net.ssl.trustStore=x", "javax.net.ssl.trust\\\n  Store=x", "j\\u0061vax.net.ssl.trustStore=x", "${includes}=other.properties",
  ])("%j in maven.config or properties", (text) => {
    expect(tamperingProperty(text)).toEqual(expect.any(String));
  });

  it.each(["-T1C\n-B\n-ntp", "-Drevision=1.0-SNAPSHOT", "-DskipTests\n-Pcompany,!other", "-s\n.mvn/settings.xml", "-Dhttp.keepAlive=true", "-Dmaven.repo.local=x", "-Dhost=https.example", "-Daether.connector.basic.threads=8", "-Daether.syncContext.named.factory=x", "-Dmaven.compiler.release=17", "a.b=${c}", "-Dorg.slf4j.simpleLogger.showDateTime=true"])(
    "but %j",
    (text) => expect(tamperingProperty(text)).toBeUndefined(),
  );

  it.each([
    "-javaagent:x.jar", "-agentlib:jdwp=x", "-agentpath:x", "-Xbootclasspath/a:x", "-cp x", "--class-path=x", "--patch-module=java.base=x", "--upgrade-module-path=x", "@file", "-XX:Flags=x", "-XX:VMOptionsFile=x",
    "-XX:OnOutOfMemoryError=x", "-XX:OnError=x", "-XX:+x -XX:SharedArchiveFile=x", "-Xrunx", "-Djavax.net.ssl.trustStore=x", "-Dhttps.proxyHost=x", "-Dx=$(x)", "-Dx=`x`", "evil.Main", "-Xlog:gc -Duser.home=x", "-D${x}=1", "# a comment\r-Djavax.net.ssl.trustStore=x", "-Dorg.slf4j.simpleLogger.log.org.apache.http=debug",
  ])("%j in jvm.config", (text) => {
    expect(tamperingOption(text)).toEqual(expect.any(String));
  });

  it.each([
    "", "-Xmx4g -Xms1g -Xss2m", "-XX:+UseG1GC -XX:MaxMetaspaceSize=512m -XX:ReservedCodeCacheSize=150M -XX:TieredStopAtLevel=1 -XX:+HeapDumpOnOutOfMemoryError",
    "--add-exports jdk.compiler/com.sun.tools.javac.api=ALL-UNNAMED\n--add-opens=jdk.compiler/com.sun.tools.javac.code=ALL-UNNAMED", "--add-opens java.base/java.lang=ALL-UNNAMED --enable-native-access=ALL-UNNAMED",
    "-Dfile.encoding=UTF-8 -Djava.awt.headless=true -Djdk.xml.maxGeneralEntitySizeLimit=0 -Dx=${MAVEN_PROJECTBASEDIR}/y", "# a comment (of Maven 4)\n-ea -server", "--enable-preview --sun-misc-unsafe-memory-access=allow",
  ])("but %j", (text) => expect(tamperingOption(text)).toBeUndefined());
});

describe("the tree of a text", () => {
  it.each(["<a><b> x </b><c/></a>", "\ufeff<?xml version='1.0'?>\r\n<!-- < > -->\r\n<a\r\n x='>'>\r\n<b\n>\r\n x </b \n><c  />\r\n</a>\r\n", "<a>\u{1f600}<b><![CDATA[ x ]]></b>&eacute;<c/></a>"])("knows where it is: %j", async (text) => {
    const root = await readXml(text);
    if (isFault(root)) throw new Error(root.reason);
    const slice = (from: number, to: number) => text.slice(from, to);
    expect(slice(root.start, root.end)).toMatch(/^<a[^]*<\/a>$/);
    expect([slice(root.start, root.start + 2), slice(root.contentEnd, root.end)]).toEqual(["<a", "</a>"]);
    const [b, c] = [child(root, "b"), child(root, "c")];
    expect(b?.text).toBe("x");
    expect(slice(b?.contentStart ?? 0, b?.contentEnd ?? 0)).toMatch(/^\r?\n? x |<!\[CDATA\[ x \]\]>$/);
    expect(slice(c?.start ?? 0, c?.end ?? 0)).toMatch(/^<c *\/>$/);
  });

  it("gives back every text that can be escaped", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme", minLength: 1 }), async (text) => {
        fc.pre(text === text.trim() && !/[\p{Cc}\p{Cs}\ufffe\uffff]/u.test(text));
        expect(await readXml(`<a>${escapeXml(text)}</a>`)).toMatchObject({ text });
      }),
    );
  });
});

describe("merged settings", () => {
  const additions: Additions = {
    servers: [{ id: "S", credentials: { username: "u", password: "p" } }],
    mirrors: [{ id: "M", mirrorOf: "m", url: "https://m/" }],
    lastMirrors: [{ id: "L", mirrorOf: "l", url: "https://l/" }],
    renamed: [],
    proxiesPastLoopback: undefined,
    properties: { k: "v" },
    profile: "P",
  };
  const merge = async (text: string, more: Partial<Additions> = {}) => {
    const document = await readSettings(text);
    if (isFault(document)) throw new Error(document.reason);
    return mergeSettings(document, { ...additions, ...more });
  };
  const S = "<server><id>S</id><username>u</username><password>p</password><configuration><httpConfiguration><all><usePreemptive>true</usePreemptive></all></httpConfiguration></configuration></server>";
  const M = "<mirror><id>M</id><mirrorOf>m</mirrorOf><url>https://m/</url></mirror>";
  const L = M.replaceAll("M<", "L<").replaceAll("m<", "l<").replace("/m/", "/l/");
  const P = "<profile><id>P</id><properties><k>v</k></properties></profile>";
  const A = "<activeProfile>P</activeProfile>";

  it.each<[text: string, merged: string]>([
    ["<settings/>", `<settings><servers>${S}</servers><mirrors>${M}${L}</mirrors><profiles>${P}</profiles><activeProfiles>${A}</activeProfiles></settings>`],
    ["<settings xmlns='x' />\n", `<settings xmlns='x' ><servers>${S}</servers><mirrors>${M}${L}</mirrors><profiles>${P}</profiles><activeProfiles>${A}</activeProfiles></settings>\n`],
    [
      "<settings>\r\n<servers> <server/> </servers><mirrors/><!-- <profiles> --><profiles>\n<profile/></profiles><activeProfiles></activeProfiles> </settings>\r\n",
      `<settings>\r\n<servers>${S} <server/> </servers><mirrors>${M}${L}</mirrors><!-- <profiles> --><profiles>\n<profile/>${P}</profiles><activeProfiles>${A}</activeProfiles> </settings>\r\n`,
    ],
    ["<settings><mirrors> <mirror/> </mirrors><servers></servers><profiles/><activeProfiles/></settings>", `<settings><mirrors>${M} <mirror/> ${L}</mirrors><servers>${S}</servers><profiles>${P}</profiles><activeProfiles>${A}</activeProfiles></settings>`],
  ])("of %j", async (text, merged) => {
    expect(await merge(text)).toBe(merged);
  });

  it("have no profile without properties", async () => {
    expect(await merge("<settings/>", { properties: {}, mirrors: [], lastMirrors: [] })).toBe(`<settings><servers>${S}</servers></settings>`);
  });

  it.each([
    ["<id>a</id><mirrorOf>*</mirrorOf><url><!-- x -->https://${h}/</url>", "<id>NEW</id><mirrorOf>*</mirrorOf><url>https://new/</url>"],
    ["<mirrorOf>*</mirrorOf><url>x</url>", "<id>NEW</id><mirrorOf>*</mirrorOf><url>https://new/</url>"],
    ["<url>x</url><id/>", "<url>https://new/</url><id>NEW</id>"],
  ])("have a mirror under another name: %j", async (mirror, renamed) => {
    const text = `<settings><mirrors><mirror>${mirror}</mirror></mirrors></settings>`;
    const document = await readSettings(text);
    if (isFault(document)) throw new Error(document.reason);
    const [first] = document.mirrors;
    expect(mergeSettings(document, { ...additions, servers: [], mirrors: [], lastMirrors: [], properties: {}, renamed: first === undefined ? [] : [{ mirror: first, id: "NEW", url: "https://new/" }] })).toBe(
      `<settings><mirrors><mirror>${renamed}</mirror></mirrors></settings>`,
    );
  });
});
