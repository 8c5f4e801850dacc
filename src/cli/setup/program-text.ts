import { Failure } from "../../core/failure.ts";
import { readTextFile } from "../../platform/files/text-file.ts";

/** What lies where a program of ours is to be; undefined for nothing. What is no text is none of ours, and empty. */
export async function programText(path: string): Promise<string | undefined> {
  return readTextFile(path).catch((error: unknown) => {
    if (error instanceof Failure) return "";
    throw error;
  });
}
