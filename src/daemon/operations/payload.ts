/** The JSON of a request, checked. */
import type * as z from "zod/mini";
import { Failure } from "../../core/failure.ts";

/** @throws Failure `bad-request` if it is not what the operation takes */
export function readPayload<Schema extends z.ZodMiniType>(schema: Schema, payload: string, operation: string): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(payload));
  // The words of zod may quote a value, and values may be secrets.
  if (!parsed.success) throw new Failure("bad-request", `the payload is not what '${operation}' takes`);
  return parsed.data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Failure("bad-request", "the payload is not JSON");
  }
}
