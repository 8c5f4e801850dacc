import type { Status } from "../../core/views/status.ts";

/** What of the session is used, a line for each. */
export function sessionLines({ bus, httpProxy, httpsProxy, noProxy, certificates }: Status["session"]): string[] {
  const proxies = [
    ...(httpsProxy ? [`${httpsProxy} for https`] : []),
    ...(httpProxy ? [`${httpProxy} for http`] : []),
    ...(noProxy ? [`none for ${noProxy}`] : []),
  ];
  return [
    ...(bus === undefined ? [] : [`D-Bus      ${bus}`]),
    ...(httpProxy || httpsProxy ? [`proxy      ${proxies.join(", ")}`] : []),
    ...(certificates
      ? [`trust      the certificates in ${certificates}: the system's, and those that were accepted (toolkey config)`]
      : []),
  ];
}
