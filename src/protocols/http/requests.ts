/** What scripts ask of a service: anything. Pure. */
import type { ToolRequests } from "../tool.ts";

export const SCRIPTS: ToolRequests = {
  effectOf: (method) => (method === "GET" || method === "HEAD" ? "reads" : "changes"),
  closed: "by-name",
};
