/** The projects and groups whose tokens GitLab makes, and how one is found again. */
import * as z from "zod/mini";
import type { HttpAnswer } from "../../http.ts";
import type { MintOrder, NoAnswer } from "../../outcomes.ts";
import { noAnswer } from "../../no-answer.ts";
import { messageOf } from "./answers.ts";

export interface Owner {
  readonly kind: "projects" | "groups";
  readonly id: number;
}

const found = z.object({ id: z.int() });

const WHICH = "for which project or group? --repository GROUP/PROJECT, or --repository GROUP";

/** The project of `--repository`, or the group of that path. @param get asks for a path below the API */
export async function ownerOf(
  { repository }: Pick<MintOrder, "repository">,
  get: (path: string) => Promise<HttpAnswer>,
): Promise<Owner | NoAnswer | { readonly outcome: "refused"; readonly detail: string }> {
  if (repository === undefined) return { outcome: "refused", detail: WHICH };
  let last: HttpAnswer | undefined;
  for (const kind of ["projects", "groups"] as const) {
    last = await get(`${kind}/${encodeURIComponent(repository)}`);
    const parsed = last.kind === "json" && last.status === 200 ? found.safeParse(last.body) : undefined;
    if (parsed?.success === true) return { kind, id: parsed.data.id };
    if (!("status" in last) || last.status !== 404) break;
  }
  const missing = last && noAnswer(last);
  if (missing !== undefined) return missing;
  const status = last !== undefined && "status" in last ? last.status : 404;
  const none = `there is no project or group '${repository}' that the login may see`;
  return { outcome: "refused", detail: status === 404 ? none : ((last && messageOf(last)) ?? `status ${status}`) };
}

/** In the API. */
export function resourceOf({ kind, id }: Owner): string {
  return `${kind}/${id}`;
}

/** The id under which toolkey knows a token of it. */
export function remoteIdOf({ kind, id }: Owner, tokenId: number): string {
  return `${kind}-${id}-${tokenId}`;
}
