/** Tokens that a person brings: with a secret, or with a command that fetches it. */
import { isDeepStrictEqual } from "node:util";
import type { Broker } from "../../broker/broker.ts";
import { saidLines, type Fetching } from "../../broker/fetching/fetching.ts";
import type { Checking } from "../../broker/checking.ts";
import type { ServiceAccess } from "../../broker/service-access.ts";
import type { Operations } from "../../core/wire/administration.ts";
import { Failure } from "../../core/failure.ts";
import { NO_SECRET, Secret } from "../../core/secret.ts";
import { authtypeFor } from "../../issuers/service.ts";
import { assertSaysAim, knownTool } from "../../protocols/tool-names.ts";

interface NewTokenWorld {
  readonly broker: Broker;
  readonly access: ServiceAccess;
  readonly fetching: Fetching;
}

/** No service is asked about what is not kept. */
const NOT_ASKED = { outcome: "unknown", detail: "" } as const;

/** @throws Failure `usage` for no place, `denied` if its service rejects it, `unavailable` if its command gives none, `exists` */
export async function addToken(
  request: Operations["add"]["request"],
  { broker, access, checking, fetching }: NewTokenWorld & { readonly checking: Checking },
): Promise<Operations["add"]["answer"]> {
  const tool = knownTool(request.tool);
  const { onlyFor } = request;
  if (onlyFor !== undefined) assertSaysAim(tool);
  const { service, target } = access.services.place(request.place, tool, request.kind);
  const use = access.services.named(service)?.tools[tool];
  const { command } = request;
  const username = request.username ?? (command === undefined ? use?.username : undefined);
  const said = command === undefined ? [] : saidLines(await fetching.prove(command));
  const { assessment, ...fresh } =
    command === undefined
      ? await checking.accept(service, { secret: new Secret(request.secret), username })
      : { assessment: NOT_ASKED, secret: NO_SECRET, facts: {} };
  const added = await broker.add({
    ...fresh,
    command,
    tool,
    service,
    target,
    username,
    authtype: authtypeFor(tool, use),
    onlyFor,
    facts: {
      ...fresh.facts,
      description: request.description ?? fresh.facts.description,
      expiresAt: fresh.facts.expiresAt ?? request.expiresAt,
    },
  });
  return { ...added, assessment, said };
}

/**
 * A person confirms the command of a service, which is run for all of its tools from then on.
 *
 * @throws Failure `usage` for a service without one, `denied` if it is not as it was shown, `unavailable` if it gives no token
 */
export async function fetchBy(
  { service: name, shown, variables, tool: named }: Operations["fetchBy"]["request"],
  { broker, access, fetching }: NewTokenWorld,
): Promise<Operations["fetchBy"]["answer"]> {
  const service = access.services.existing(name);
  if (service.command === undefined)
    throw new Failure("usage", `${service.title} has no command that fetches tokens`, { hint: `toolkey add ${name}` });
  if (named !== undefined && service.tools[named] === undefined) {
    throw new Failure("usage", `there is nothing for ${named} at ${service.title}`, {
      hint: `it is for: ${Object.keys(service.tools).join(", ")}`,
    });
  }
  if (!isDeepStrictEqual([...service.command.argv], [...shown])) {
    throw new Failure("denied", `the command of ${name} was changed since it was shown; it was not run`, {
      hint: `toolkey login ${name}, again`,
    });
  }
  const command = { ...service.command, variables, ofService: true } as const;
  const said = saidLines(await fetching.prove(command));
  const uses = Object.entries(service.tools).flatMap(([tool, use]) =>
    use.targets.map((target) => ({ tool, target, username: use.username, authtype: authtypeFor(tool, use) })),
  );
  return { ...(await broker.fetchBy({ service: name, command, uses, named })), said };
}
