/** Why there is no answer of an upstream, in words that a person can use. Pure. */
import { systemErrorCode } from "../../core/failure.ts";
import type { Refusal } from "./refusal.ts";

/** Whether a connection that was kept has ended. */
export function wasClosed(error: Error): boolean {
  const code = systemErrorCode(error);
  return code === "UND_ERR_SOCKET" || code === "ECONNRESET" || code === "EPIPE";
}

/** @param proxy by which it was asked */
export function unreached(error: Error, proxy: string | undefined): Refusal {
  const code = systemErrorCode(error) ?? systemErrorCode(error.cause);
  const by = proxy === undefined ? "" : ` by the proxy ${proxy}`;
  if (code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_CONNECT_TIMEOUT" || code === "ETIMEDOUT")
    return { status: 504, why: `the upstream does not answer${by}` };
  // An alert is what the upstream says of us.
  if (!/_ALERT_/.test(code ?? "") && /CERT|SELF_SIGNED|SIGNATURE|ISSUER|TLS|SSL|ALTNAME/.test(code ?? "")) {
    return {
      status: 502,
      isUntrusted: true,
      why: `the certificate of the upstream is not trusted (${code ?? ""})`,
      hint: "set NODE_EXTRA_CA_CERTS to the file of your certificates, or cacert of the service in config.toml; then: toolkey config accept",
    };
  }
  return { status: 502, why: `the upstream can't be reached${by} (${code ?? error.name})` };
}
