/** How each tool gets a token at a service, in words. */
import { expect, it } from "vitest";
import { serviceText } from "../../src/cli/text/service-text.ts";
import { viewService } from "../../src/daemon/operations/service-views.ts";
import { readOwnService } from "../../src/issuers/own-services.ts";
import { Services } from "../../src/issuers/registry.ts";

const said = (name: string): string[] => serviceText(viewService(new Services([]).existing(name)), Infinity);

it("made with the login, which is by a page; pasted where toolkey makes none", () => {
  expect(said("jfrog@acme.jfrog.io").slice(0, 6)).toEqual([
    "JFrog platform at https://acme.jfrog.io, https://acme.jfrog.io",
    "tokens are made by hand at https://acme.jfrog.io/ui/user_profile",
    "toolkey's own login is by signing in at its page, or with a token that is pasted",
    "toolkey checks tokens, makes them, renews them, ends them, lists them, takes the identity of a CI job for one",
    "",
    "TOOL   WHERE                                        HOW IT GETS A TOKEN",
  ]);
  expect(said("jfrog@acme.jfrog.io").slice(-2)).toEqual([
    "made: toolkey mint jfrog@acme.jfrog.io --tool TOOL",
    "pasted: toolkey add jfrog@acme.jfrog.io --tool TOOL --paste",
  ]);
  expect(said("gitlab").at(-2)).toBe("made: toolkey mint gitlab --tool TOOL --repository OWNER/NAME");
  expect(said("github").slice(2)).toContain("toolkey checks tokens, ends them");
  expect(said("nuxeo-packages")).toContain("toolkey keeps and serves its tokens, and can ask it nothing");
});

it("signed in at a page with a client of the person's own; printed by a command", () => {
  const own = (table: Readonly<Record<string, unknown>>): string[] =>
    serviceText(viewService(readOwnService("corp", { url: "https://corp.example", git: { url: "https://corp.example" }, ...table } as Parameters<typeof readOwnService>[1])), Infinity);
  expect(own({ issuer: "oauth", client_id: "me" }).slice(-5)).toEqual([
    "TOOL  WHERE                 HOW IT GETS A TOKEN",
    "git   https://corp.example  signed in, or pasted",
    "",
    "signed in: toolkey login corp --tool TOOL",
    "pasted: toolkey add corp --tool TOOL --paste",
  ]);
  expect(own({ issuer: "github", client_id: "me" })).toContain("toolkey checks tokens, renews them, ends them");
  expect(own({ issuer: "command", command: ["/bin/true"] }).at(-1)).toBe("printed: toolkey login corp");
});
