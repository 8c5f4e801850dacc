/** What Go asks of a module proxy (go.dev/ref/mod, "GOPROXY protocol", and what it asks of checksum databases by one). Pure. */
import type { ToolRequests } from "../tool.ts";

const MODULE = /(^|\/)(@latest|@v\/(list|[^/]+\.(info|mod|zip)))$/;
const CHECKSUMS = /(^|\/)sumdb\/[^/]+\/(supported|latest|lookup\/.+|tile\/.+)$/;

export const MODULES: ToolRequests = {
  effectOf(method, segments) {
    const path = segments.join("/");
    return (method === "GET" || method === "HEAD") && (MODULE.test(path) || CHECKSUMS.test(path)) ? "reads" : undefined;
  },
  closed: "nothing",
};
