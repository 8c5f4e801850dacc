import { Secret } from "../../core/secret.ts";
import { bareUrl, isReference, isSecretName, passwordInUrl, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { readYaml } from "../plaintext/yaml.ts";
import { sectionOf, settingsIn, valueOf } from "./configuration.ts";

const SECTION = sectionOf("");

/** The logins of servers in `ansible.cfg`. */
export function findInAnsibleConfig(text: string): PlaintextSecret[] {
  const settings = settingsIn(text);
  const inUrls = settings.flatMap(({ section, key, value, line }) => {
    const password = /^(url|server)$/.test(key) ? passwordInUrl(value) : undefined;
    if (password === undefined) return [];
    const [url, name] = [bareUrl(value), section.startsWith(SECTION) ? section.slice(SECTION.length) : section];
    return [reported({ tool: "ansible", name, url, username: undefined, line, secret: new Secret(password), stays: "it is in a URL" })];
  });
  const secrets = settings.filter(({ section, key }) => section.startsWith(SECTION) && /^(token|password)$/.test(key));
  const held = secrets.filter(({ value }) => value !== "" && !isReference(value));
  const logins = held.map(({ section, key, value, line, piece }): PlaintextSecret => {
    const names = key === "password" ? settings.filter((each) => each.section === section && each.key === "username") : [];
    const username = names.at(-1)?.value;
    const url = bareUrl(valueOf(settings, section, "url") ?? "");
    const found = { tool: "ansible", name: section.slice(SECTION.length), url, line, secret: new Secret(value) };
    const isNameless = key === "password" && (username === undefined || isSecretName(username));
    const why = whyNot(value, { isNameless, isExchanged: valueOf(settings, section, "auth_url") !== undefined });
    if (why !== undefined) return reported({ ...found, username: undefined, stays: why });
    return { ...found, username, stays: undefined, pieces: [piece, ...names.map((name) => name.piece)] };
  });
  return [...inUrls, ...logins];
}

/** `galaxy_token`, which is for whatever server is the default. @throws Failure as `readYaml` */
export function findInGalaxyToken(text: string): PlaintextSecret[] {
  return readYaml(text).flatMap(({ key, value, start }) => {
    if (key !== "token" || typeof value !== "string" || value === "") return [];
    const found = { tool: "ansible", name: "galaxy_token", url: undefined, username: undefined, secret: new Secret(value) };
    return [reported({ ...found, line: lineAt(text, start), stays: "nothing says which server it is for" })];
  });
}

function whyNot(value: string, { isNameless, isExchanged }: { isNameless: boolean; isExchanged: boolean }): string | undefined {
  if (isNameless) return "it has no user name";
  if (value.includes("\n")) return "it has several lines";
  return isExchanged ? "it is exchanged at its auth_url" : undefined;
}
