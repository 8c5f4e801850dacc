/** Why a request is not passed on. */
export interface Refusal {
  readonly status: 400 | 401 | 403 | 404 | 405 | 502 | 504;
  /** One line of plain ASCII without what the client sent. It reaches people as the reason phrase or as an error in JSON, by client. */
  readonly why: string;
  /** Whether it is for a certificate that is not trusted. */
  readonly isUntrusted?: true;
  /** The command that mends it. */
  readonly hint?: string | undefined;
}

export function isRefusal(value: object): value is Refusal {
  return "why" in value;
}
