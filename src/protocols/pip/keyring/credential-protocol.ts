/**
 * How pip and its kin ask the program `keyring`: `get`, `set` and `del`, with what a secret is for and a user name as arguments.
 *
 * - `keyring get SERVICE USER`: the password (pip up to 26.1; uv)
 * - `keyring get SERVICE --mode creds`: user name and password, a line each (uv, for an index without a user name)
 * - `keyring --mode=creds --output=json get SERVICE [USER]`: JSON (pip from 26.2 on, and our own backend for Python)
 *
 * Sources: pip `network/auth.py`, uv `crates/uv-auth/src/keyring.rs`, jaraco/keyring `cli.py`.
 */
import { Failure } from "../../../core/failure.ts";
import { Secret } from "../../../core/secret.ts";
import type { Token } from "../../../core/tokens/token.ts";
import type { CredentialProtocol, NamedPlace } from "../../credential-protocol.ts";
import { readHelperInput } from "../../helper-input.ts";
import { readServiceName, type ServiceName } from "./service-name.ts";

/** What is wrong is on standard error already. It ends otherwise, so that no other keyring is asked for what toolkey may have. */
const MISS = { text: "", exitCode: 1 };
const FAILURE = { text: "", exitCode: 2 };

const OPTIONS_WITH_VALUE = new Set(["--mode", "--output"]);

export const keyringCredentials: CredentialProtocol = {
  replies: () => ({ miss: MISS, failure: () => FAILURE }),

  doubt: async (...asking) => (await import("../doubt/doubt.ts")).doubtOfProject(...asking),

  read(_operation, payload) {
    const { arguments: words, input } = readHelperInput(payload);
    const { operation, service, username, isPair, isJson } = readWords(words);
    const place = readServiceName(service);
    if (operation === "get") {
      // Who asks by a host alone has asked by the URL before, and would send this over plain http as well.
      if (place === undefined || place.isHostAlone) return undefined;
      return {
        operation,
        place: () => named(place),
        username,
        ...(isPair ? { needsName: true } : {}),
        canPresent: () => true,
        render: (token) => rendered(token, { isPair, isJson }),
      };
    }
    if (operation !== "set" && operation !== "del") return undefined;
    if (place === undefined)
      throw new Failure("bad-request", "toolkey's keyring is for URLs and hosts of package indexes, and this is neither", {
        hint: "keyring set https://HOST/PATH USER",
      });
    if (operation === "del") return { operation: "erase", place: () => named(place), username, secret: undefined, id: undefined, done: "" };
    // A script ends what it passes on with a line break of its own.
    const secret = input.replace(/[\r\n]+$/, "");
    if (secret === "") throw new Failure("bad-request", "there is no password on standard input");
    return {
      operation: "store",
      place: () => named(place),
      username,
      kept: { secret: new Secret(secret), expiresAt: undefined, refreshToken: undefined },
      isOurs: false,
    };
  },
};

interface Words {
  readonly operation: string;
  readonly service: string;
  readonly username: string | undefined;
  /** Whether the user name is answered, too. */
  readonly isPair: boolean;
  readonly isJson: boolean;
}

/** Options may stand anywhere, as argparse has it. */
function readWords(words: readonly string[]): Words {
  const operands: string[] = [];
  const options = new Map<string, string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const [name = "", value] = word.split(/=(.*)/s, 2);
    if (!word.startsWith("-")) operands.push(word);
    else if (value !== undefined) options.set(name, value);
    else if (OPTIONS_WITH_VALUE.has(name)) options.set(name, words[(at += 1)] ?? "");
  }
  const [operation = "", service = "", username] = operands;
  return { operation, service, username, isPair: options.get("--mode") === "creds", isJson: options.get("--output") === "json" };
}

function named({ target }: ServiceName): NamedPlace {
  return { target, hasDots: false };
}

function rendered({ username = "", secret }: Token, { isPair, isJson }: Pick<Words, "isPair" | "isJson">): string {
  const password = secret.reveal();
  const fields = isPair ? { username, password } : { password };
  if (isJson) return `${JSON.stringify(fields)}\n`;
  const lines = Object.values(fields);
  if (lines.some((line) => /\p{Cc}/u.test(line)))
    throw new Failure("bad-request", "the token holds a control character, which keyring can't carry");
  return lines.map((line) => `${line}\n`).join("");
}
