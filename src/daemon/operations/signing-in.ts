/** Signing in at a service: with what is pasted, at a page, or as the CI job that asks. */
import type { Broker } from "../../broker/broker.ts";
import type { Checking } from "../../broker/checking.ts";
import type { ServiceAccess } from "../../broker/service-access.ts";
import type { Session } from "../../broker/session.ts";
import type { Exchanging } from "../../broker/signing-in/exchanging.ts";
import type { SignIns } from "../../broker/signing-in/sign-ins.ts";
import type { Issuing } from "../../broker/token-life/issuing.ts";
import { ADMINISTRATION, type Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { parseTarget } from "../../core/target.ts";
import { noLogin } from "../../core/tokens/sign-in.ts";
import type { Service } from "../../issuers/service.ts";
import { knownTool } from "../../protocols/tool-names.ts";

export interface SigningInWorld {
  readonly access: ServiceAccess;
  readonly broker: Broker;
  readonly checking: Checking;
  readonly issuing: Issuing;
  readonly signIns: SignIns;
  readonly exchanging: Exchanging;
  readonly session: Session;
  readonly lookAfter: () => void;
}

/** @throws Failure `usage` where a login is of no use, `denied` if the service rejects it */
export async function login(request: Operations["login"]["request"], world: SigningInWorld): Promise<Operations["login"]["answer"]> {
  const { broker, access, checking, issuing, lookAfter } = world;
  const service = access.services.existing(request.service);
  const { username } = request;
  assertLogin(service, username);
  const { assessment, ...fresh } = await checking.accept(service.name, { secret: new Secret(request.secret), username, isLogin: true });
  const target = parseTarget(service.url);
  const { token } = await broker.add({ ...fresh, tool: ADMINISTRATION, service: service.name, target, username });
  // What could not be made, found or ended for want of a login can be now.
  issuing.tryAgain();
  lookAfter();
  return { token, assessment };
}

/** @throws Failure as `SignIns.begin` */
export async function signIn(
  { service: name, tool, browser }: Operations["signIn"]["request"],
  { access, signIns, session }: SigningInWorld,
): Promise<Operations["signIn"]["answer"]> {
  const service = access.services.existing(name);
  // Before the person has gone to the page.
  await session.use();
  return signIns.begin(service, tool === undefined ? ownerOf(service) : offered(service, tool), browser);
}

export async function signInNews(
  { signIn: id }: Operations["signInNews"]["request"],
  { signIns }: SigningInWorld,
): Promise<Operations["signInNews"]["answer"]> {
  return { done: await signIns.news(id) };
}

export async function endSignIn(
  { signIn: id }: Operations["endSignIn"]["request"],
  { signIns }: SigningInWorld,
): Promise<Operations["endSignIn"]["answer"]> {
  signIns.end(id);
  return Promise.resolve({});
}

/** @throws Failure as `Exchanging.exchange`, and `usage` for a tool that has nothing there */
export async function exchangeIdentity(
  { service: name, tool, provider, identity }: Operations["exchangeIdentity"]["request"],
  { access, exchanging, session }: SigningInWorld,
): Promise<Operations["exchangeIdentity"]["answer"]> {
  const service = access.services.existing(name);
  if (tool !== undefined) assertOffered(service, tool);
  await session.use();
  const source = "token" in identity ? { idToken: new Secret(identity.token) } : { ...identity, bearer: new Secret(identity.bearer) };
  return exchanging.exchange(service, tool ?? ADMINISTRATION, provider, source);
}

/** Whose the token of a sign-in is, where nobody says: toolkey's, if it makes others with it, else that of the first tool there. */
function ownerOf({ issuer, tools, title }: Service): string {
  if (issuer.mint !== undefined) return ADMINISTRATION;
  const [first] = Object.keys(tools);
  if (first !== undefined) return first;
  throw new Failure("usage", `there is nothing for any tool at ${title}`, { hint: "give it the table of a tool in config.toml" });
}

function offered({ name, tools, title, issuer }: Service, tool: string): string {
  if (issuer.signInPage?.isOnlyForLogin === true) {
    throw new Failure("usage", `at ${title} toolkey signs in for itself, and makes the tokens of tools`, {
      hint: `toolkey login ${name}, then: toolkey mint ${name} --tool ${tool}`,
    });
  }
  assertOffered({ tools, title }, tool);
  return tool;
}

function assertOffered({ tools, title }: Pick<Service, "tools" | "title">, tool: string): void {
  if (tools[knownTool(tool)] !== undefined) return;
  throw new Failure("usage", `there is nothing for ${tool} at ${title}`, { hint: `it is for: ${Object.keys(tools).join(", ")}` });
}

/** @throws Failure `usage` where a login is of no use, or lacks its user name */
function assertLogin({ name, title, issuer, page }: Service, username: string | undefined): void {
  if (issuer.signIn === undefined) throw noLogin({ name, title, page });
  if (issuer.signIn === "password" && (username === undefined || username === "")) {
    throw new Failure("usage", `${title} wants a user name and a password`, { hint: `toolkey login ${name} --username NAME` });
  }
}
