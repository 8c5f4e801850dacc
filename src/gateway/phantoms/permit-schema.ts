/** How permits are written down: in `gateway.json`, and by tools that ask for one inside of a session. */
import * as z from "zod/mini";
import { Failure } from "../../core/failure.ts";
import { formatTarget, parseTarget, sameTarget, type Target } from "../../core/target.ts";
import { ADDRESSINGS, type Route, type RouteUpstream } from "../../core/gateway/permit.ts";

/** A field that is not in here would be written, and then make the file unreadable. */
export type ShapeOf<T> = Readonly<Record<keyof T, z.ZodMiniType>>;

export const ways = {
  httpProxy: z.exactOptional(z.string()),
  httpsProxy: z.exactOptional(z.string()),
  noProxy: z.exactOptional(z.string()),
};
const target = z.strictObject({ scheme: z.string(), host: z.string(), port: z.optional(z.number()), path: z.array(z.string()) });
export const place = z.pipe(
  target.check(z.refine(isTarget)),
  z.transform(({ port, ...rest }) => ({ ...rest, port })),
);

/** Whether it is as a URL gives it: no segment that a server reads as another path. */
function isTarget({ scheme, host, port, path }: z.infer<typeof target>): boolean {
  try {
    const written: Target = { scheme, host, port, path };
    return sameTarget(parseTarget(formatTarget(written)), written);
  } catch (error) {
    if (error instanceof Failure) return false;
    throw error;
  }
}

export const addressing = z.enum(ADDRESSINGS);

export const routes = z.array(
  z.strictObject({
    target: place,
    isAuthorized: z.boolean(),
    publishes: z.boolean(),
    scopes: z.exactOptional(z.array(z.string())),
    tarballs: z.exactOptional(z.array(z.string())),
    rewritesTarballs: z.exactOptional(z.boolean()),
    rewritesLinks: z.exactOptional(z.boolean()),
    // A route whose host wants headers is left out.
    upstream: z.exactOptional(
      z.strictObject({ caFiles: z.exactOptional(z.array(z.string())), ...ways } satisfies ShapeOf<Omit<RouteUpstream, "headers">>),
    ),
  } satisfies ShapeOf<Route>),
);
