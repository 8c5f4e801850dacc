/** What the client reads where the upstream refuses. Pure. */
import type { UpstreamToken } from "../credentials.ts";
import type { Refusal } from "./refusal.ts";

/** What a git reads that asked without the token, since it is not the command's own. */
export function withheld(status: number, origin: string): Refusal | undefined {
  if (status !== 401 && status !== 403) return undefined;
  return {
    status: 403,
    why: `${new URL(origin).host} wants a token, which is for git of the command itself, and not for what a script starts`,
    hint: "toolkey run --direct, if scripts are to have tokens",
  };
}

/** What the client reads where the upstream refuses. */
export function upstreamRefusal(
  status: number,
  { tool, origin, credential }: { tool: string; origin: string; credential: UpstreamToken | undefined },
): Refusal | undefined {
  if (status !== 401 && status !== 403) return undefined;
  const { host } = new URL(origin);
  if (credential === undefined)
    return status === 403
      ? undefined
      : { status, why: `${host} wants a token, and there is none of ${tool} for it`, hint: `toolkey add ${origin} --tool ${tool}` };
  // Of a 401 the broker is told, and decides what is said.
  return {
    status,
    why: `${host} does not permit this to the ${tool} token ${credential.token}`,
    hint: `one that may: toolkey replace ${credential.token}`,
  };
}

/** What a tool reads inside of a session where the upstream refuses its token. The vault is told nothing. */
export function refusedInside(origin: string, tool: string, { token }: UpstreamToken): { readonly why: string; readonly hint: string } {
  return { why: `${new URL(origin).host} refuses this to the ${tool} token ${token}`, hint: `toolkey check ${token}` };
}

/** A reason phrase has nothing but ASCII. */
export function plainText(text: string): string {
  return text.replaceAll(/[^ -~]/g, " ");
}
