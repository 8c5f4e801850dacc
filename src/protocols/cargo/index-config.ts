/** The `config.json` of an index, which says where the crates are. Pure. */
import { asRecord } from "../npm/configuration/manifest.ts";

/**
 * The same with crates that are at the host of the index to be had through the gateway, where Cargo is to say who it is. What is
 * elsewhere stays as it is: Cargo goes there by itself.
 *
 * @returns the text as it was if it is no such file
 */
export function leadCrates(text: string, through: (url: URL) => string | undefined): string {
  const config = parse(text);
  const dl = config["dl"];
  const led = typeof dl === "string" ? ledTemplate(dl, through) : undefined;
  return led === undefined ? text : `${JSON.stringify({ ...config, dl: led, "auth-required": true })}\n`;
}

/** A template with markers like `{crate}`, which are no part of a URL. */
function ledTemplate(template: string, through: (url: URL) => string | undefined): string | undefined {
  const [, host, rest = ""] = /^(https?:\/\/[^/?#{}@]+)(\/.*)?$/is.exec(template) ?? [];
  return host === undefined || !URL.canParse(host) ? undefined : through(new URL(host))?.replace(/\/$/, () => rest);
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return asRecord(JSON.parse(text));
  } catch {
    return {};
  }
}
