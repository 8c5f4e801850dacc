import { join } from "node:path";
import { findInGradleProperties } from "../../../protocols/gradle/property-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";

export const gradleSecrets: SecretFiles = {
  formats: { "gradle-properties": findInGradleProperties },
  home: ({ home, set }) => [[join(set("GRADLE_USER_HOME") ?? join(home, ".gradle"), "gradle.properties"), "gradle-properties"]],
  project: [["gradle.properties", "gradle-properties"]],
  advice: {
    gradle: "gradle: toolkey add URL --tool gradle; then take the credentials out of the build script, and delete the property",
  },
};
