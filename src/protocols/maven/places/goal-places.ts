/** The places that goals are told of by their own parameters, and no settings or POM knows. */
import type { Target } from "../../../core/target.ts";
import type { CommandLine } from "../command-line.ts";
import { interpolate, type Lookup } from "../project/interpolation.ts";
import type { Repository } from "../project/repository.ts";

/** `mvn dependency:get`, also by its whole name. Asks by way of mirrors (`injectMirror`, 3.x). */
const GETS = /^(dependency|.*:maven-dependency-plugin(:[^:]*)?):get(@.*)?$/;
const DEPLOYS_FILE =
  /^(deploy|.*:maven-deploy-plugin(:[^:]*)?):deploy-file(@.*)?$|^(gpg|.*:maven-gpg-plugin(:[^:]*)?):sign-and-deploy-file(@.*)?$/;

/** Of `-DremoteRepositories=id::[layout]::url,url`; the plugin's own name for one without an id is `temp`. */
export function repositoriesToGet({ goals, properties }: Pick<CommandLine, "goals" | "properties">): Repository[] {
  if (!goals.some((goal) => GETS.test(goal))) return [];
  return (properties.get("remoteRepositories") ?? "").split(",").map((text) => text.trim()).filter((text) => text !== "").map((text) => {
    const [, id = "temp", layout = ""] = /^(.+)::(.*)::.+$/.exec(text) ?? [];
    return { kind: "repository", id, url: text.split("::").at(-1) ?? "", isUsual: layout === "" || layout === "default" };
  });
}

/** Where `deploy-file` goes, by `-Durl=`. Undefined if nothing does. */
export function placeOfFile({ goals, properties }: Pick<CommandLine, "goals" | "properties">, lookup: Lookup): string | undefined {
  const url = goals.some((goal) => DEPLOYS_FILE.test(goal)) ? properties.get("url") : undefined;
  return url === undefined ? undefined : interpolate(url, lookup);
}

/** By which `deploy-file` goes elsewhere, with the credentials of a server: of equal properties the last counts. */
export function leadFile(url: string, server: string): string[] {
  return [`-Durl=${url}`, `-DrepositoryId=${server}`];
}

/** All URLs that properties of the command line have, by the name of the property. */
export function urlsOfProperties(
  properties: ReadonlyMap<string, string>,
  placeOf: (url: string) => Target | undefined,
): { readonly name: string; readonly place: Target }[] {
  return [...properties].flatMap(([name, value]) =>
    [...value.matchAll(/https?:\/\/[^\s,;|]+/g)].flatMap(([url]) => {
      const place = placeOf(url);
      return place === undefined ? [] : [{ name, place }];
    }),
  );
}
