import type { HttpAnswer } from "./http.ts";
import type { NoAnswer } from "./outcomes.ts";

/** An answer of a service, whatever it says. */
export type Answered = Extract<HttpAnswer, { status: number }>;

/** Whether an answer is one to go by: JSON, or an empty body, below 500 and not "too many requests". */
export function isAnswered(answer: HttpAnswer): answer is Answered {
  return noAnswer(answer) === undefined;
}

/** Why an answer is none to go by; undefined if it is one. */
export function noAnswer(answer: Exclude<HttpAnswer, Answered>): NoAnswer;
export function noAnswer(answer: HttpAnswer): NoAnswer | undefined;
export function noAnswer(answer: HttpAnswer): NoAnswer | undefined {
  switch (answer.kind) {
    case "offline":
      return { outcome: "offline", detail: answer.detail };
    case "untrusted":
      return { outcome: "untrusted-certificate", detail: answer.detail };
    case "broken":
      return { outcome: "failing", detail: answer.detail };
    case "html":
      if (answer.status < 500 && answer.status !== 429) return { outcome: "wrong-host", detail: `a web page (status ${answer.status})` };
      break;
    case "json":
    case "other":
      break;
    default:
      return answer satisfies never;
  }
  if (answer.status === 429) return tooMany(answer);
  if (answer.status >= 500) return { outcome: "failing", detail: `status ${answer.status}` };
  if (answer.status >= 300 && answer.status < 400) return { outcome: "wrong-host", detail: `a redirect (status ${answer.status})` };
  return undefined;
}

/** Too many requests, and until when the service wants to have none. */
export function tooMany({ status, retryAfter }: Answered): NoAnswer {
  const wait = retryAfter === undefined ? "" : `; it asks to wait until ${retryAfter}${/^\d+$/.test(retryAfter) ? " s from now" : ""}`;
  return { outcome: "failing", detail: `too many requests (status ${status})${wait}` };
}
