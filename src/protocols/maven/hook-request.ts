/**
 * What `bin/mavenrc` writes: a line for each thing that it says, as a shell can write it whatever it holds.
 *
 *     directory=/home/alice/project
 *     HOME=/home/alice              any number of variables
 *     argument=-Dtext=first line    any number of arguments, in their order
 *     +second line                  goes on, after a line break
 */
import { Failure } from "../../core/failure.ts";
import type { RunRequest } from "../tool-protocol.ts";

/** The part of a request that the hook knows. */
type HookRequest = Pick<RunRequest, "arguments" | "directory" | "home" | "environment">;

/** @throws Failure `bad-request` for what the hook doesn't write */
export function parseHookRequest(text: string): HookRequest {
  const given: string[] = [];
  const environment: Record<string, string> = {};
  let directory = "";
  for (const [name, value] of fields(text)) {
    if (name === "argument") given.push(value);
    else if (name === "directory") directory = value;
    else if (/^[A-Z][A-Z0-9_]*$/.test(name)) environment[name] = value;
    else throw malformed();
  }
  const home = environment["HOME"] ?? "";
  if (!directory.startsWith("/") || !home.startsWith("/")) throw malformed();
  return { arguments: given, directory, home, environment };
}

function* fields(text: string): Generator<[name: string, value: string]> {
  if (text !== "" && !text.endsWith("\n")) throw malformed();
  for (const field of text.split(/\n(?!\+)/).slice(0, -1)) {
    const equals = field.indexOf("=");
    if (equals < 1) throw malformed();
    yield [field.slice(0, equals), field.slice(equals + 1).replaceAll("\n+", "\n")];
  }
}

function malformed(): Failure {
  return new Failure("bad-request", "the payload is not what 'settings' takes");
}
