/** What GitLab's answers say in words. */
import { excerpt } from "../../excerpt.ts";
import type { HttpAnswer } from "../../http.ts";

/** `{"message": "…"}`, `{"message": {"field": ["…"]}}` and `{"error": "…", "error_description": "…"}`. */
export function messageOf(answer: HttpAnswer): string | undefined {
  if (answer.kind !== "json" || typeof answer.body !== "object" || answer.body === null) return undefined;
  const { message, error_description: description, error } = answer.body as Readonly<Record<string, unknown>>;
  return excerpt(typeof message === "object" ? JSON.stringify(message) : message) ?? excerpt(description) ?? excerpt(error);
}
