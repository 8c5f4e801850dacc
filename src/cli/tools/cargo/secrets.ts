import { join } from "node:path";
import { Failure } from "../../../core/failure.ts";
import { findInCargoFile, placesByName } from "../../../protocols/cargo/token-secrets.ts";
import type { NamedFile, SecretFiles } from "../../plaintext/secret-files.ts";
import { cargoHome } from "./files.ts";

const CONFIGURATIONS = ["config.toml", "config"];
const NAMES = ["credentials.toml", "credentials", ...CONFIGURATIONS];

export const cargoSecrets: SecretFiles = {
  formats: { "cargo-credentials": findInCargoFile },
  home: (home) => NAMES.map((name): NamedFile => [join(cargoHome(home), name), "cargo-credentials"]),
  project: NAMES.map((name): NamedFile => [`.cargo/${name}`, "cargo-credentials"]),
  saying: (home) => CONFIGURATIONS.map((name) => join(cargoHome(home), name)),
  near: CONFIGURATIONS,
  locate: (_services, documents) => (name) => {
    const places = new Set(documents.flatMap((text) => placesIn(text).get(name) ?? []));
    return places.size === 1 ? [...places][0] : undefined;
  },
  notes: { "cargo-credentials": "cargo gets these from toolkey once it is set up: toolkey setup cargo" },
  advice: { cargo: "cargo: 'toolkey add URL --tool cargo' takes it by hand, with the URL of the registry's index" },
};

/** What can't be read tells nothing. */
function placesIn(text: string): ReadonlyMap<string, string> {
  try {
    return placesByName(text);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return new Map();
  }
}
