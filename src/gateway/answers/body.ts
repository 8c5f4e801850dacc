/** What an answer's headers say of its body. Pure. */
import type { Headers } from "../headers.ts";
import { LOOKED_AT } from "./token-search.ts";

const ARCHIVE = new RegExp(
  `^(${[
    String.raw`(application|binary)/(octet-stream|x?-?(gzip|tar|gtar|tgz|zip|bzip2|xz|lzma|zstd|compressed|compressed-tar|zip-compressed|7z-compressed|rpm|java-archive|deb|debian-package|ms-?download|git-(upload|receive)-pack-result)|java-archive|wasm|pdf)`,
    String.raw`application/vnd\.(debian\.binary-package|[\w.+-]*\.(tar|rootfs)[\w.+-]*)`,
    "image/(?!svg)",
    "audio/",
    "video/",
    "font/",
  ].join("|")})`,
  "i",
);

/**
 * Archives, images and packs: they are not looked through to the end, and passed on as they are. Whatever else says what a host was
 * sent is a text, also if it doesn't say what it is.
 */
export function isArchive(headers: Headers): boolean {
  const type = headers["content-type"];
  return typeof type === "string" && ARCHIVE.test(type);
}

/** How a body is compressed; `undefined` if it is not. */
export function encodingOf(headers: Headers): string | undefined {
  if (headers["content-encoding"] === undefined) return undefined;
  const encodings = [headers["content-encoding"] ?? []]
    .flat()
    .join(",")
    .toLowerCase()
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "" && name !== "identity");
  return encodings.length === 0 ? undefined : encodings.join(", ");
}

/** Whether this is a part of something so large that it repeats nothing. */
export function isPartOfLarge(headers: Headers): boolean {
  const [, total] = /^bytes \d+-\d+\/(\d+)$/.exec(String(headers["content-range"])) ?? [];
  return isArchive(headers) && Number(total ?? 0) > LOOKED_AT;
}
