/** What `toolkey setup maven --gateway` writes into settings.xml, and that it is taken away to the byte. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Secret } from "../../../src/core/secret.ts";
import { formatTarget, parseTarget } from "../../../src/core/target.ts";
import { addKept, keptIn, removeKept } from "../../../src/protocols/maven/settings/kept-settings.ts";
import { surveyKept, type KeptRequest } from "../../../src/protocols/maven/settings/kept-survey.ts";
import { maven } from "../../../src/protocols/maven/plan.ts";
import { NO_SETTINGS, readSettings, type SettingsDocument } from "../../../src/protocols/maven/settings/settings-document.ts";
import { mergeSettings, type Additions } from "../../../src/protocols/maven/settings/settings-merge.ts";
import { findInMavenSettings } from "../../../src/protocols/maven/settings/settings-secrets.ts";
import { isFault, type Element } from "../../../src/protocols/text/xml.ts";
import { failureLater } from "../../fixtures/failures.ts";
import { makeToken, revealed } from "../../fixtures/tokens.ts";
import { INSTALLATION } from "../client-request.ts";

const LIBS = "https://repo.acme.example/libs";
const MARK = "0123456789ab";
const ID = `toolkey-repo.acme.example-libs-${MARK}`;
const GATEWAY = "http://127.0.0.1:21345";
const REQUEST: KeptRequest = { home: "/home/ada", environment: {}, declared: [], mark: MARK, publish: false };
const ACME = [{ service: "acme", target: parseTarget(LIBS), server: "acme" }];
const COMMENT = (phantom: string, more = "") => `<!-- toolkey: begin (${phantom}): 'toolkey setup maven' with the option undo takes this away${more} -->`;
const END = "<!-- toolkey: end -->";

const ADDITIONS: Additions = {
  servers: [{ id: "S", credentials: { username: "toolkey", password: "tkphantom_x--" } }],
  mirrors: [{ id: "M", mirrorOf: "m", url: `${GATEWAY}/https/m` }],
  lastMirrors: [{ id: "L", mirrorOf: "l", url: `${GATEWAY}/https/l` }],
  renamed: [],
  properties: { k: "v" },
  profile: "P",
  proxiesPastLoopback: [],
};

async function read(text: string): Promise<SettingsDocument> {
  const document = await readSettings(text);
  if (isFault(document)) throw new Error(document.reason);
  return document;
}

/** What an element says, without where. */
function said({ name, text, children }: Element): unknown {
  return { name, text, children: children.map(said) };
}

async function kept(settings: string | undefined, request: Partial<KeptRequest> = {}, phantom = "p-1") {
  const survey = await surveyKept({ ...REQUEST, ...request }, settings, () => Promise.resolve(undefined));
  const grants = survey.needs.map((need) => ({ need, presents: "Bearer" as const, token: makeToken({ id: "maven-1", tool: "maven", at: LIBS }) }));
  const { permit, text } = survey.through(grants, { gateway: GATEWAY, phantom: new Secret("tkphantom_x--") });
  return { needs: survey.needs.map(({ target }) => formatTarget(target)), permit: revealed(permit), text: text(phantom) };
}

describe("the pieces", () => {
  it("are whole, and the file says by itself how to take them away", async () => {
    const { text, permit } = await kept(undefined, { declared: ACME });
    const begin = COMMENT("p-1", ", and the file, if nothing else is in it");
    const preemptive = ["connector", "transport"].map((part) => `<aether.${part}.http.preemptiveAuth.${ID}>true</aether.${part}.http.preemptiveAuth.${ID}>`).join("");
    expect(text).toBe(`<settings>
${begin}
<servers><server><id>${ID}</id><username>toolkey</username><password>tkphantom_x--</password><configuration><httpConfiguration><all><usePreemptive>true</usePreemptive></all></httpConfiguration></configuration></server></servers>\
<mirrors><mirror><id>${ID}</id><mirrorOf>${ID},acme</mirrorOf><url>${GATEWAY}/https/repo.acme.example/libs</url></mirror></mirrors>\
<profiles><profile><id>toolkey-${MARK}</id><properties>${preemptive}</properties></profile></profiles><activeProfiles><activeProfile>toolkey-${MARK}</activeProfile></activeProfiles>
${END}</settings>
`);
    expect(permit).toEqual({ addressing: "url", holder: "maven", routes: [{ target: revealed(parseTarget(LIBS)), isAuthorized: true, publishes: false }], publishes: false, proxies: { httpProxy: "", httpsProxy: "", noProxy: "" } });
    expect(keptIn(text)).toEqual({ phantom: "p-1", gateway: GATEWAY });
    expect(removeKept(text)).toBeUndefined();
    expect(removeKept(text.replace("<settings>", "<settings> "))).toBe("<settings> \n</settings>\n");
    expect(findInMavenSettings(text)).toEqual([]);
  });

  it("put a mirror of the person's back, and are replaced by those of the next time", async () => {
    const mine = `<settings>\r\n <mirrors><mirror><id>company</id><mirrorOf>*</mirrorOf>\n<url>${LIBS}</url></mirror></mirrors><proxies><proxy><host>p--q</host><nonProxyHosts>a--b</nonProxyHosts></proxy></proxies></settings>`;
    const { text, needs } = await kept(mine);
    expect(needs).toEqual([LIBS]);
    expect(text).toContain(`${COMMENT("p-1", ", and puts back %3Cid%3Ecompany%3C%2Fid%3E")}\n<id>toolkey-repo.acme.example-libs-company-${MARK}</id>\n${END}<mirrorOf>*</mirrorOf>`);
    expect(text).toContain("<nonProxyHosts>a--b|127.0.0.1</nonProxyHosts>");
    expect(removeKept(text)).toBe(mine);
    const again = await kept(text, {}, "p-2");
    expect(again.text).toBe(text.replaceAll("(p-1)", "(p-2)"));
    const changed = again.text.replace("</settings>", "<offline>true</offline></settings>");
    expect(removeKept(changed)).toBe(mine.replace("</settings>", "<offline>true</offline></settings>"));
  });

  const list = fc.constantFrom("", "<servers/>", "<servers>\n</servers>", "<servers><server><id>a</id></server></servers>", "<mirrors ></mirrors>", "<mirrors><!-- mine --></mirrors>", "<profiles/>", "<proxies><proxy/><proxy><host>h--</host></proxy></proxies>", "<activeProfiles>\t<activeProfile>x</activeProfile></activeProfiles>");
  const text = fc.oneof(
    fc.constantFrom("<settings/>", '<settings a="--"/>', "<settings></settings>", NO_SETTINGS, "\u{feff}<?xml version='1.0'?>\r\n<settings\n/>\r\n"),
    fc.uniqueArray(list, { selector: (xml) => /\w+/.exec(xml)?.[0] ?? "" }).map((lists) => `<settings>${lists.join("\n ")}</settings>`),
  );

  it("say to Maven what merged settings say, and are taken away to the byte, whatever the settings are", async () => {
    await fc.assert(
      fc.asyncProperty(text, fc.boolean(), async (before, isNew) => {
        const document = await read(before);
        const after = addKept(document, ADDITIONS, { phantom: "p-1", isNew });
        expect(said((await read(after)).root)).toEqual(said((await read(mergeSettings(document, ADDITIONS))).root));
        expect(removeKept(after)).toBe(isNew && before === NO_SETTINGS ? undefined : before);
      }),
    );
  });

  it("are no other text", () => {
    fc.assert(fc.property(fc.string(), (other) => {
      expect(removeKept(other)).toBe(other);
      expect(keptIn(other)).toBeUndefined();
    }));
  });
});

describe("the survey", () => {
  it("is of mirrors and repositories of the settings, and of the servers that services declare", async () => {
    const profile = `<profiles><profile><id>p</id><activation><activeByDefault>true</activeByDefault></activation><repositories><repository><id>r</id><url>https://r.example</url></repository></repositories></profile></profiles>`;
    const settings = `<settings><mirrors><mirror><id>m</id><mirrorOf>other</mirrorOf><url>https://m.example</url></mirror></mirrors>${profile}</settings>`;
    expect((await kept(settings, { declared: ACME })).needs).toEqual(["https://m.example", "https://r.example", LIBS]);
  });

  it("has a deployment with --publish, where the settings name one", async () => {
    const settings = `<settings><profiles><profile><id>p</id><properties><altDeploymentRepository>x::default::${LIBS}</altDeploymentRepository></properties></profile></profiles><activeProfiles><activeProfile>p</activeProfile></activeProfiles></settings>`;
    const found = await kept(settings, { publish: true });
    expect(found.text).toContain(`<altReleaseDeploymentRepository>${ID}::default::${GATEWAY}/https/repo.acme.example/libs</altReleaseDeploymentRepository>`);
    expect(found.permit).toMatchObject({ routes: [{ publishes: true }] });
    expect((await kept(settings)).needs).toEqual([]);
  });

  it.each([
    ["that are no XML", "<settings>", "/home/ada/.m2/settings.xml, line 1, column 10: unclosed tag: settings; nothing is given"],
    ["with a proxy that wants a login", "<settings><proxies><proxy><host>h</host><username>u</username></proxy></proxies></settings>", "the gateway can't use the proxy in /home/ada/.m2/settings.xml, which wants a login"],
  ])("fails for settings %s", async (_what, settings, message) => {
    expect((await failureLater(() => kept(settings, { declared: ACME }))).message).toBe(message);
  });

  it("is not in the way of toolkey run: that leads there by itself", async () => {
    const { text } = await kept(`<settings><mirrors><mirror><id>company</id><mirrorOf>*</mirrorOf><url>${LIBS}</url></mirror></mirrors></settings>`);
    const survey = await maven(
      { arguments: ["validate"], directory: "/work", home: "/home/ada", environment: {}, declared: [], variables: {}, publish: false, installation: INSTALLATION, mark: MARK },
      (path) => Promise.resolve(path === "/home/ada/.m2/settings.xml" ? text : undefined),
      () => Promise.resolve([]),
    );
    expect(survey.needs.map(({ target }) => formatTarget(target))).toEqual([LIBS]);
  });
});
