/** What Python's keyring calls a service: for package indexes their URL, or `host[:port]` alone. */
import { Failure } from "../../../core/failure.ts";
import { parseServer, parseTarget, type Target } from "../../../core/target.ts";
import { bareUrl } from "../../plaintext/plaintext-secret.ts";

export interface ServiceName {
  readonly target: Target;
  /** Then nothing says how what is given is sent there. */
  readonly isHostAlone: boolean;
}

/** What poetry calls PyPI, where it keeps the token to publish with. */
const PYPI_OF_POETRY = "poetry-repository-pypi";
export const PYPI_UPLOAD = "https://upload.pypi.org/legacy/";

const URL = /^https?:\/\//i;
/** With a dot or a port: a name alone is one of another kind (`poetry-repository-acme`). */
const HOST = /^(localhost|[\w.-]+\.[\w-]+|\[[0-9a-f:.]+\]|[\w.-]+(?=:))(:\d+)?\/?$/i;

/** Undefined for what names no place of the web. A user name in it is left out. */
export function readServiceName(service: string): ServiceName | undefined {
  if (service === PYPI_OF_POETRY) return { target: parseTarget(PYPI_UPLOAD), isHostAlone: false };
  const isHostAlone = !URL.test(service);
  if (isHostAlone && !HOST.test(service)) return undefined;
  try {
    return { target: isHostAlone ? parseServer(service) : parseTarget(bareUrl(service) ?? ""), isHostAlone };
  } catch (error) {
    // Of a path with dots nobody knows where it leads.
    if (error instanceof Failure) return undefined;
    throw error;
  }
}
