/** What a new token can be bound to. Tokens that are in the vault already may be bound to more. */
import { Failure } from "../core/failure.ts";
import { parseTarget, type Target } from "../core/target.ts";
import { NAMES, URL_PREFIXES } from "./tool-facts.ts";

/** Where git asks nobody for a credential (gitcredentials(7): it is for HTTP, and what works as it does). */
const NEVER_ASKED_BY_GIT: ReadonlySet<string> = new Set(["ssh", "git", "git+ssh", "ssh+git", "file"]);

/**
 * Reads the target of a new token: as `parseTarget`, but none that no request will ever match.
 *
 * @param tool that it is for, if that is known
 * @throws Failure `usage`
 */
export function newTarget(text: string, tool?: string): Target {
  const prefix = URL_PREFIXES[tool ?? ""] ?? "";
  const target = parseTarget(text.startsWith(prefix) ? text.slice(prefix.length) : text);
  if (target.host.includes("*"))
    throw new Failure("usage", "a token is for one host, and '*' stands for none", { hint: "add it for each host by its name" });
  if (text.includes("*")) {
    throw new Failure("usage", "a token is good for everything below its path, and '*' stands for nothing there", {
      hint: "leave out what has a '*' in it",
    });
  }
  const { scheme } = target;
  const isAsked = tool === undefined || (tool === "git" ? !NEVER_ASKED_BY_GIT.has(scheme) : /^https?$/.test(scheme));
  if (!isAsked)
    throw new Failure("usage", `${tool} asks for no token where it goes by ${scheme}`, { hint: "give the URL that begins with https://" });
  const isUsual = target.scheme === "https" && target.port === 443;
  const kept = isUsual ? NAMES[tool ?? ""]?.find(([hosts]) => new RegExp(hosts).test(target.host)) : undefined;
  return kept === undefined ? target : parseTarget(kept[1]);
}
