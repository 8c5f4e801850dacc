/** What the daemon does for `toolkey COMMAND`. Payloads are checked, since any program may send them. */
import type { Broker } from "../../broker/broker.ts";
import type { Checking } from "../../broker/checking.ts";
import { saidLines, type Fetching } from "../../broker/fetching/fetching.ts";
import type { Moving } from "../../broker/moving/moving.ts";
import type { Intake } from "../../broker/taking-in/intake.ts";
import type { Exchanging } from "../../broker/signing-in/exchanging.ts";
import type { SignIns } from "../../broker/signing-in/sign-ins.ts";
import type { Issuing } from "../../broker/token-life/issuing.ts";
import type { RevocationReport, Revoking } from "../../broker/token-life/revoking.ts";
import { caFileOfRequest, type ServiceAccess } from "../../broker/service-access.ts";
import type { Session } from "../../broker/session.ts";
import type { TokenRecords } from "../../broker/token-records.ts";
import { ADMINISTRATION, type EndedToken, type OperationName, type Operations } from "../../core/wire/administration.ts";
import type { Status } from "../../core/views/status.ts";
import type { Caller } from "../../core/caller.ts";
import type { Clock } from "../../core/clock.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { viewToken, type Token, type TokenView } from "../../core/tokens/token.ts";
import { renderPlan } from "../../core/plan.ts";
import { ok } from "../../core/wire/wire.ts";
import { openSession } from "../granting/sessions.ts";
import { addToken, fetchBy } from "./new-tokens.ts";
import { fixedOf } from "./plans.ts";
import { endSignIn, exchangeIdentity, login, signIn, signInNews } from "./signing-in.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { TOKEN_FORMS } from "../../issuers/token-forms.ts";
import { checkedConfiguration } from "../configuration/checked.ts";
import type { ConfigurationInForce } from "../configuration/in-force.ts";
import type { GatewayAccess } from "../granting/gateway-access.ts";
import { tokensOf } from "./administered-tokens.ts";
import { REQUESTS } from "./administration-requests.ts";
import type { Outcome } from "./outcome.ts";
import { readPayload } from "./payload.ts";
import { viewService, viewServices } from "./service-views.ts";
import type { Environment, Paths } from "../../platform/paths.ts";
import type { TokenMap } from "../../vault/token-map.ts";

/** What the operations act on. */
export interface Administered {
  readonly broker: Broker;
  readonly access: ServiceAccess;
  readonly checking: Checking;
  readonly fetching: Fetching;
  readonly intake: Intake;
  readonly moving: Moving;
  readonly signIns: SignIns;
  readonly exchanging: Exchanging;
  readonly issuing: Issuing;
  readonly revoking: Revoking;
  /** Looks after tokens at once, beside the request. */
  readonly lookAfter: () => void;
  readonly records: TokenRecords;
  readonly session: Session;
  readonly configuration: ConfigurationInForce;
  readonly environment: Environment;
  readonly paths: Paths;
  readonly clock: Clock;
  readonly gateway: GatewayAccess;
  readonly caller: Caller;
  /** The part of the status that only the daemon itself knows. */
  readonly ownStatus: () => Omit<Status, "vault" | "gateway">;
  /** Ends the daemon once the answer is out. */
  readonly stop: () => void;
}

type Handlers = {
  [Name in OperationName]: (
    request: Operations[Name]["request"],
    world: Administered,
  ) => Promise<Operations[Name]["answer"]>;
};

const HANDLERS: Handlers = {
  async init({ sources, passphrase, accept }, { session, paths, configuration, environment }) {
    // Not what waits for another reason: nobody has been shown that.
    configuration.certificates.forgetWaiting();
    await configuration.lookAtCertificates(environment["NODE_EXTRA_CA_CERTS"], caFileOfRequest.get());
    // Not by itself: a script may have written the file, and removed the vault before.
    const accepted = accept === true ? configuration.writtenTrust : "";
    const { source, skipped } = await session.create(sources, asSecret(passphrase), accepted);
    return { vault: paths.vault, source: source.name, where: source.where, skipped, accepted };
  },
  async rekey({ source, passphrase }, { session, paths, gateway, issuing }) {
    await issuing.takeOver();
    const changed = await issuing.throughNewKey(() => session.rekey(source, asSecret(passphrase)));
    await (await gateway.takeUp())?.sealAnew();
    return { vault: paths.vault, source: changed.source.name, where: changed.source.where, before: changed.before.name };
  },
  async status(_request, { session, paths, gateway, ownStatus }) {
    const { state, keySource, locksAt } = await session.state();
    const tokens = await countTokens(session);
    return {
      ...ownStatus(),
      vault: { path: paths.vault, state, keySource: keySource?.name, keyWhere: keySource?.where, tokens, locksAt },
      gateway: (await gateway.ifOpen()?.view()) ?? { url: undefined, phantoms: [] },
    };
  },
  list: async (filter, { broker }) => ({ tokens: await broker.list(filter) }),
  show: async ({ id: token }, { broker, revoking }) => ({ ...(await broker.show(token)), warning: await revoking.warning(token) }),
  async reveal({ id: token }, { broker }) {
    const { id, secret, command, state } = await broker.find(token);
    if (command !== undefined) {
      const hint = `that command prints it: toolkey show ${id}`;
      throw new Failure("denied", `token ${id} is fetched by a command each time, and kept nowhere`, { hint });
    }
    if (secret.isEmpty) throw new Failure("denied", `token ${id} is ${state}, and has no secret`);
    return { token: (await broker.show(id)).token, secret: secret.reveal() };
  },
  add: addToken,
  fetchBy,
  async replace(request, { broker, checking }) {
    const token = await broker.find(request.id);
    const { assessment, ...fresh } = await checking.accept(token.service, {
      secret: new Secret(request.secret),
      username: token.username,
      isLogin: token.tool === ADMINISTRATION,
    });
    return { ...(await broker.replace(token.id, fresh)), assessment };
  },
  restore: ({ id: token }, { broker }) => broker.restore(token),
  async revoke({ ids, local }, { broker, revoking, records }) {
    if (local) {
      const tokens = await broker.revokeLocally(ids);
      return {
        ended: tokens.map(({ token, isDeleted }) => ({
          token,
          end: isDeleted ? "deleted" : "here",
          detail: "ended here",
          hint: undefined,
        })),
      };
    }
    const reports: RevocationReport[] = [];
    for (const token of ids) reports.push(await revoking.revoke(token));
    return { ended: await Promise.all(reports.map((report) => viewReport(report, records))) };
  },
  async done({ id: token }, { revoking, records }) {
    return { token: await viewOne(await revoking.done(token), records) };
  },
  tokenForms: () => Promise.resolve({ forms: TOKEN_FORMS }),
  services: async (_request, { access }) => ({ services: viewServices(access.services) }),
  service: async ({ name }, { access }) => ({ service: viewService(await access.named(name)) }),
  check: async ({ ids }, { checking }) => ({ tokens: await checking.check(ids) }),
  login,
  signIn,
  signInNews,
  endSignIn,
  exchangeIdentity,
  async mint({ service, tool, ...wish }, { access, issuing, records }) {
    return { token: await viewOne(await issuing.mint(await access.named(service), knownTool(tool), wish), records) };
  },
  async rotate({ id: token }, { broker, issuing, revoking, records, fetching }) {
    const { command } = await broker.find(token);
    if (command !== undefined) {
      const said = saidLines(await fetching.prove(command));
      return { token: (await broker.show(token)).token, old: undefined, said };
    }
    const rotated = await issuing.rotate(await broker.find(token));
    const old = rotated.old && (await revoking.tell(rotated.old));
    const { oldEndsAt } = rotated;
    return { token: await viewOne(rotated.token, records), old: old && (await viewReport(old, records)), oldEndsAt, said: [] };
  },
  untracked: async ({ service }, { access, checking }) => ({ tokens: await checking.untracked(await access.named(service)) }),
  async revokeUntracked({ service, tokenId }, { access, checking }) {
    await checking.revokeUntracked(await access.named(service), tokenId);
    return {};
  },
  use: ({ id: token }, { broker }) => broker.prefer(token),
  takeIn: async (request, { intake }) => ({ tokens: await intake.takeIn(request) }),
  exportTokens: (request, { moving }) => moving.exportTokens(request),
  async importTokens(request, { moving, issuing, lookAfter }) {
    const imported = await moving.importTokens(request);
    // What could not be done for want of a login can be done now.
    issuing.tryAgain();
    lookAfter();
    return imported;
  },
  backups: async (_request, { intake }) => ({ backups: await intake.backups() }),
  putBack: async ({ path, force }, { intake }) => ({ outcome: await intake.putBack(path, force) }),
  dropBackups: async (_request, { intake }) => ({ dropped: await intake.dropBackups() }),
  runs: async ({ count }, { gateway }) => ({ runs: await (await gateway.open()).runs(count) }),
  revokePhantoms: async (_request, { gateway }) => ({ phantoms: await (await gateway.open()).end() }),
  seal: async ({ purpose }, { gateway, caller }) => ({ phantom: await (await gateway.open()).seal(purpose, caller) }),
  session: async (asked, { gateway, broker, access, caller, clock, paths, configuration, session }) => {
    const [sandbox, opened, tokens, fixed] = await Promise.all([
      configuration.sandbox(session),
      gateway.open(),
      broker.list({}),
      fixedOf(paths),
    ]);
    const { services } = access;
    const plan = await openSession(
      { gateway: opened, tokens, grants: { broker, access, clock }, services, caller, now: clock.now(), fixed },
      { ...asked, only: asked.only.map(({ tool, host }) => ({ tool: knownTool(tool), host })) },
    );
    return { sandbox, plan: renderPlan(plan) };
  },
  async attend({ phantom, told }, { gateway, session }) {
    const opened = await gateway.open();
    const soon = session.closingSoon();
    const outcome = soon !== undefined && soon !== told ? "vault-closes" : await opened.attend(phantom);
    return { outcome, closesAt: session.closingSoon() };
  },
  async endPhantom({ phantom }, { gateway }) {
    gateway.ifOpen()?.endUnwaited([phantom]);
    return {};
  },
  async config(_request, { configuration, environment }) {
    await configuration.lookAtCertificates(environment["NODE_EXTRA_CA_CERTS"], caFileOfRequest.get());
    return configuration.view();
  },
  sandbox: (_request, { configuration, session }) => configuration.sandbox(session),
  checkConfig: ({ path }) => checkedConfiguration(path),
  async acceptConfig({ shown }, { configuration, session, environment }) {
    await configuration.lookAtCertificates(environment["NODE_EXTRA_CA_CERTS"], caFileOfRequest.get());
    await configuration.accept(session, shown);
    return {};
  },
  refuseCertificate: async ({ start }, { configuration, session }) => ({ sha256: await configuration.refuse(session, start) }),
  async lock(_request, { session }) {
    await session.lock();
    return { state: (await session.state()).state };
  },
  async unlock({ passphrase }, { session }) {
    const { vault } = await session.unlock(asSecret(passphrase));
    return { state: (await session.state()).state, tokens: countOf(await vault.tokens()) };
  },
  async stop(_request, world) {
    // Before the answer, so that nothing is written any more once it is there.
    await world.session.save().catch(() => undefined);
    world.stop();
    return { pid: world.ownStatus().pid };
  },
};

/**
 * Carries out an operation; payload and answer are JSON. The outcome names the tokens that it was about.
 *
 * @throws Failure `bad-request` if there is no such operation or the payload is not what it takes, and
 * whatever the operation throws.
 */
export async function administer(operation: string, payload: string, world: Administered): Promise<Outcome> {
  if (!isOperation(operation)) throw new Failure("bad-request", "there is no such operation");
  return carryOut(operation, payload, world);
}

async function carryOut<Name extends OperationName>(
  operation: Name,
  payload: string,
  world: Administered,
): Promise<Outcome> {
  const answer = await HANDLERS[operation](readPayload(REQUESTS[operation], payload, operation), world);
  const tokens = tokensOf(operation, answer);
  return { answer: ok(JSON.stringify(answer)), ...(tokens && { tokens }) };
}

async function viewOne(token: Token, records: TokenRecords): Promise<TokenView> {
  return records.read((_tokens, usage) => viewToken(token, usage.of(token.id)));
}

async function viewReport(report: RevocationReport, records: TokenRecords): Promise<EndedToken> {
  return { token: await viewOne(report.token, records), end: report.end, detail: report.detail, hint: report.hint };
}

// The status is what people look at when something is wrong with the vault, so that it must not fail for it.
async function countTokens(session: Session): Promise<number | undefined> {
  const open = await session.peek();
  try {
    return open && countOf(await open.vault.tokens());
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return undefined;
  }
}

/** Of a revoked one only its row is left. */
function countOf(tokens: TokenMap): number {
  return tokens.all().filter(({ state }) => state !== "revoked").length;
}

function isOperation(name: string): name is OperationName {
  return Object.hasOwn(HANDLERS, name);
}

function asSecret(text: string | undefined): Secret | undefined {
  return text === undefined ? undefined : new Secret(text);
}
