/** A service for people: how each of its tools gets a token there, and what else can be done by program. */
import type { ServiceView } from "../../core/views/service.ts";
import type { SignIn } from "../../core/tokens/sign-in.ts";
import { table } from "../terminal/table.ts";

const PASTED: Readonly<Record<SignIn, string>> = {
  token: "a token that is pasted",
  password: "a user name and its password",
  key: "the private key of an app",
};

/** What toolkey does by itself, in words. */
const ABILITIES: Readonly<Record<Exclude<ServiceView["can"][number], "sign-in" | "fetch">, string>> = {
  check: "checks tokens",
  mint: "makes them",
  renew: "renews them",
  revoke: "ends them",
  list: "lists them",
  exchange: "takes the identity of a CI job for one",
};

const COLUMNS = [{ title: "TOOL" }, { title: "WHERE", flexible: true }, { title: "HOW IT GETS A TOKEN", flexible: true }];

/** How a tool gets a token. */
const COMMANDS = {
  made: (service: ServiceView) => mintCommand(service, "TOOL"),
  "signed in": ({ name }: ServiceView) => `toolkey login ${name} --tool TOOL`,
  printed: ({ name }: ServiceView) => `toolkey login ${name}`,
  pasted: ({ name }: ServiceView) => `toolkey add ${name} --tool TOOL --paste`,
} as const;

/** By which a token of a tool is made there. */
export function mintCommand({ name, forRepositories }: ServiceView, tool: string): string {
  return `toolkey mint ${name} --tool ${tool}${forRepositories ? " --repository OWNER/NAME" : ""}`;
}

/** @param width in columns */
export function serviceText(service: ServiceView, width: number): string[] {
  const { title, url, page, tools, can, signIn } = service;
  const atPage = isLoginAtPage(service) ? ["by signing in at its page"] : [];
  const logins = [...atPage, ...(signIn === undefined ? [] : [`with ${PASTED[signIn]}`])];
  const done = can.flatMap((ability) => (ability === "sign-in" || ability === "fetch" ? [] : ABILITIES[ability]));
  const rows = tools.map((use) => [use.tool, use.targets.join(" "), waysOf(service, use).join(", or ")]);
  const ways = new Set(tools.flatMap((use) => waysOf(service, use)));
  return [
    `${title}${url === undefined ? "" : `, ${url}`}`,
    ...(page === undefined ? [] : [`tokens are made by hand at ${page}`]),
    ...(logins.length === 0 ? [] : [`toolkey's own login is ${logins.join(", or ")}`]),
    `toolkey ${done.length === 0 ? "keeps and serves its tokens, and can ask it nothing" : done.join(", ")}`,
    "",
    ...table(COLUMNS, rows, width).split("\n"),
    "",
    ...[...ways].map((way) => `${way}: ${COMMANDS[way](service)}`),
  ];
}

/** With a login others are made, so that toolkey has one. */
function isLoginAtPage({ can }: ServiceView): boolean {
  return can.includes("sign-in") && can.includes("mint");
}

type Way = keyof typeof COMMANDS;

/** The shortest first. */
function waysOf({ can, command }: ServiceView, { signsIn }: ServiceView["tools"][number]): Way[] {
  if (command !== undefined) return ["printed"];
  return [...(can.includes("mint") ? ["made" as const] : []), ...(signsIn ? ["signed in" as const] : []), "pasted"];
}
