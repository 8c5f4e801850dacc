/** Variables by which no proxy is asked for the gateway. Pure. */
import { GATEWAY_HOST } from "./url.ts";

/** @returns what is to be set besides; nothing where no variable names a proxy */
export function pastProxies(environment: Readonly<Record<string, string>>): Record<string, string> {
  if (!Object.keys(environment).some((name) => /^https?_proxy$/i.test(name))) return {};
  const names = Object.keys(environment).filter((name) => /^no_proxy$/i.test(name));
  const exceptions = (name: string): string => [environment[name] ?? "", GATEWAY_HOST].filter((text) => text !== "").join(",");
  return Object.fromEntries([...new Set([...names, "no_proxy"])].map((name) => [name, exceptions(name)]));
}
