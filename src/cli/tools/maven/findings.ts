/** The checks of `toolkey doctor` for Maven. */
import { existsSync } from "node:fs";
import { covers, parseTarget } from "../../../core/target.ts";
import { findProgram, runProgram } from "../../../platform/processes/programs.ts";
import { readTextFile } from "../../../platform/files/text-file.ts";
import { keptIn, removeKept } from "../../../protocols/maven/settings/kept-settings.ts";
import { readSettings } from "../../../protocols/maven/settings/settings-document.ts";
import { hookIn } from "../../../protocols/maven/setup.ts";
import { isFault } from "../../../protocols/text/xml.ts";
import type { Doctor } from "../cli-tool.ts";
import { ask, type Context } from "../../context.ts";
import { bad, doubtful, good, type Finding } from "../../doctor/findings.ts";
import { planFindings } from "../../doctor/plan-findings.ts";
import { mavenrc } from "./setup.ts";
import { gatewayFindings } from "./gateway-findings.ts";
import { personalSettingsFile } from "./gateway.ts";

/** Maven's own id of a place, as services declare it. */
interface DeclaredServer {
  readonly server: string;
  readonly service: string;
  readonly targets: readonly string[];
}

export const mavenDoctor: Doctor = { ofTokens: mavenFindings };

/** Nothing where Maven has no token and was not set up. */
async function mavenFindings(context: Context, tokens: readonly { tool: string; state: string }[]): Promise<Finding[]> {
  const text = await readTextFile(mavenrc(context.environment));
  const hook = text === undefined ? undefined : hookIn(text);
  const isUsed = tokens.some(({ tool, state }) => tool === "maven" && state === "active");
  const settings = personalSettingsFile(context.environment);
  const kept = keptIn((await readTextFile(settings)) ?? "");
  if (hook === undefined && kept === undefined && !isUsed) return [];
  const own = [
    ...(await programFindings(context)),
    ...hookFindings(context, hook, kept !== undefined),
    ...(await settingsFindings(context, settings)),
  ];
  if (kept !== undefined) return [...own, ...(await gatewayFindings(context, settings, kept))];
  return [...own, ...(isUsed && hook !== undefined ? await laneFindings(context) : [])];
}

async function programFindings({ environment }: Context): Promise<Finding[]> {
  if (findProgram("mvn", environment) === undefined)
    return [doubtful("program-missing", "mvn is not on PATH", "install Maven, if a wrapper or an IDE does not bring its own")];
  const ended = await runProgram("mvn", ["-v", "-B"], { ...environment, MAVEN_SKIP_RC: "1" });
  const version = /Apache Maven \S+/.exec(ended?.stdout ?? "")?.[0];
  if (version === undefined) return [doubtful("program-version-unknown", "mvn does not say its version", "mvn -v, to see why")];
  return [good("program-found", version)];
}

/** @param isKept whether the hook has only to wake the daemon */
function* hookFindings({ environment }: Context, hook: string | undefined, isKept: boolean): Generator<Finding> {
  const path = mavenrc(environment);
  const again = isKept ? "toolkey setup maven --gateway" : "toolkey setup maven";
  if (hook === undefined && isKept) yield doubtful("not-set-up", "plain mvn does not start the daemon that it is led to", again);
  else if (hook === undefined) yield doubtful(
    "not-set-up",
    "plain mvn does not ask toolkey; toolkey run -- mvn does",
    "toolkey setup maven",
  );
  else if (!existsSync(hook)) yield bad("helper-missing", `${path} names ${hook}, which is not there`, again);
  else yield good("asks-toolkey", `mvn asks toolkey, by ${path}`);
  if (environment["MAVEN_SKIP_RC"])
    yield doubtful(
      "variable-in-the-way",
      `MAVEN_SKIP_RC is set: Maven does not read ${path}`,
      "unset MAVEN_SKIP_RC, or: toolkey run -- mvn …",
    );
}

async function settingsFindings(context: Context, path: string): Promise<Finding[]> {
  const written = await readTextFile(path);
  const text = written === undefined ? undefined : removeKept(written);
  if (text === undefined) return [];
  const settings = await readSettings(text);
  if (isFault(settings))
    return [
      bad(
        "settings-unreadable",
        `${path} can't be read, line ${settings.line}, column ${settings.column}: ${settings.reason}`,
        "mend it: Maven can't read it either",
      ),
    ];
  const declared = await declaredServers(context);
  const findings: Finding[] = [];
  for (const { id } of settings.servers) {
    const known = declared.find(({ server }) => server === id);
    if (known !== undefined)
      findings.push(
        doubtful(
          "file-in-the-way",
          `${path} has the server ${id}, which is that of ${known.service}`,
          "delete it: Maven gets that token from toolkey",
        ),
      );
  }
  for (const { mirrorOf, url, id } of settings.mirrors) {
    const known = declared.find(({ server }) => server === mirrorOf);
    if (known === undefined || isAt(url, known.targets)) continue;
    findings.push(
      doubtful(
        "mirror-elsewhere",
        `${path} sends ${mirrorOf} elsewhere, by the mirror ${id}, which is stronger than toolkey's`,
        `delete it, or add a token for that place: toolkey add ${url} --tool maven`,
      ),
    );
  }
  return findings;
}

async function declaredServers(context: Context): Promise<DeclaredServer[]> {
  const { services } = await ask(context, "services", {});
  return services.flatMap(({ name, tools }) =>
    tools.flatMap(({ tool, server, targets }) => (tool === "maven" && server !== undefined ? [{ server, service: name, targets }] : [])),
  );
}

/** Runs what `mvn` would read, and asks for the plan of a build here, which says which token is for which place. */
async function laneFindings(context: Context): Promise<Finding[]> {
  const script = 'if [ -f "$HOME/.mavenrc" ]; then . "$HOME/.mavenrc" >/dev/null; fi; printf "%s %s" "${1-}" "${2-}"';
  const ended = await runProgram("sh", ["-c", script, "mvn", "validate"], context.environment);
  const isGiven = ended !== undefined && /^-s \/(proc\/\d+|dev)\/fd\/\d+$/.test(ended.stdout);
  const example = { tool: "maven", program: "mvn", argument: "validate", nothing: "needs no token that there is", direct: true };
  return planFindings(context, example, (given) =>
    given.length > 0 && !isGiven
      ? [
          bad(
            "hook-silent",
            "mvn would not get its tokens: ~/.mavenrc says nothing to it",
            "sh -c '. ~/.mavenrc', to see why; something in it may end it",
          ),
        ]
      : [],
  );
}

function isAt(url: string, targets: readonly string[]): boolean {
  try {
    return targets.some((target) => covers(parseTarget(target), parseTarget(url)));
  } catch {
    // With variables in it, or of no server.
    return false;
  }
}
