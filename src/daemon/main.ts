import { join } from "node:path";
import { Broker } from "../broker/broker.ts";
import { Checking } from "../broker/checking.ts";
import { Intake } from "../broker/taking-in/intake.ts";
import { Moving } from "../broker/moving/moving.ts";
import { KeptAnswers } from "../broker/token-life/kept-answers.ts";
import { ServiceAccess } from "../broker/service-access.ts";
import { Session } from "../broker/session.ts";
import { Exchanging } from "../broker/signing-in/exchanging.ts";
import { Keeping } from "../broker/signing-in/keeping.ts";
import { SignIns } from "../broker/signing-in/sign-ins.ts";
import { TokenRecords } from "../broker/token-records.ts";
import { BUILD } from "../core/build.ts";
import { instant, systemClock, type Clock } from "../core/clock.ts";
import { Events } from "../core/event.ts";
import { Failure } from "../core/failure.ts";
import { closeInherited, hardenProcess } from "../platform/libc.ts";
import { adoptOrphans } from "../platform/processes/orphans.ts";
import { paths as findPaths, type Environment, type Paths } from "../platform/paths.ts";
import { CallerVariables } from "./caller-variables.ts";
import { ConfigurationInForce } from "./configuration/in-force.ts";
import { GatewayAccess } from "./granting/gateway-access.ts";
import { fetchingBy } from "./fetching-commands.ts";
import { dispatch, type Dispatched } from "./operations/dispatch.ts";
import { prepareEnd } from "./ending.ts";
import { Inside, isStartedInside } from "./granting/inside.ts";
import { READINESS_DESCRIPTOR } from "../core/wire/readiness.ts";
import { lookAfterDirectories } from "./ended-commands.ts";
import { errorFields, logFile, logged, openLog } from "./log.ts";
import { sessionInUse } from "./operations/session-in-use.ts";
import { tellStarter } from "./starting/readiness.ts";
import { listen, type AgentSocket } from "./socket/server.ts";
import { openLoopback } from "./sign-in-server.ts";
import { OwnDirectory } from "./starting/own-directory.ts";
import { becomeOnlyDaemon, type OwnPlace } from "./starting/single.ts";
import type { DaemonTool } from "./daemon-tool.ts";
import { DAEMON_TOOLS } from "./tools.ts";
import { tokenLife } from "./token-life.ts";

async function main(): Promise<void> {
  process.title = "toolkey-daemon";
  closeInherited(READINESS_DESCRIPTOR + 1);
  process.umask(0o077);
  hardenProcess();
  // What a command leaves behind that fetches a token stays below the daemon, by which it is known.
  adoptOrphans();
  // As it was at the start: the library of the key store is told by it where that is.
  const environment = { ...process.env };
  // A service manager's daemon is to be there when another one has ended.
  const place = await becomeOnlyDaemon(findPaths(environment), environment, process.argv.includes("--wait"));
  if (place === undefined) {
    tellStarter("running");
    return;
  }
  await serve(place, new CallerVariables(environment)).catch((error: unknown) => {
    place.server.close();
    throw error;
  });
}

async function serve({ paths, server, passedOver }: OwnPlace, callerVariables: CallerVariables): Promise<void> {
  const { environment } = callerVariables;
  const clock = systemClock;
  const configuration = await ConfigurationInForce.open(paths);
  callerVariables.unsaid = () => {
    const { httpProxy, httpsProxy, noProxy } = configuration.proxies;
    return { HTTP_PROXY: httpProxy, HTTPS_PROXY: httpsProxy, NO_PROXY: noProxy };
  };
  await assertStartedOutside(configuration, { paths, environment, clock });
  const { log, failure: logFailure } = await openLog(paths);
  const events = new Events();
  events.show(logged(log));
  const startedAt = instant(clock.now());

  const session = new Session({
    paths,
    environment,
    clock,
    times: configuration.lock,
    onOpen: ({ vault }) => {
      configuration.learn(vault.accepted);
      life.lookAfter();
    },
    onClosingSoon: () => gateway.ifOpen()?.vaultCloses(),
    onClose: (why) => {
      gateway.ifOpen()?.forget();
      fetching.forget();
      signIns.endAll("the vault was closed meanwhile");
      log.info({ why }, "vault closed");
    },
  });
  const records = new TokenRecords({
    session,
    clock,
    keepSuspendedMs: () => configuration.keepSuspendedMs,
    events,
    onChange: () => gateway.ifOpen()?.forget(),
    onUnsaved: (error) => log.warn(errorFields(error), "usage not saved"),
  });
  const access = new ServiceAccess({
    services: () => configuration.services,
    records,
    environment,
    certificates: configuration.certificates,
  });
  const keptAnswers = new KeptAnswers({
    directory: join(paths.data, "renewals"),
    key: (purpose) => session.deriveKey(purpose),
    program: join(import.meta.dirname, "renewal-process.cjs"),
  });
  const life = tokenLife({ records, access, session, log, keptAnswers });
  const fetching = fetchingBy({ access, environment, clock });
  const broker = new Broker({ records, supply: life.issuing, fetching });
  const checking = new Checking({ records, access, fetching });
  const keeping = new Keeping({ records, checking, issuing: life.issuing, onLogin: () => (life.issuing.tryAgain(), life.lookAfter()) });
  const signIns = new SignIns({
    access,
    keeping,
    loopback: () => openLoopback(inside),
    using: () => session.using(),
  });
  const gateway = new GatewayAccess({
    broker,
    access,
    clock,
    events,
    paths,
    environment,
    certificates: configuration.certificates,
    proxies: () => configuration.proxies,
    log,
    session,
    afterRefusal: life.afterRefusal,
    using: () => session.using(),
  });
  const inside = new Inside(gateway, () => configuration.trusted);
  configuration.onChange = () => {
    session.timesChanged();
    gateway.ifOpen()?.forget();
  };
  const serving: Awaited<ReturnType<DaemonTool["serve"]>>[] = [];
  let agent: AgentSocket | undefined;
  // From here on, what goes wrong ends the daemon in order.
  const end = prepareEnd(log, [
    ["sign-ins", () => signIns.endAll("the daemon has ended")],
    ["commands that fetch tokens", () => fetching.forget()],
    ["what is served to single tools", () => serving.forEach((each) => each?.close())],
    ["the gateway", () => gateway.ifOpen()?.close()],
    ["the socket", () => agent?.close()],
    ["usage", () => session.save()],
  ]);
  const world: Dispatched = {
    broker,
    gateway,
    inside,
    checking,
    signIns,
    exchanging: new Exchanging({ access, keeping }),
    intake: new Intake({ session, records, access }),
    moving: new Moving({ records, access }),
    ...life,
    access,
    fetching,
    records,
    session,
    configuration,
    environment,
    paths,
    clock,
    events,
    callerVariables,
    ownDirectory: new OwnDirectory(paths),
    ownStatus: () => ({
      build: BUILD,
      pid: process.pid,
      node: process.version,
      startedAt,
      socket: paths.socket,
      passedOver,
      config: paths.configFile,
      ...configuration.sources(),
      session: sessionInUse(environment),
      log: logFile(paths),
      logFailure: logFailure?.message,
      memoryBytes: process.memoryUsage.rss(),
    }),
    stop: () => end("asked to", 0),
  };
  agent = await listen(
    server,
    paths.socket,
    (request, caller) => dispatch(request, caller, world),
    () => end("the socket was removed or replaced", 0),
  );
  await gateway.takeUp();
  lookAfterDirectories(paths.runtime, events, log);
  for (const tool of DAEMON_TOOLS.values()) serving.push(await tool.serve({ ...world, log }));
  log.info({ build: BUILD, pid: process.pid, node: process.version }, "listening");
  tellStarter("ready");
}

/**
 * Whom the configuration trusts counts once it was accepted, which the vault tells: by a session of its own, whose opening does nothing
 * else with tokens yet.
 *
 * @throws Failure `denied`
 */
async function assertStartedOutside(
  configuration: ConfigurationInForce,
  world: { paths: Paths; environment: Environment; clock: Clock },
): Promise<void> {
  if (!isStartedInside([])) return;
  const looking = new Session({ ...world, times: configuration.lock, onClose: () => undefined });
  await configuration.know(looking);
  await looking.lock();
  if (!isStartedInside(configuration.trusted)) return;
  throw new Failure("denied", "the daemon is not started from inside of a sealed command", {
    hint: "any toolkey command outside of it starts it",
  });
}

main().catch((error: unknown) => {
  tellStarter(
    error instanceof Failure ? error : new Failure("unavailable", `the daemon failed to start: ${JSON.stringify(errorFields(error))}`),
  );
  process.exitCode = 1;
});
