/** The kinds of files in which tools keep secrets in plain text, and what is found in each. */
import { findInCargoCredentials } from "./cargo-credentials.ts";
import { findInDockerConfig } from "./docker-config.ts";
import { findInGhHosts } from "./gh-hosts.ts";
import { findInGitCredentials } from "./git-credentials.ts";
import { findInMavenSettings } from "./maven-settings.ts";
import { findInNetrc } from "./netrc.ts";
import { findInNpmrc } from "./npmrc.ts";
import type { PlaintextSecret } from "./plaintext-secret.ts";
import { findInPypirc } from "./pypirc.ts";
import { findInClassicYarnrc } from "./yarnrc-classic.ts";
import { findInYarnrc } from "./yarnrc.ts";

/** By format: the text of a file in, its secrets out. A text that can't be read is a Failure with line and column. */
export const FORMATS = {
  "git-credentials": findInGitCredentials,
  netrc: findInNetrc,
  "maven-settings": findInMavenSettings,
  npmrc: (text: string) => findInNpmrc(text, "npm"),
  "pnpm-rc": (text: string) => findInNpmrc(text, "pnpm"),
  yarnrc: findInYarnrc,
  "yarnrc-classic": findInClassicYarnrc,
  "docker-config": findInDockerConfig,
  "gh-hosts": findInGhHosts,
  "cargo-credentials": findInCargoCredentials,
  pypirc: findInPypirc,
} as const satisfies Readonly<Record<string, (text: string) => PlaintextSecret[]>>;

export type Format = keyof typeof FORMATS;
