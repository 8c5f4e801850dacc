/** A repository that a POM or the settings name. */
import { childrenOf, childText, type Element } from "../../text/xml.ts";

export interface Repository {
  readonly kind: "repository" | "plugins";
  readonly id: string;
  /** As it is written, with expressions. */
  readonly url: string;
  /** Whether it has Maven's usual layout; others are not mirrored by an ordinary mirror. */
  readonly isUsual: boolean;
}

/** Those of a project, a profile, or `distributionManagement`. */
export function readRepositories(element: Element | undefined): Repository[] {
  const read = (kind: Repository["kind"], list: string, name: string): Repository[] =>
    childrenOf(element, list, name).map((found) => readRepository(found, kind));
  return [...read("repository", "repositories", "repository"), ...read("plugins", "pluginRepositories", "pluginRepository")];
}

export function readRepository(element: Element, kind: Repository["kind"]): Repository {
  return {
    kind,
    id: childText(element, "id") ?? "default",
    url: childText(element, "url") ?? "",
    isUsual: (childText(element, "layout") ?? "default") === "default",
  };
}

/** The properties below an element: `<properties><a>b</a></properties>`. */
export function readProperties(element: Element | undefined): ReadonlyMap<string, string> {
  return new Map(childrenOf(element, "properties").flatMap(({ children }) => children.map(({ name, text }) => [name, text] as const)));
}
