import type { Status } from "../../core/views/status.ts";
import { proxiesOf } from "../../platform/network/proxies.ts";
import { sessionBus } from "../../platform/keychain.ts";
import type { Environment } from "../../platform/paths.ts";

/** What of a session's environment is used, for people. */
export function sessionInUse(environment: Environment): Status["session"] {
  const { httpProxy, httpsProxy, noProxy } = proxiesOf(environment);
  return {
    bus: sessionBus(environment),
    httpProxy: withoutLogin(httpProxy),
    httpsProxy: withoutLogin(httpsProxy),
    noProxy,
    certificates: environment["NODE_EXTRA_CA_CERTS"],
  };
}

function withoutLogin(proxy: string | undefined): string | undefined {
  return proxy?.replace(/^([a-z0-9+.-]+:\/\/)?.*@/i, "$1");
}
