/**
 * Which URLs npm takes for those of its default registry (`replace-registry-host`), which is the gateway: archives that need a
 * token, and never git's repositories. npm 10 to 12 replace the host of whatever they reify, git+https and git+ssh as well
 * (arborist's reify.js), so that `always` is for projects without git dependencies only. Pure.
 */
import type { ProjectText } from "../../text/named-hosts.ts";
import { asRecord } from "../../text/as-record.ts";
import { manifestOf } from "../configuration/manifest.ts";

/** Commands that take archives past arborist, which compares the port, too; they reify nothing. */
const WITHOUT_TREE = /^(pack|cache|diff|view|info|show|v|publish|unpublish|dist-tags?)$/;

/** What npm is told, and the hosts whose archives it therefore asks for by itself, without a token. */
interface ReplacedHost {
  readonly value: string;
  readonly leftOut: readonly string[];
}

/**
 * @param command its name
 * @param led names of hosts whose archives must come through the gateway, each once
 * @param texts manifests and lock files
 */
export function replacedHost(command: string, led: readonly string[], texts: readonly ProjectText[]): ReplacedHost {
  if (WITHOUT_TREE.test(command)) return { value: "always", leftOut: [] };
  const git = gitHosts(texts);
  const [apart] = led.filter((host) => !git.has(host));
  // What else a project has, public packages and what its dependencies have from git, is where it says that it is.
  if (led.length === 1 && apart !== undefined) return { value: apart, leftOut: [] };
  // npm knows only one host, or all.
  if (git.size === 0) return { value: "always", leftOut: [] };
  return { value: apart ?? "never", leftOut: led.filter((host) => host !== apart) };
}

const GIT_URL = /\bgit(?:\+\w+)?:\/\/(?:[^@/\s"]*@)?([^/:\s"]+)/g;
const SCP = /\bgit@([^/:\s"]+):/g;
const SHORT = /^(?:(github|gitlab|bitbucket|gist):|[\w.-]+\/[\w.-]+(?:#|$))/;
const SHORT_HOSTS: Readonly<Record<string, string>> = { gitlab: "gitlab.com", bitbucket: "bitbucket.org", gist: "gist.github.com" };
const DEPENDENCIES = ["dependencies", "devDependencies", "optionalDependencies", "peerDependencies"];

/** The hosts of the git repositories that a project names. */
export function gitHosts(texts: readonly ProjectText[]): Set<string> {
  const named = texts.flatMap(({ text }) =>
    [GIT_URL, SCP].flatMap((pattern) => [...text.matchAll(pattern)].map(([, host = ""]) => host.toLowerCase())),
  );
  const short = texts
    .filter(({ path }) => path.endsWith("/package.json"))
    .flatMap(({ text }) => DEPENDENCIES.flatMap((kind) => Object.values(asRecord(manifestOf(text)[kind]))))
    .flatMap((value) => {
      const [match, kind = ""] = SHORT.exec(String(value)) ?? [];
      return match === undefined ? [] : [SHORT_HOSTS[kind] ?? "github.com"];
    });
  return new Set([...named, ...short]);
}
