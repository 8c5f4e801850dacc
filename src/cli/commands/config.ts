import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { ConfigurationView } from "../../core/views/configuration.ts";
import { durationText } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { command } from "../command.ts";
import { ask, type Context } from "../context.ts";
import { confirm } from "../terminal/secret-input.ts";
import { textDifference } from "../terminal/text-difference.ts";

export const config = command({
  command: "config [action] [what]",
  describe: "show what is in force of config.toml and certificates, or accept a change",
  about: [
    "`/etc/toolkey/config.toml`, which root writes, is in force beneath your own; what it fixes, your own can't say.",
    "What your own says of times is in force at once. What decides where tokens go, or whom toolkey trusts (services, " +
      "certificates, the sandbox), waits until you have accepted it, so that no script can add its own. Every command says that " +
      "something waits.",
    "Nothing can be accepted from within a command of `toolkey run`.",
  ],
  examples: [
    ["$0 config", "where the file is, what is in force, what waits"],
    ["$0 config accept", "show the change of services and trust that waits, and ask; --yes: do not ask"],
    ["$0 config accept --cacert company.pem", "the same with the certificates of a file, before a command needs them"],
    ["$0 config check config.toml", "look through a file that is to be /etc/toolkey/config.toml"],
    ["$0 config refuse 4f2a90c1", "stop trusting the certificate whose SHA-256 begins so (eight digits or more)"],
  ],
  options: (parser) =>
    parser
      .positional("action", {
        choices: ["accept", "refuse", "check"] as const,
        describe: "accept what waits; refuse a certificate; check a file",
      })
      .positional("what", { type: "string", describe: "the SHA-256 of a certificate, or the beginning of it; the path of a file" })
      .option("yes", { type: "boolean", alias: "y", default: false, describe: "do not ask" }),
  async run({ action, what, yes }, context) {
    if (action !== "accept" && yes) throw new Failure("usage", "--yes is for 'toolkey config accept'");
    if (action === "refuse") return refuse(context, what);
    if (action === "check") return check(context, what);
    if (what !== undefined)
      throw new Failure(
        "usage",
        "a certificate is named for 'toolkey config refuse'; to accept those of a file: toolkey config accept --cacert FILE",
      );
    const view = await ask({ ...context, heard: undefined }, "config", {});
    if (action === "accept") return accept(context, view, yes);
    context.output.json(view);
    for (const line of lines(view, existsSync(context.paths.vault))) context.output.print(line);
  },
});

async function accept(context: Context, view: ConfigurationView, yes: boolean): Promise<void> {
  const { output } = context;
  for (const { what, hints } of view.faults) {
    output.note(what);
    for (const hint of hints) output.hint(hint);
  }
  const { accepted, written } = view.accepted === undefined ? await opened(context) : view;
  if (accepted === written) {
    output.json({ outcome: "nothing-waits", accepted: written });
    return output.print("nothing waits to be accepted");
  }
  for (const line of changes(accepted ?? "", written)) output.print(line);
  if (!yes) await confirm(context, "put this in force?");
  await ask({ ...context, heard: undefined }, "acceptConfig", { shown: written });
  output.json({ outcome: "accepted", accepted: written });
  output.print("accepted; it is in force now");
}

async function refuse(context: Context, certificate: string | undefined): Promise<void> {
  const start = certificate?.replace(/^sha256:|:/gi, "") ?? "";
  if (!/^[0-9a-f]{8,64}$/i.test(start))
    throw new Failure("usage", "name the certificate: eight or more digits of its SHA-256", { hint: "toolkey config shows them" });
  const { sha256 } = await ask({ ...context, heard: undefined }, "refuseCertificate", { start });
  context.output.json({ sha256 });
  context.output.print(`${sha256} is not trusted`);
}

async function check(context: Context, file: string | undefined): Promise<void> {
  const { output } = context;
  if (file === undefined) throw new Failure("usage", "name the file: toolkey config check FILE");
  const path = resolve(file);
  const checked = await ask({ ...context, heard: undefined }, "checkConfig", { path });
  const { sets, fixes, faults } = checked;
  output.json({ file: path, ...checked });
  output.print(`sets       ${sets.length === 0 ? "nothing" : sets.join(", ")}`);
  output.print(`fixes      ${fixes.length === 0 ? "nothing" : fixes.join(", ")}`);
  for (const { what, hints } of faults) output.print(`fault      ${what}`, ...hints.map((hint) => `           ${hint}`));
  if (faults.length > 0) throw new Failure("unavailable", `what is wrong with it: ${faults.length}; it would be left out`);
}

/** The view once the vault, which alone tells what was accepted, is open. */
async function opened(context: Context): Promise<ConfigurationView> {
  await ask(context, "list", {});
  return ask({ ...context, heard: undefined }, "config", {});
}

function lines(view: ConfigurationView, isVaultThere: boolean): string[] {
  const { file, systemFile, idleMs, absoluteMs, keepSuspendedMs, accepted, system, settings } = view;
  const from = (name: string): string => {
    const found = settings.find((each) => each.name === name);
    return found === undefined || systemFile === undefined ? "" : ` (${found.file}${found.fixed ? ", fixed" : ""})`;
  };
  return [
    `file       ${file}`,
    ...(systemFile === undefined ? [] : [`system     ${systemFile}`]),
    ...view.faults.map(({ what, hints }) => `fault      ${[what, ...hints].join("; ")}`),
    `idle       ${durationText(idleMs)}${from("lock.idle")}`,
    `absolute   ${durationText(absoluteMs)}${from("lock.absolute")}`,
    `keeps      suspended and revoked tokens for ${durationText(keepSuspendedMs)}${from("vault.keep_suspended")}`,
    ...(system === "" ? [] : ["of system  of services and trust:", ...shown(system)]),
    ...(accepted === undefined
      ? [
          `accepted   ${isVaultThere ? "not known while the vault is closed: toolkey unlock" : "nothing yet: 'toolkey init' makes the vault"}`,
        ]
      : ["accepted   of services and trust:", ...shown(accepted)]),
    ...(view.waits ? ["waits      toolkey config accept", ...changes(accepted ?? "", view.written)] : []),
  ];
}

function shown(toml: string): string[] {
  return toml === "" ? ["  nothing"] : toml.trimEnd().split("\n").map((line) => `  ${line}`);
}

function changes(before: string, after: string): string[] {
  return textDifference(before, after).map((line) => `  ${line}`);
}
