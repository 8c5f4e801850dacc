import { join } from "node:path";
import { findInMavenSettings } from "../../../protocols/maven/settings/settings-secrets.ts";
import type { SecretFiles } from "../../plaintext/secret-files.ts";
import { decryptMavenPasswords } from "./passwords.ts";
import { serverPlaces } from "./server-places.ts";

export const mavenSecrets: SecretFiles = {
  formats: { "maven-settings": findInMavenSettings },
  home: ({ home }) => [[join(home, ".m2", "settings.xml"), "maven-settings"]],
  project: [["settings.xml", "maven-settings"]],
  beside: "pom.xml",
  decrypt: decryptMavenPasswords,
  locate: serverPlaces,
  advice: { maven: "maven: 'toolkey add URL --tool maven' takes it by hand, with the URL of the server" },
};
