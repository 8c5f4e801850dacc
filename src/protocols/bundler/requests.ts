/** What Bundler asks a server of gems for (its `lib/bundler/fetcher/`): the compact index, older ones, and gems. It sends none. Pure. */
import type { ToolRequests } from "../tool.ts";

const INDEX = /^(versions|names|info\/[^/]+|(latest_|prerelease_)?specs\.4\.8(\.gz)?|api\/v1\/dependencies(\.json)?)?$/;
const FILES = /^(gems\/[^/]+\.gem|quick\/Marshal\.4\.8\/[^/]+\.gemspec\.rz)$/;

export const GEMS: ToolRequests = {
  effectOf(method, segments) {
    const asked = segments.join("/");
    return (method === "GET" || method === "HEAD") && (INDEX.test(asked) || FILES.test(asked)) ? "reads" : undefined;
  },
  closed: "nothing",
};
