import type { SettingView } from "../../core/views/configuration.ts";

/** What is in force of a file of settings. */
export function settingsOf(file: string, settings: readonly SettingView[]): string[] {
  return settings.filter((each) => each.file === file).map(({ name, fixed }) => `${name}${fixed ? " (fixed)" : ""}`);
}
