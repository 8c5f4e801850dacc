/** What is known of a tool. Each has one in its folder, `<tool>/tool.ts`, and a line in `tools.ts`. */
import type { CredentialProtocol } from "./credential-protocol.ts";
import type { Effect, ToolProtocol } from "./tool-protocol.ts";

export interface Tool {
  /** The programs that it is started by. */
  readonly programs: readonly string[];
  /** A pattern of the names of its scripts, where node runs them. */
  readonly scripts?: string;
  /** A pattern of the names of its modules, where Python runs them: `python3 -m NAME`. */
  readonly modules?: string;
  /** Of its programs and scripts that are one of its subcommands: a pattern of their names, and which one. */
  readonly shorthands?: readonly (readonly [names: string, subcommand: string])[];
  /**
   * Its commands that run programs of the project's, and so are sessions: a pattern of the operands, with one space between. Without it
   * none is.
   */
  readonly sessions?: string;
  /** A pattern of the variables that configure it, in upper or lower case: no others leave the client. */
  readonly variables?: string;
  /** Those of its programs that have no way to ask toolkey by themselves: `toolkey shell-init` makes functions of them. */
  readonly withoutHook?: readonly string[];
  /** There is nothing to set up: a command that gets its tokens. */
  readonly insteadOfSetup?: string;
  /** What stands before the scheme in its own URLs: a token is bound to them without it. */
  readonly urlPrefix?: string;
  /** Places that have several names: a pattern of hosts, and the URL by which a token for any of them is kept. */
  readonly names?: readonly (readonly [hosts: string, url: string])[];
  /** It sends a token as it is, without a scheme before it, wherever no service says otherwise. */
  readonly presentsBare?: true;
  /** It logs in by a user name, wherever no service says otherwise. */
  readonly logsInByName?: true;
  /** It says whether it wants a token for reading or for publishing: `toolkey add --for`. */
  readonly saysAim?: true;
  /** It takes its tokens in variables: `--env`. */
  readonly takesVariables?: true;
  /** How it asks for credentials by itself: then it is told of what else there is by no other operation but `plan`. */
  readonly credentials?: () => Promise<CredentialProtocol>;
  /** The program by which it does, where `build.mjs` makes that of `lanes/credential-helper`. */
  readonly helper?: HelperProgram;
  /** From a command to what it needs, and from that to its plan. */
  readonly protocol: () => Promise<ToolProtocol>;
  /** What it asks for through the gateway; absent for one that asks for nothing there. */
  readonly requests?: () => Promise<ToolRequests>;
  /** Of a tool that may have a phantom in settings which stay, for whatever process of its reads them. */
  readonly kept?: KeptPhantom;
}

/**
 * A program that answers one question by arguments; or with a greeting, after which each line that the tool writes is a question: the
 * operation `message`.
 */
interface HelperProgram {
  /** Its name, in `bin/`. */
  readonly name: string;
  /** Its operations for which the tool writes more on standard input: a pattern of the shell's. */
  readonly reading?: string;
  /** What it says first, in one line without single quotes. */
  readonly greeting?: string;
  /** What it answers where the daemon has no words of the tool's: for `printf`, with `%s` for why, and without single quotes. */
  readonly failed?: string;
  /** Where the tool shows why it could not even be asked; absent: on standard error. */
  readonly complaints?: "stdout";
}

interface KeptPhantom {
  /** What the tool is called in a sentence. */
  readonly title: string;
  /** The file that holds it, for people. */
  readonly file: string;
  /** The command that puts a new one there. */
  readonly again: string;
  /** How its requests begin to name what sends them. */
  readonly agent: string;
  /** Whether the tool runs as the program of a command line. */
  runsAs(commandLine: readonly string[]): boolean;
  /** Whether the tool runs in a process, or within what runs there. */
  runsIn(process: SeenProcess): boolean;
}

/** A process, as the system tells of it. */
export interface SeenProcess {
  /** The program first. */
  commandLine(): readonly string[];
  /** The name of the file that it runs; undefined if that isn't told. */
  program(): string | undefined;
  /** The files of code that it has loaded. */
  libraries(): readonly string[];
}

/** What a tool asks for at the place of its token. */
export interface ToolRequests {
  /**
   * @param segments of the path below the place of the token, decoded
   * @returns undefined for what it never asks there
   */
  effectOf(method: string, segments: readonly string[]): Effect | undefined;
  /**
   * What is closed to it nevertheless, since tokens are made there: nothing, where it asks for files that are never there; what is
   * known and no registry's; or whatever has a name like that.
   */
  readonly closed: "nothing" | "beyond-registry" | "by-name";
  /** Of a tool that follows the links in pages, on routes that say so. */
  readonly links?: LinkRewriting;
  /** It asks for the same elsewhere at that host, with the token of the place: the place itself says where. */
  readonly besidePlace?: true;
  /** How the answer to a request is changed, so that URLs in it lead through the gateway. @param segments as for `effectOf` */
  readonly rewrite?: (segments: readonly string[]) => Rewrite | undefined;
}

export interface LinkRewriting {
  /** Of pages with links. */
  readonly contentType: RegExp;
  /** Whether the client follows links of whatever is no error, and not of a 200 alone. */
  readonly ofAnyStatus: boolean;
  /**
   * @param page where it is, and what its header says of it
   * @param follow what the client is to follow in place of a URL; undefined for nowhere
   * @throws Failure for a page that the client could read otherwise
   */
  change(text: string, page: { readonly url: URL; readonly contentType: string }, follow: (url: URL) => string | undefined): string;
}

/** @param follow what the client is to ask in place of a URL: itself, unless that has the same token; undefined for nowhere */
export type Rewrite = (text: string, follow: (url: URL) => string | undefined) => string;
