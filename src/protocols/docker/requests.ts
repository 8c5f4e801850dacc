/** What clients of images ask a registry for, below the name of an image (OCI distribution specification 1.1, "Endpoints"). Pure. */
import type { ToolRequests } from "../tool.ts";

const READING = /^(manifests|blobs|tags|referrers)\/[^/]+$/;
const CHANGING = /^(manifests\/[^/]+|blobs\/[^/]+|blobs\/uploads(\/[^/]*)?)$/;
const REST = /(?:^|\/)((?:manifests|tags|referrers)\/[^/]+|blobs\/(?:uploads(?:\/[^/]*)?|[^/]+))$/;

export const IMAGES: ToolRequests = {
  effectOf(method, segments) {
    const asked = REST.exec(segments.join("/"))?.[1] ?? "";
    if (method === "GET" || method === "HEAD") return READING.test(asked) || /^blobs\/uploads\/./.test(asked) ? "reads" : undefined;
    return CHANGING.test(asked) ? "changes" : undefined;
  },
  closed: "nothing",
};
