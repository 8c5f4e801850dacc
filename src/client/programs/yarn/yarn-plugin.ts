/**
 * The plugin that Yarn loads: dist/yarn-plugin.cjs. It answers the question of Yarn 3 and newer for the header of
 * a registry with what `toolkey-authorization` prints; or leads Yarn through the gateway, if `toolkey run` says so. It runs
 * within Yarn, so that it uses nothing of ours.
 */
import { execFile } from "node:child_process";
import { realpathSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { GatewayWay } from "./yarn-gateway.ts";
import { MarkedScripts } from "./yarn-scripts.ts";

/** As long as somebody may take to type a passphrase, in milliseconds. */
const PATIENCE_MS = 60_000;

/** Settings of Yarn by which somebody else could pose as a registry. */
const CERTIFICATES = ["httpsCaFilePath", "caFilePath"] as const;

/** What is used of Yarn's configuration. */
interface Configuration {
  readonly values: ReadonlyMap<string, unknown>;
  /** By setting: the file that it is from, or several with commas between; `<environment>`. */
  readonly sources: ReadonlyMap<string, string>;
}

/** What is used of a request. */
interface NetworkRequest {
  readonly target: string | URL;
  readonly headers?: Record<string, unknown>;
  readonly configuration: Configuration;
}

export const name = "plugin-toolkey";

export function factory(): object {
  const { TOOLKEY_YARN: way, TOOLKEY_YARN_SCRIPTS: shell } = process.env;
  const { hooks: ofRegistries } = way !== undefined ? leading(new GatewayWay(way)) : shell === undefined ? asking() : { hooks: {} };
  return { hooks: { ...ofRegistries, ...(shell === undefined ? {} : marking(new MarkedScripts(shell))) } };
}

function marking(scripts: MarkedScripts): object {
  scripts.mark();
  return { wrapScriptExecution: (executor: () => Promise<unknown>) => Promise.resolve(scripts.wrap(executor)) };
}

function leading(gateway: GatewayWay): { readonly hooks: object } {
  gateway.lead();
  return {
    hooks: {
      getNpmAuthenticationHeader: (current: string | undefined, registry: string) =>
        Promise.resolve(current ?? gateway.headerFor(registry)),
      wrapNetworkRequest(executor: () => Promise<unknown>, { target, headers }: NetworkRequest) {
        if (headers !== undefined && gateway.isMisled(headers["authorization"], target)) delete headers["authorization"];
        return Promise.resolve(executor);
      },
    },
  };
}

function asking(): { readonly hooks: object } {
  const answers = new Map<string, Promise<string | undefined>>();
  const ask = (url: string): Promise<string | undefined> => {
    const answer = answers.get(url) ?? askToolkey(url);
    answers.set(url, answer);
    return answer;
  };
  /** By registry: the header that Yarn was told. */
  const told = new Map<string, string>();
  return {
    hooks: {
      /** @returns what Yarn has already if there is no token */
      async getNpmAuthenticationHeader(current: string | undefined, registry: string, { configuration }: { configuration: Configuration }) {
        // Another plugin's; or our own, if it is loaded from two places.
        if (current !== undefined || projectWeakensTls(configuration)) return current;
        if (registry.startsWith("http:") && projectNamesProxy(configuration)) return current;
        const answer = await ask(registry);
        if (answer !== undefined) told.set(registry, answer);
        return answer;
      },
      /**
       * Yarn adds the header of a scope's registry to whatever archive a project's yarn.lock names for a
       * package of that scope, on any host. One that was not meant for the request is taken back.
       */
      async wrapNetworkRequest(executor: () => Promise<unknown>, { target, headers, configuration }: NetworkRequest) {
        const header = headers?.["authorization"];
        const registries = [...told].filter(([, value]) => value === header).map(([registry]) => registry);
        if (headers === undefined || registries.length === 0 || registries.some((registry) => isBelow(target, registry))) return executor;
        const { href } = new URL(target);
        const own = href.startsWith("http:") && projectNamesProxy(configuration) ? undefined : await ask(href);
        if (own === undefined) delete headers["authorization"];
        else headers["authorization"] = own;
        return executor;
      },
    },
  };
}

/** Whether a URL is one of a registry: same scheme, host and port, and its path by whole segments. */
function isBelow(target: string | URL, registry: string): boolean {
  const [url, place] = [new URL(target), new URL(registry)];
  return url.origin === place.origin && `${url.pathname}/`.startsWith(place.pathname.replace(/\/*$/, "/"));
}

function askToolkey(registry: string): Promise<string | undefined> {
  const program = join(__dirname, "..", "bin", "toolkey-authorization");
  return new Promise((resolve) => {
    execFile(program, ["yarn", registry], { timeout: PATIENCE_MS }, (error, stdout, stderr) => {
      process.stderr.write(stderr);
      resolve(error === null && stdout !== "" ? stdout.trimEnd() : undefined);
    });
  });
}

/** Whether a file of the project, and not the person, switches checks off or brings certificates. */
function projectWeakensTls({ values, sources }: Configuration): boolean {
  const networks = values.get("networkSettings");
  const byHost = networks instanceof Map ? [...networks.values()] : [];
  const bringsCertificates = (settings: unknown): boolean =>
    settings instanceof Map && CERTIFICATES.some((setting) => typeof settings.get(setting) === "string");
  return (
    (values.get("enableStrictSsl") === false && isOfProject(sources.get("enableStrictSsl"))) ||
    (bringsCertificates(values) && CERTIFICATES.some((setting) => isOfProject(sources.get(setting)))) ||
    (byHost.some(bringsCertificates) && isOfProject(sources.get("networkSettings")))
  );
}

/** Whether requests without TLS pass somebody whom a file of the project names. */
function projectNamesProxy({ sources }: Configuration): boolean {
  return ["httpProxy", "httpsProxy", "networkSettings"].some((setting) => isOfProject(sources.get(setting)));
}

function isOfProject(source: string | undefined): boolean {
  const home = realDirectory(homedir());
  return (source ?? "").split(", ").some((file) => file.startsWith("/") && realDirectory(dirname(file)) !== home);
}

function realDirectory(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
