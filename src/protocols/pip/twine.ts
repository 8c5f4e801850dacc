/** `twine upload` through the gateway: its repository and the phantom by variables, which come before its settings. Pure. */
import { join } from "node:path";
import { throughGateway } from "../../core/gateway/url.ts";
import { EMPTY_PLAN } from "../../core/plan.ts";
import { formatTarget } from "../../core/target.ts";
import { noNeeds, type ReadText, type RunRequest, type Survey } from "../tool-protocol.ts";
import { asksItself } from "./asks-itself.ts";
import { isOfSystem } from "./through.ts";
import { askedOf, packageIndex } from "./package-index.ts";
import { USUAL_REPOSITORIES } from "./secrets/pypirc.ts";
import { iniValue, readPythonIni } from "./python-ini.ts";

const WITH_LOGIN = /^(-u|-p|--username|--password)(=|$)/;

export async function twine({ arguments: given, environment, variableNames, home }: RunRequest, read: ReadText): Promise<Survey> {
  if (given[0] !== "upload") return noNeeds(EMPTY_PLAN);
  const option = (long: string, short?: string): string | undefined => {
    const at = given.findLastIndex((word) => word === short || word === long || word.startsWith(`${long}=`));
    return at === -1 ? undefined : given[at]?.startsWith(`${long}=`) === true ? given[at].slice(long.length + 1) : given[at + 1];
  };
  const name = option("--repository", "-r") ?? environment["TWINE_REPOSITORY"] ?? "pypi";
  const settings = readPythonIni((await read(option("--config-file")?.replace(/^~/, home) ?? join(home, ".pypirc"))) ?? "");
  const caFile = option("--cert") ?? environment["TWINE_CERT"] ?? environment["REQUESTS_CA_BUNDLE"];
  const typed = option("--repository-url");
  const named = typed ?? environment["TWINE_REPOSITORY_URL"];
  const url = named ?? iniValue(settings, name, "repository") ?? USUAL_REPOSITORIES[name] ?? "";
  // A login of the person's own, which they have typed, exported or written down.
  const isOwn =
    given.some((word) => WITH_LOGIN.test(word)) ||
    variableNames?.includes("TWINE_PASSWORD") === true ||
    (named === undefined && iniValue(settings, name, "password") !== undefined);
  const repository = packageIndex(url);
  const { target } = repository;
  if (isOwn || target === undefined) return noNeeds(EMPTY_PLAN);
  const username = environment["TWINE_USERNAME"] ?? (named === undefined ? iniValue(settings, name, "username") : undefined);
  return {
    needs: [{ target, username }],
    asks: askedOf({ ...repository, target }).map((asked) => ({ ...asked, isPublic: false })),
    publishes: true,
    plan: (grants) => asksItself("twine", grants),
    planThrough(grants, { gateway, phantom }) {
      const led = `${throughGateway(gateway, target)}/`;
      return {
        plan: {
          ...EMPTY_PLAN,
          environment: { TWINE_REPOSITORY_URL: led, TWINE_USERNAME: "toolkey", TWINE_PASSWORD: phantom },
          ...(typed === undefined ? {} : { trailing: ["--repository-url", led] }),
          given: grants.map(({ need, token }) => ({ token: token.id, place: formatTarget(need.target) })),
        },
        permit: {
          addressing: "url",
          holder: "command",
          publishes: false,
          caFiles: caFile === undefined || isOfSystem(caFile) ? [] : [caFile],
          routes: [{ target, isAuthorized: grants.length > 0, publishes: true }],
        },
      };
    },
  };
}
