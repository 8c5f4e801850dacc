import type { Assessment } from "../../core/wire/administration.ts";
import type { Output } from "../terminal/output.ts";

/** Says what the service said of a secret that was stored. */
export function reportAssessment({ outcome, detail }: Assessment, output: Output): void {
  switch (outcome) {
    case "valid":
      output.note("its service says that it is valid");
      break;
    case "not-permitted":
      output.note("its service knows it; it has no permission to look at itself");
      break;
    case "offline":
    case "failing":
      output.note(`it could not be checked: ${outcome === "offline" ? "the service can't be reached" : "the service failed"} (${detail})`);
      output.hint("toolkey check, once it can");
      break;
    case "invalid":
    case "wrong-host":
    case "untrusted-certificate":
    case "unknown":
      break;
    default:
      outcome satisfies never;
  }
}
