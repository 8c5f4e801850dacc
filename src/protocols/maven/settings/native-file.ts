import { join } from "node:path";

/** What Maven 4 reads without the hook; there only where it was set up so. @param configuration toolkey's directory for that, absolute */
export function nativeSettingsFile(configuration: string): string {
  return join(configuration, "maven-settings.xml");
}
