import { join } from "node:path";
import { findInConanCredentials, findInSourceCredentials, remotesIn } from "../../../protocols/conan/credentials-file.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";
import { conanHome } from "./files.ts";

export const conanSecrets: SecretFiles = {
  formats: { "conan-credentials": findInConanCredentials, "conan-source-credentials": findInSourceCredentials },
  home: (home) => [
    [join(conanHome(home), "credentials.json"), "conan-credentials"],
    [join(conanHome(home), "source_credentials.json"), "conan-source-credentials"],
  ],
  project: [],
  saying: (home) => [join(conanHome(home), "remotes.json")],
  locate(_services, documents) {
    const remotes = new Map(documents.flatMap((text) => [...remotesIn(text)]));
    return (name) => remotes.get(name);
  },
  notes: { "conan-credentials": "conan gets these from toolkey once it is set up: toolkey setup conan" },
};
