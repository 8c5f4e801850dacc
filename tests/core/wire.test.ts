import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Failure } from "../../src/core/failure.ts";
import { miss, ok, parseAnswer, parseRequest, renderAnswer, renderBareAnswer, renderRequest, type Answer } from "../../src/core/wire/wire.ts";
import { failureOf } from "../fixtures/failures.ts";

const bytes = (text: string): Uint8Array => Buffer.from(text, "utf8");

/** A failure as what it says: two errors are never equal by their stacks. */
function told(answer: Answer | undefined): unknown {
  if (answer?.status !== "error") return answer;
  const { code, message, hints } = answer.failure;
  return { status: "error", code, message, hints };
}

const GET = "action=get\ntimeout=900\n";
const payloads = fc.oneof(fc.string({ unit: "binary" }), fc.string(), fc.constantFrom("", "\n", "a=b\n\nc=d\n"));
// What a header line can hold: one line.
const lines = fc.string({ unit: "grapheme" }).filter((text) => !/[\p{Cc}\u2028\u2029]/u.test(text));

describe("a request", () => {
  it("is read from what a client of ours writes", () => {
    const text = renderRequest({ tool: "git", operation: "store", build: "0.1.0+abc", headers: { "timeout-seconds": "60" }, payload: "a=b\n\nc\n" });
    expect(text).toBe("action=get\ntimeout=900\ntoolkey=1\ntool=git\noperation=store\nbuild=0.1.0+abc\ntimeout-seconds=60\n\na=b\n\nc\n");
    expect(parseRequest(bytes(text))).toEqual({
      kind: "toolkey",
      tool: "git",
      operation: "store",
      build: "0.1.0+abc",
      headers: new Map([
        ["toolkey", "1"],
        ["tool", "git"],
        ["operation", "store"],
        ["build", "0.1.0+abc"],
        ["timeout-seconds", "60"],
      ]),
      payload: "a=b\n\nc\n",
    });
  });

  it("keeps its payload as it is, whatever that holds", () => {
    fc.assert(
      fc.property(lines, lines, payloads, (tool, operation, payload) => {
        expect(parseRequest(bytes(renderRequest({ tool, operation, payload })))).toMatchObject({ tool, operation, build: undefined, payload });
      }),
    );
  });

  it.each<[what: string, action: string, timeout: number, payload: string]>([
    ["a get", "get", 900, "protocol=https\nhost=h\n"],
    ["a store", "store", 0, "protocol=https\n"],
    ["nothing to say", "exit", 9_999_999_999, ""],
    ["our word in its payload", "get", 1, "protocol=https\ntoolkey=1\n"],
  ])("of a bare git-credential-cache client is told apart: %s", (_what, action, timeoutSeconds, payload) => {
    expect(parseRequest(bytes(`action=${action}\ntimeout=${timeoutSeconds}\n${payload}`))).toEqual({
      kind: "bare",
      action,
      timeoutSeconds,
      payload,
    });
  });

  it.each<[what: string, text: string, code: string]>([
    ["nothing", "", "bad-request"],
    ["a line break", "\n", "bad-request"],
    ["a web browser's", "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", "bad-request"],
    ["no timeout", "action=get\n\n", "bad-request"],
    ["a timeout that is no number", "action=get\ntimeout=soon\n", "bad-request"],
    ["a timeout with a sign", "action=get\ntimeout=-1\n", "bad-request"],
    ["a timeout beyond all bounds", "action=get\ntimeout=99999999999\n", "bad-request"],
    ["the lines the other way round", "timeout=900\naction=get\n", "bad-request"],
    ["carriage returns", "action=get\r\ntimeout=900\r\n\r\n", "bad-request"],
    ["another wire version", `${GET}toolkey=2\ntool=git\noperation=get\n\n`, "version"],
    ["no wire version", `${GET}toolkey=\ntool=git\noperation=get\n\n`, "version"],
    ["header lines that do not end", `${GET}toolkey=1\ntool=git\noperation=get\n`, "bad-request"],
    ["header lines that end in a line", `${GET}toolkey=1\ntool=git\noperation=get`, "bad-request"],
    ["a header line without '='", `${GET}toolkey=1\ntool=git\noperation\n\n`, "bad-request"],
    ["a header line without a name", `${GET}toolkey=1\ntool=git\n=get\n\n`, "bad-request"],
    ["no tool", `${GET}toolkey=1\noperation=get\n\n`, "bad-request"],
    ["no operation", `${GET}toolkey=1\ntool=git\n\n`, "bad-request"],
  ])("is refused if it is %s", (_what, text, code) => {
    expect(failureOf(() => parseRequest(bytes(text))).code).toBe(code);
  });

  it.each<[what: string, hex: string]>([
    ["a byte that begins nothing", "ff"],
    ["half a character", "c3"],
    ["an overlong NUL", "c080"],
    ["half a surrogate pair", "eda080"],
  ])("is refused if its text is no UTF-8: %s", (_what, hex) => {
    const request = Buffer.concat([Buffer.from(GET), Buffer.from(hex, "hex")]);
    expect(failureOf(() => parseRequest(request)).code).toBe("bad-request");
  });

  it("of garbage is refused with a failure that repeats none of it", () => {
    const garbage = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.tuple(fc.constantFrom(GET, `${GET}toolkey=1\n`, `${GET}toolkey=`), fc.string({ unit: "binary" })).map((parts) => bytes(parts.join("MARK"))),
    );
    fc.assert(
      fc.property(garbage, (request) => {
        try {
          parseRequest(request);
        } catch (error) {
          expect(error).toBeInstanceOf(Failure);
          expect((error as Failure).message).not.toContain("MARK");
        }
      }),
      { numRuns: 500 },
    );
  });

  it("has no more header lines than its writer meant it to have", () => {
    const text = renderRequest({ tool: "git\noperation=erase", operation: "get\n\nusername=evil", headers: { a: "b\r\nc=d\u2028e" }, payload: "" });
    expect(parseRequest(bytes(text))).toMatchObject({
      headers: new Map([
        ["toolkey", "1"],
        ["tool", "git operation=erase"],
        ["operation", "get username=evil"],
        ["a", "b c=d e"],
      ]),
      payload: "",
    });
  });
});

const answers: fc.Arbitrary<Answer> = fc.oneof(
  fc.tuple(payloads, fc.array(lines), fc.array(lines)).map(([payload, notes, hints]) => ok(payload, notes, hints)),
  fc.tuple(fc.array(lines), fc.array(lines)).map(([notes, hints]) => miss(notes, hints)),
  fc
    .tuple(fc.constantFrom("usage", "locked", "denied", "damaged", "no-vault"), lines, fc.array(lines))
    .map(([code, message, hint]): Answer => ({ status: "error", failure: new Failure(code, message, { hint }) })),
);

describe("an answer", () => {
  it.each<[what: string, answer: Answer, text: string]>([
    ["found", ok("password=x\n"), "ok\n\npassword=x\n"],
    ["nothing to say", ok(""), "ok\n\n"],
    ["with notes", ok("p", ["a", "b"], ["c"]), "ok\nnote=a\nnote=b\nhint=c\n\np"],
    ["not found", miss(), "miss\n\n"],
    ["not found, and why", miss(["suspended"], ["restore it"]), "miss\nnote=suspended\nhint=restore it\n\n"],
    [
      "a failure",
      { status: "error", failure: new Failure("locked", "the vault is locked", { hint: "toolkey unlock" }) },
      "error\ncode=locked\nnote=the vault is locked\nhint=toolkey unlock\n\n",
    ],
  ])("is written as docs/wire.md says: %s", (_what, answer, text) => {
    expect(renderAnswer(answer)).toBe(text);
  });

  it("is read again as it was", () => {
    fc.assert(
      fc.property(answers, (answer) => {
        expect(told(parseAnswer(renderAnswer(answer)))).toEqual(told(answer));
      }),
    );
  });

  it.each<[what: string, answer: Answer, expected: unknown]>([
    [
      "a note of a found one",
      ok("real=1\n", ["x\n\nfake=2", "y\r\nhint=z"], ["\u2028a\u2029b\u0085c\0d"]),
      { status: "ok", notes: ["x fake=2", "y hint=z"], hints: [" a b c d"], payload: "real=1\n" },
    ],
    ["a note of one not found", miss(["x\nok\n\npassword=y"]), { status: "miss", notes: ["x ok password=y"], hints: [] }],
    [
      "the message of a failure",
      { status: "error", failure: new Failure("denied", "no\ncode=usage\n\npassword=y", { hint: "a\nnote=b" }) },
      { status: "error", code: "denied", message: "no code=usage password=y", hints: ["a note=b"] },
    ],
  ])("can't be given more lines by %s", (_what, answer, expected) => {
    expect(told(parseAnswer(renderAnswer(answer)))).toEqual(expected);
  });

  it("that is cut off before its payload is none", () => {
    fc.assert(
      fc.property(answers, (answer) => {
        const text = renderAnswer(answer);
        const headers = text.slice(0, text.indexOf("\n\n") + 2);
        for (let length = 0; length < headers.length; length += 1) {
          expect(parseAnswer(headers.slice(0, length))).toBeUndefined();
        }
      }),
      { numRuns: 50 },
    );
  });

  it.each<[what: string, text: string]>([
    ["silence", ""],
    ["git's own cache daemon", "username=alice\npassword=x\n"],
    ["git's own cache daemon that is ready", "ok\n"],
    ["a status word that goes on", "okay\n\n"],
    ["a status word that is not alone", "ok password=x\n\n"],
    ["a carriage return", "ok\r\n\r\n"],
    ["a web server", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["a blank line first", "\nok\n\n"],
  ])("of somebody else is none: %s", (_what, text) => {
    expect(parseAnswer(text)).toBeUndefined();
  });

  it("with a failure that this build doesn't know, or lines that it doesn't, is still a failure", () => {
    expect(told(parseAnswer("error\ncode=brand-new\nlater=1\nnote=a\nnote=b\n\n"))).toEqual({
      status: "error",
      code: "unavailable",
      message: "a; b",
      hints: [],
    });
  });
});

describe("an answer to a bare client", () => {
  const hit = ok("username=alice\n");
  it.each<[what: string, answer: Answer, request: { action: string; timeoutSeconds: number }, text: string]>([
    ["a hit", hit, { action: "get", timeoutSeconds: 900 }, "username=alice\n"],
    ["a hit for who asks first", hit, { action: "get", timeoutSeconds: 0 }, "username=alice\n"],
    ["a hit with a note", ok("username=alice\n", ["it ends soon"]), { action: "get", timeoutSeconds: 900 }, "username=alice\n"],
    ["a hit with a note, for who asks first", ok("username=alice\n", ["it ends soon"]), { action: "get", timeoutSeconds: 0 }, ""],
    ["a hit with a hint, for who asks first", ok("username=alice\n", [], ["renew it"]), { action: "get", timeoutSeconds: 0 }, ""],
    ["a miss", miss(["it is suspended"]), { action: "get", timeoutSeconds: 900 }, ""],
    ["a failure", { status: "error", failure: new Failure("locked", "the vault is locked") }, { action: "get", timeoutSeconds: 0 }, ""],
  ])("%s", (_what, answer, request, text) => {
    expect(renderBareAnswer(answer, request)).toBe(text);
  });
});
