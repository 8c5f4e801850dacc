import { Secret } from "../../core/secret.ts";
import { bareUrl, isReference, passwordInUrl, reported, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { readYaml } from "../plaintext/yaml.ts";
import { settingOf } from "./settings.ts";

/** Settings with a dot in their name that are no hosts (bundle-config(1)). */
const NO_HOST = /^(mirror|local|build)\.|^gem\.[a-z_]+$|^path\.system$/;
const HOST = /^(https?:\/\/)?((?:[a-z0-9-]+\.)+[a-z0-9-]+|localhost)(:\d+)?(\/.*)?$/;
/** In the place of a password: then the user name is the secret. */
const NO_PASSWORD = /^(x-oauth-basic)?$/;

/** Logins in Bundler's `config`. @throws Failure as `readYaml` */
export function findInBundleConfig(text: string): PlaintextSecret[] {
  return readYaml(text).flatMap(({ key, value, start, piece }): PlaintextSecret[] => {
    const place = settingOf(key) ?? "";
    const inUrl = typeof value === "string" && place !== "" ? passwordInUrl(value) : undefined;
    if (typeof value === "string" && inUrl !== undefined) {
      const url = bareUrl(value);
      const found = { tool: "bundler", name: url ?? "", url, username: undefined, secret: new Secret(plain(inUrl)) };
      return [reported({ ...found, line: lineAt(text, start), stays: "it is in a URL" })];
    }
    if (typeof value !== "string" || value === "" || isReference(value) || NO_HOST.test(place) || !HOST.test(place)) return [];
    const url = place.includes("://") ? place : `https://${place}`;
    const [, username = "", password = ""] = /^([^:]*):?(.*)$/s.exec(value) ?? [];
    const found = { tool: "bundler", name: place, url, line: lineAt(text, start) };
    if (NO_PASSWORD.test(password) || username === "") {
      const secret = new Secret(plain(username === "" ? password : username));
      return [reported({ ...found, username: undefined, secret, stays: "it has no user name, or is one" })];
    }
    return [{ ...found, username: plain(username), secret: new Secret(plain(password)), stays: undefined, pieces: [piece] }];
  });
}

/** Of RubyGems' `credentials`: keys by which `gem push` logs in. @throws Failure as `readYaml` */
export function findInGemCredentials(text: string): PlaintextSecret[] {
  return readYaml(text).flatMap(({ key, value, start }) => {
    if (typeof value !== "string" || value === "") return [];
    const url = /^https?:\/\/[^@]*$/.test(key) ? key : undefined;
    const name = bareUrl(key) ?? key.replace(/^:/, "");
    const [secret, line] = [new Secret(value), lineAt(text, start)];
    return [reported({ tool: "gem", name, url, username: undefined, secret, line, stays: "not served" })];
  });
}

function plain(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
