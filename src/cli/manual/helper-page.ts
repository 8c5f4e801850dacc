/** The manual pages of the programs by which tools ask for credentials, from what the build knows of them. */
import { HELPERS } from "../../protocols/tool-facts.ts";
import { pageNames, type Block, type Page } from "./roff.ts";

interface Helper {
  readonly name: string;
  readonly tool: string;
  /** What it is asked for is its first argument; else each line of standard input is a question. */
  readonly isConversation: boolean;
  /** The operations for which it reads standard input. */
  readonly reading: readonly string[];
}

/** git's helper is made of a script of its own. */
const GIT: Helper = { name: "git-credential-toolkey", tool: "git", isConversation: false, reading: ["get", "store", "erase"] };

const ALL: readonly Helper[] = [
  GIT,
  ...HELPERS.map(({ name, tool, greeting, reading = "" }) => ({
    name,
    tool,
    isConversation: greeting !== undefined,
    reading: reading.split("|").map((word) => word.trim()).filter((word) => word !== ""),
  })),
];

export function helperPages(): Page[] {
  return ALL.map(page);
}

function page({ name, tool, isConversation, reading }: Helper): Page {
  const asked = isConversation
    ? "Once it has greeted, each line of standard input is a question."
    : "The first argument that is no option says what is asked for.";
  const read = reading.length === 0 ? "" : ` For ${reading.map((word) => `\`${word}\``).join(", ")} it reads more from standard input.`;
  const setUp: readonly Block[] = [
    `People don't start it. \`toolkey setup ${tool}\` makes ${tool} ask it, and \`toolkey setup ${tool} --undo\` takes that back. ` +
      "A token to answer with is given by",
    { lines: [`toolkey add URL --tool ${tool}`] },
  ];
  return {
    name,
    purpose: `gives ${tool} its tokens from toolkey's vault`,
    sections: [
      { title: "SYNOPSIS", blocks: [isConversation ? `\`${name}\` [<arguments>]` : `\`${name}\` <operation> [<arguments>]`] },
      {
        title: "DESCRIPTION",
        blocks: [
          `${name} is a program that ${tool} starts when it needs credentials. It asks the daemon of toolkey, which it starts if ` +
            `none runs, and answers in the words of ${tool}.`,
          ...setUp,
          "Where there is no token, it answers as one that has nothing, so that others can be asked. Inside of a command of " +
            "`toolkey run` that is its only answer: such a command goes through the gateway.",
        ],
      },
      { title: "OPERATIONS", blocks: [`They are those that ${tool} has for its helpers. ${asked}${read}`] },
      { title: "EXAMPLES", blocks: [`Let ${tool} ask, and see whether it does:`, { lines: [`toolkey setup ${tool}`, "toolkey doctor"] }] },
      {
        title: "EXIT STATUS",
        blocks: [`What ${tool} expects: 0 for an answer. What keeps it from one is said on standard error, or where ${tool} shows it.`],
      },
      { title: "ENVIRONMENT", blocks: ["`TOOLKEY_HOME` and others: `toolkey`(1)."] },
      { title: "FILES", blocks: ["Where toolkey keeps what: `toolkey`(1)."] },
      { title: "SEE ALSO", blocks: [pageNames(["toolkey", "toolkey-setup", "toolkey-add", "toolkey-doctor"])] },
    ],
  };
}
