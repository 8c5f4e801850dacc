import { join } from "node:path";
import { findInCoursierCredentials, findInIvyCredentials, findInSbt } from "../../../protocols/coursier/credentials-file.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const coursierSecrets: SecretFiles = {
  formats: { "coursier-credentials": findInCoursierCredentials, "ivy-credentials": findInIvyCredentials, sbt: findInSbt },
  home: ({ home, config, set }) => [
    [join(set("COURSIER_CONFIG_DIR") ?? join(config, "coursier"), "credentials.properties"), "coursier-credentials"],
    [join(home, "Library", "Application Support", "Coursier", "credentials.properties"), "coursier-credentials"],
    [join(home, ".sbt", ".credentials"), "ivy-credentials"],
    [join(home, ".ivy2", ".credentials"), "ivy-credentials"],
    [join(home, ".sbt", "1.0", "credentials.sbt"), "sbt"],
    [join(home, ".sbt", "1.0", "global.sbt"), "sbt"],
  ],
  project: [["build.sbt", "sbt"]],
  notes: {
    "coursier-credentials": "coursier gets these where it is started by toolkey: toolkey run -- cs, or toolkey setup coursier",
    "ivy-credentials": "what a build.sbt reads from there is missing then; sbt gets it where it is started by toolkey: toolkey run -- sbt",
  },
};
