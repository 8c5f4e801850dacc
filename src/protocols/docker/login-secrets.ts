import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget } from "../../core/target.ts";
import { isSecretName, reported, splitCredential, type PlaintextSecret } from "../plaintext/plaintext-secret.ts";
import { lineAt } from "../plaintext/text-lines.ts";
import { mappingAt, readYaml, textAt, type Entry } from "../plaintext/yaml.ts";
import { targetOfLogin } from "./server-url.ts";

/** Of a login: what is a secret, or a user name by it. `password` and `username` are of docker's before 1.7. */
const LOGIN: ReadonlySet<string> = new Set(["auth", "password", "identitytoken", "registrytoken"]);
/** The user name by which docker and its helpers mark a token that is exchanged for others (docker/cli `config/types`). */
const IDENTITY = "<token>";

/**
 * The logins in docker's `config.json`, which are also those of podman's family in `auth.json` (containers-auth.json(5)).
 *
 * @throws Failure as `readYaml`
 */
export function findInDockerConfig(text: string): PlaintextSecret[] {
  return mappingAt(readYaml(text), "auths").flatMap(({ key: registry, value: login }) => {
    if (typeof login !== "object") return [];
    const url = urlOf(registry);
    const common = { tool: "docker", name: url ?? "registry", url };
    const username = textAt(login, "username") ?? nameIn(textAt(login, "auth"));
    const identity = login.some(({ key, value }) => key === "identitytoken" && typeof value === "string" && value !== "");
    return login.filter(({ key, value }) => LOGIN.has(key) && typeof value === "string" && value !== "").flatMap((entry) => {
      const secret = secretOf(entry);
      const found = { ...common, line: lineAt(text, entry.start), secret: new Secret(secret ?? textOf(entry)) };
      if (secret === "") return [];
      const left = (stays: string): PlaintextSecret => reported({ ...found, username: undefined, stays });
      if (entry.key === "registrytoken") return left("it is the registry's own, and over soon");
      if (secret === undefined) return left("it is no user name with a secret, in base64");
      // Beside an identity token there is but a user name.
      if (identity && entry.key !== "identitytoken") return [];
      const name = entry.key === "identitytoken" ? IDENTITY : username;
      if (name === undefined || isSecretName(name)) return left("it has no user name");
      return { ...found, username: name, stays: undefined, pieces: [entry.piece] };
    });
  });
}

function textOf({ value }: Entry): string {
  return typeof value === "string" ? value : "";
}

function secretOf(entry: Entry): string | undefined {
  const text = textOf(entry);
  return entry.key === "auth" ? splitCredential(text)?.password : text;
}

function nameIn(auth: string | undefined): string | undefined {
  const name = auth === undefined ? undefined : splitCredential(auth)?.username;
  return name === "" ? undefined : name;
}

/** Undefined for what is no registry's. */
function urlOf(registry: string): string | undefined {
  try {
    return formatTarget(targetOfLogin(registry));
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
