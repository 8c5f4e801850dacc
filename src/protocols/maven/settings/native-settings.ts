/**
 * Settings for Maven 4 without the hook: for IDEs and mvnd, which read no ~/.mavenrc. No secret is in them:
 * Maven asks the daemon for each password, on a socket of its own (`gpg-agent.ts`). Maven 3 reads no file of these.
 */
import { Failure } from "../../../core/failure.ts";
import { formatTarget, type Target } from "../../../core/target.ts";
import { MarkedBlock } from "../../text/marked-block.ts";
import type { DeclaredPlace } from "../../tool-protocol.ts";
import { Names } from "../places/place.ts";
import { escapeXml } from "../../text/xml.ts";

/** A place that such settings have. */
export interface NativePlace {
  /** Ours, which no project can guess. */
  readonly id: string;
  /** The id by which projects name it. */
  readonly server: string;
  readonly target: Target;
  /** The name of its socket, in the directory for them. */
  readonly socket: string;
}

const BLOCK = new MarkedBlock("maven");
const SETTING = "maven.installation.settings";

/** What of a path needs no escapes, neither in a properties file nor between Maven's `{` and `}`. */
const PLAIN_PATH = /^\/[\w./@+, -]*$/;

/** The blocker of plain http in Maven's own settings, which ours take the place of. Source: conf/settings.xml of Maven 4. */
const HTTP_BLOCKER = `    <mirror>
      <id>maven-default-http-blocker</id>
      <mirrorOf>external:http:*</mirrorOf>
      <url>http://0.0.0.0/</url>
      <blocked>true</blocked>
    </mirror>`;

/** The places for which a service declares Maven's server id: only of those is it known which repository is meant. */
export function nativePlaces(declared: readonly DeclaredPlace[], mark: string): NativePlace[] {
  const names = new Names(mark);
  const places = new Map<string, NativePlace>();
  for (const { service, target, server } of declared) {
    // By the service: the path of a socket is short, and our names for places are not.
    const socket = `${service.replaceAll(/[^\w-]+/g, "-").slice(0, 30)}.sock`;
    if (server !== undefined && !places.has(socket)) places.set(socket, { id: names.next(target), server, target, socket });
  }
  return [...places.values()];
}

/**
 * The text of the settings.
 *
 * @param directory where the sockets are
 * @param usernames by id, of the tokens that there are
 * @throws Failure `unavailable` if Maven could not read the path
 */
export function renderNativeSettings(places: readonly NativePlace[], directory: string, usernames: ReadonlyMap<string, string>): string {
  assertPlain(directory);
  const servers = places.map(({ id, socket }) => `    <server>
      <id>${id}</id>
      <username>${escapeXml(usernames.get(id) ?? "toolkey")}</username>
      <password>{[name=masterSourceLookup,version=4.1]gpg-agent:${directory}/${socket}?non-interactive}</password>
    </server>`);
  // The project's id leads there, and ours leads nowhere else. One mirror, since Maven ignores a second of a name.
  const mirrors = places.map(({ id, server, target }) => `    <mirror>
      <id>${id}</id>
      <mirrorOf>${escapeXml(`${server},${id}`)}</mirrorOf>
      <url>${escapeXml(formatTarget(target))}</url>
    </mirror>`);
  return `<?xml version="1.0" encoding="UTF-8"?>
<!-- Of 'toolkey setup maven' with its option native, for Maven 4; the option undo removes it. It holds no secret:
     Maven asks toolkey's daemon for the passwords, and stops if that doesn't run. -->
<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">
  <servers>
${servers.join("\n")}
  </servers>
  <mirrors>
${[...mirrors, HTTP_BLOCKER].join("\n")}
  </mirrors>
</settings>
`;
}

/**
 * ~/.m2/maven-user.properties, which only Maven 4 reads, with the path of the settings in it. They take the
 * place of the installation's, so that the person's own stay what they are, and are stronger.
 *
 * @throws Failure `exists` if the person's own lines name such settings
 */
export function addNativeSettings(text: string | undefined, settings: string): string {
  assertPlain(settings);
  const own = text === undefined ? "" : (BLOCK.remove(text) ?? "");
  if (own.split(/\r?\n/).some((line) => line.trimStart().startsWith(SETTING))) {
    throw new Failure("exists", `the settings of Maven's installation are set there already, by ${SETTING}`, {
      hint: "remove that line first",
    });
  }
  return BLOCK.add(text, [`${SETTING} = ${settings}`]);
}

/** The text as it would be without ours; undefined if there would be no file. */
export function removeNativeSettings(text: string): string | undefined {
  return BLOCK.remove(text);
}

function assertPlain(path: string): void {
  if (PLAIN_PATH.test(path)) return;
  throw new Failure("unavailable", `Maven could not read the path ${path}`, { hint: "set TOOLKEY_HOME to one of letters and digits" });
}
