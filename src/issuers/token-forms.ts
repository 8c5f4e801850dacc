/** What tokens look like. Those of an issuer are in its file; here are those of services that none speaks to. Pure. */
import type { TokenForm } from "../core/tokens/token-form.ts";
import { ISSUERS } from "./issuers.ts";

/** Sources: learn.microsoft.com (personal access tokens: those for all organizations stop on 2026-12-01), docs.docker.com, pypi.org. */
const OF_OTHERS: readonly TokenForm[] = [
  {
    pattern: String.raw`[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}|[a-z2-7]{52}`,
    hosts: String.raw`dev\.azure\.com|[^.]+\.visualstudio\.com|pkgs\.dev\.azure\.com`,
    title: "a personal access token of Azure DevOps",
    ends: "2026-12-01T00:00:00Z",
    endsForSome: "that are for all organizations",
    instead: "one for a single organization, or a token of Entra: toolkey add URL --tool TOOL --command -- az account get-access-token …",
  },
  { pattern: String.raw`dckr_(?:pat|oat)_[\w-]{20,}`, title: "an access token of Docker Hub" },
  { pattern: String.raw`pypi-[\w-]{50,}`, title: "an API token of PyPI" },
];

export const TOKEN_FORMS: readonly TokenForm[] = [...ISSUERS.flatMap(({ forms = [] }) => forms), ...OF_OTHERS];
