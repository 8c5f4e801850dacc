import { Secret } from "../../core/secret.ts";
import { bareUrl, reported, type PlaintextSecret } from "./plaintext-secret.ts";
import { lineAt } from "./text-lines.ts";
import { mappingAt, readYaml } from "./yaml.ts";

const SECRETS: ReadonlySet<string> = new Set(["auth", "password", "identitytoken", "registrytoken"]);

/** Docker's `config.json`, also that of podman, buildah, skopeo. @throws Failure as `readYaml` */
export function findInDockerConfig(text: string): PlaintextSecret[] {
  return mappingAt(readYaml(text), "auths").flatMap(({ key: host, value: registry }) => {
    if (typeof registry !== "object") return [];
    const url = bareUrl(host.includes("://") ? host : `https://${host}`);
    return registry
      .filter(({ key, value }) => SECRETS.has(key) && typeof value === "string" && value !== "")
      .map(({ value, start }) =>
        reported({
          tool: "docker",
          name: url ?? "registry",
          url,
          username: undefined,
          secret: new Secret(typeof value === "string" ? value : ""),
          line: lineAt(text, start),
          stays: "not served",
        }),
      );
  });
}
