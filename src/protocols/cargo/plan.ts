/**
 * Cargo: what it fetches goes through the gateway, in the place of its registries; what it publishes goes to the registry itself, for which
 * it asks toolkey. What is measured is in docs/tools/cargo.md.
 */
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { formatTarget, isReadableOnTheWay, sameTarget, type Target } from "../../core/target.ts";
import { noNeeds, type Need, type NothingGiven, type ReadHeld, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { tableAt } from "../text/toml.ts";
import { configuration, settingAt, type Settings } from "./configuration.ts";
import { indexesOf, namedIndex, type Placed } from "./indexes.ts";
import { planTokens } from "./settings-text.ts";
import { cargoThrough, type Situation } from "./through.ts";
import { foreignToolchain } from "./toolchain.ts";
import { cargoWords, type CargoWords } from "./words.ts";

/** What a project may say of the way to a registry: who could read along. */
const OF_TRUST = ["cainfo", "proxy-cainfo", "ssl-version"];
/** What it may say of programs that Cargo runs also where it builds nothing, and that could look at what it has. */
const OF_PROGRAMS = [
  ["build", "rustc"], ["build", "rustc-wrapper"], ["build", "rustc-workspace-wrapper"], ["credential-alias"],
  ["registry", "credential-provider"], ["registry", "global-credential-providers"],
];

export async function cargo(request: RunRequest, read: ReadText, _held: ReadHeld): Promise<Survey> {
  const words = cargoWords(request.arguments);
  if (words.kind === "local") return noNeeds(EMPTY_PLAN);
  if (words.kind === "account") return noNeeds(planOfAccount(words));
  const settings = await configuration(request, read);
  const indexes = words.kind === "fetches" || words.command === "publish" ? await indexesOf(request, words, settings, read) : [];
  const foreign = await foreignToolchain(request, words, read);
  const situation = { request, words, settings, indexes };
  if (words.kind === "by-name") return byName(situation, await namedIndex(request, words, settings, read), foreign);
  return {
    needs: readingFrom(indexes),
    asks: placesOf(indexes.filter(({ isUsed }) => isUsed)).map((target) => ({ target })),
    plan: (grants) => planTokens(words, indexes, grants),
    planThrough(grants, doorway) {
      // In a session the phantom is for whatever runs there.
      if (foreign === undefined || request.isInSession === true) return cargoThrough(situation, grants, doorway);
      return { withheld: foreign, hint: "say which one: cargo +stable; or toolkey run -- sh -c 'cargo ...', which is a session" };
    },
    distrust: (target) => distrusted(settings, target),
  };
}

function readingFrom(indexes: readonly Placed[]): Need[] {
  return placesOf(indexes).map((target) => ({ target, aim: "reading" }));
}

function placesOf(indexes: readonly Placed[]): Target[] {
  return indexes
    .map(({ target }) => target)
    .filter((target, index, all) => all.findIndex((other) => sameTarget(other, target)) === index);
}

function planOfAccount({ command }: CargoWords): Plan {
  return {
    ...EMPTY_PLAN,
    notes: [`'cargo ${command}' can't reach toolkey in a command of toolkey run`],
    hints: [`cargo ${command}, once toolkey setup cargo was run: then toolkey keeps its tokens`],
  };
}

/** What publishes, or asks a registry by its name, of `indexes` those of what it depends on. @param foreign of `foreignToolchain` */
function byName({ request, words, settings, indexes }: Situation, index: Placed | undefined, foreign: string | undefined): Survey {
  if (index === undefined || request.arguments.some((word) => /^--token(=|$)/.test(word))) return noNeeds(EMPTY_PLAN);
  const { target } = index;
  const { command } = words;
  const others = indexes.filter((each) => each.isUsed && !sameTarget(each.target, target));
  return {
    needs: [...readingFrom(others), { target, aim: words.changes ? "publishing" : "reading" }],
    asks: words.changes ? [{ target }] : [],
    publishes: words.changes,
    plan: (grants) => planTokens(words, [...others, index], grants),
    planThrough() {
      if (words.verifies)
        return {
          withheld: `'cargo ${command}' builds what it publishes, and asks the registry itself`,
          hint: "toolkey run -- cargo package, which builds it; then toolkey run -- cargo publish --no-verify",
        };
      const why = distrusted(settings, target)?.note ?? programsOf(settings) ?? foreign;
      return why === undefined ? { direct: `'cargo ${command}' asks the registry itself` } : { withheld: why };
    },
  };
}

function distrusted(settings: readonly Settings[], target: Target): NothingGiven | undefined {
  const found = settings
    .filter(({ ofProject }) => ofProject)
    .flatMap(({ source, table }) =>
      [...OF_TRUST, ...(target.scheme === "http" && isReadableOnTheWay(target) ? ["proxy"] : [])]
        .filter((key) => settingAt([{ source, table, ofProject: true }], "http", key) !== undefined)
        .map((key) => `http.${key} in ${source}`),
    );
  if (found.length === 0) return undefined;
  return {
    note: `cargo gets no token for ${formatTarget(target)}: ${found.join(" and ")} would decide who can read it`,
    hint: "what is meant for all of your projects belongs into config.toml in CARGO_HOME",
  };
}

function programsOf(settings: readonly Settings[]): string | undefined {
  const found = settings
    .filter(({ ofProject }) => ofProject)
    .flatMap((each) => {
      const ofRegistries = Object.keys(tableAt(each.table, "registries")).map((name) => ["registries", name, "credential-provider"]);
      return [...OF_PROGRAMS, ...ofRegistries]
        .filter((path) => settingAt([each], ...path) !== undefined)
        .map((path) => `${path.join(".")} in ${each.source}`);
    });
  return found.length === 0 ? undefined : `${found.join(" and ")} has Cargo run programs of the project's`;
}
