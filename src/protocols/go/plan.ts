/**
 * Go: the module proxies of the person through the gateway. Go sends no credentials without TLS, so the phantom is a part of each proxy's
 * path (docs/tools/go.md). No file of a project says which proxies there are.
 */
import { join } from "node:path";
import { throughGateway } from "../../core/gateway/url.ts";
import { EMPTY_PLAN, type Plan } from "../../core/plan.ts";
import { Secret } from "../../core/secret.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import { Failure } from "../../core/failure.ts";
import type { Doorway, Grant, PlanThrough, ReadText, RunRequest, Survey } from "../tool-protocol.ts";
import { configHome } from "../config-home.ts";
import { commandsOf, isOurs, withOurs } from "./auth-setting.ts";
import { environmentFile, settingIn } from "./environment-file.ts";

/** What Go has where nothing is set (its go.env). */
const USUAL = "https://proxy.golang.org,direct";
const EVERYBODYS: ReadonlySet<string> = new Set(["proxy.golang.org", "goproxy.io", "goproxy.cn"]);
const PROGRAM = "../bin/go-auth-toolkey";

/** One of GOPROXY, with what stands before it: `,` goes on at 404 and 410, `|` always. */
interface Proxy {
  readonly separator: string;
  readonly text: string;
  /** Undefined for `direct` and `off`, and for what a token can't be bound to. */
  readonly target: Target | undefined;
}

export async function go(request: RunRequest, read: ReadText): Promise<Survey> {
  const { environment } = request;
  const file = environmentFile(configHome(request), environment["GOENV"]);
  const text = (file === undefined ? undefined : await read(file)) ?? "";
  const proxies = proxiesIn(environment["GOPROXY"] || settingIn(text, "GOPROXY") || USUAL);
  const named = proxies.flatMap(({ target }) => target ?? []);
  const targets = named.filter((target, index) => named.findIndex((other) => sameTarget(other, target)) === index);
  return {
    needs: targets.map((target) => ({ target })),
    asks: targets.map((target) => ({ target, isPublic: EVERYBODYS.has(target.host) })),
    plan: () => planAsking(request, environment["GOAUTH"] || commandsOf(text)),
    planThrough: (grants, doorway) => planProxies(proxies, grants, doorway),
  };
}

function proxiesIn(value: string): Proxy[] {
  const found = [...value.matchAll(/([,|]?)([^,|]+)/g)];
  return found.map(([, separator = "", text = ""]) => ({ separator, text, target: targetOf(text.trim()) }));
}

function targetOf(url: string): Target | undefined {
  if (!/^https:\/\//i.test(url)) return undefined;
  try {
    return parseTarget(url);
  } catch (error) {
    // With a login of its own, or a query: the person's own affair.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

/** It asks for the tokens itself, by our program. */
function planAsking({ installation }: RunRequest, commands: string | undefined): Plan {
  if (commands !== undefined && isOurs(commands)) return EMPTY_PLAN;
  return { ...EMPTY_PLAN, environment: { GOAUTH: withOurs(join(installation.built, PROGRAM), commands) } };
}

function planProxies(proxies: readonly Proxy[], grants: readonly Grant[], { gateway, phantom }: Doorway): PlanThrough {
  const grantOf = (target: Target | undefined): Grant | undefined =>
    target && grants.find(({ need }) => sameTarget(need.target, target));
  const led = proxies.map(({ separator, text, target }) =>
    target === undefined || grantOf(target) === undefined
      ? `${separator}${text}`
      : `${separator}${throughGateway(`${gateway}/${phantom.reveal()}`, target)}`,
  );
  return {
    plan: {
      ...EMPTY_PLAN,
      environment: { GOPROXY: new Secret(led.join("")) },
      given: grants.map(({ token, need }) => ({ token: token.id, place: formatTarget(need.target) })),
    },
    permit: {
      addressing: "url",
      holder: "command",
      publishes: false,
      routes: grants.map(({ need }) => ({ target: need.target, isAuthorized: true, publishes: false })),
    },
  };
}
