/**
 * What people ask the daemon for with `toolkey COMMAND`: the operations of the tool `toolkey` on the
 * wire, each with a JSON payload. No answer holds a secret, but for that of `reveal`.
 */
import type { BackupView } from "../backup.ts";
import type { Instant } from "../clock.ts";
import type { PhantomEnd, PhantomView, RunView } from "../gateway/views.ts";
import type { Departing, Imported, SealedBy } from "../views/moving.ts";
import type { SessionLimit } from "./session-file.ts";
import type { CheckedConfiguration, ConfigurationView } from "../views/configuration.ts";
import type { SandboxSettings } from "../sandbox.ts";
import type { KeySourceName, Status, VaultState } from "../views/status.ts";
import type { ServiceView } from "../views/service.ts";
import type { TokenCommand } from "../tokens/token-command.ts";
import type { Aim, RemoteToken, TokenView } from "../tokens/token.ts";
import type { TokenForm } from "../tokens/token-form.ts";
import type { TokenWish } from "../tokens/token-wish.ts";

/** The tool name under which the command line speaks to the daemon. */
export const ADMINISTRATION = "toolkey";

/** What a command has said on standard error, in lines for people. */
type Said = readonly string[];

/** Each operation, with what it takes and what it answers. */
export interface Operations {
  init: {
    /** The key sources to try, in this order; the first that works is taken. */
    /** `accept`: what decides about trust, as it is now. */
    request: { sources: readonly KeySourceName[]; passphrase?: string | undefined; accept?: boolean | undefined };
    /** `accepted`: of the configuration, as in its view. */
    answer: { vault: string; source: KeySourceName; where: string; skipped: readonly SkippedSource[]; accepted: string };
  };
  rekey: {
    request: { source: KeySourceName; passphrase?: string | undefined };
    answer: { vault: string; source: KeySourceName; where: string; before: KeySourceName };
  };
  status: { request: Record<string, never>; answer: Status };
  list: {
    request: { tool?: string | undefined; service?: string | undefined };
    answer: { tokens: readonly TokenView[] };
  };
  /** `standIns`: what answers if it is revoked. `warning`: what else to know before that. */
  show: { request: { id: string }; answer: { token: TokenView; standIns: readonly string[]; warning?: string | undefined } };
  /** For a tool that nobody foresaw. */
  reveal: { request: { id: string }; answer: { token: TokenView; secret: string } };
  add: {
    request: {
      /** A service by name, or a URL. */
      place: string;
      tool: string;
      username?: string | undefined;
      /** Empty if there is a command. */
      secret: string;
      /** By which it is fetched, in place of a secret: the program and its arguments, and what it has in its environment. */
      command?: Pick<TokenCommand, "argv" | "variables" | "lifetime"> | undefined;
      description?: string | undefined;
      expiresAt?: Instant | undefined;
      onlyFor?: Aim | undefined;
      /** The kind of service that the host of a URL is. */
      kind?: string | undefined;
    };
    answer: Changed & { assessment: Assessment; said: Said };
  };
  /** A person confirms the command of a service, as it was shown. It is run, and all tools of the service get tokens by it. */
  fetchBy: {
    /** `tool`: only this one, also if its token was revoked. */
    request: { service: string; shown: readonly string[]; variables: TokenCommand["variables"]; tool?: string | undefined };
    /** `left`: tools whose tokens were revoked, and stay so. */
    answer: { tokens: readonly TokenView[]; left: readonly string[]; said: Said };
  };
  replace: { request: { id: string; secret: string }; answer: Changed & { assessment: Assessment } };
  restore: { request: { id: string }; answer: Changed };
  /** Ends tokens at their services and here; `local`: here only. */
  revoke: {
    request: { ids: readonly string[]; local: boolean };
    answer: { ended: readonly EndedToken[] };
  };
  /** A person has ended the token at its service. */
  done: { request: { id: string }; answer: { token: TokenView } };
  /** What tokens look like, of all services that are known. */
  tokenForms: { request: Record<string, never>; answer: { forms: readonly TokenForm[] } };
  services: { request: Record<string, never>; answer: { services: readonly ServiceView[] } };
  service: { request: { name: string }; answer: { service: ServiceView } };
  check: { request: { ids: readonly string[] }; answer: { tokens: readonly CheckedToken[] } };
  /** Keeps a token for toolkey itself, with which it makes those of the tools. */
  login: {
    request: { service: string; username?: string | undefined; secret: string };
    answer: { token: TokenView; assessment: Assessment };
  };
  /** Begins a sign-in at a page of the service: for toolkey itself without a tool, where it can make tokens there. */
  signIn: {
    /** `browser`: there is one on this machine. */
    request: { service: string; tool?: string | undefined; browser: boolean };
    /** `opens`: what a browser is opened with; `seconds`: how long the page waits; `comesBack`: the browser, to this machine. */
    answer: {
      signIn: string;
      page: string;
      opens: string;
      code: string | undefined;
      seconds: number;
      comesBack: boolean;
    };
  };
  /** What came of it. Who does not ask again for some seconds has given it up. */
  signInNews: {
    request: { signIn: string };
    answer: { done: (Changed & { assessment: Assessment; notes: readonly string[] }) | undefined };
  };
  endSignIn: { request: { signIn: string }; answer: Record<string, never> };
  /** Keeps what a service gives for the identity of a CI job: for a tool, or without one as `login`. */
  exchangeIdentity: {
    /** `identity`: the id token, or where the runner makes one. */
    request: {
      service: string;
      tool?: string | undefined;
      provider: string;
      identity: { token: string } | { url: string; bearer: string; audience?: string | undefined };
    };
    answer: Changed & { assessment: Assessment; notes: readonly string[] };
  };
  mint: {
    request: TokenWish & { service: string; tool: string };
    answer: { token: TokenView };
  };
  /** `oldEndsAt`: by itself, where it can't be ended alone; `said`: by the command of one that is fetched. */
  rotate: {
    request: { id: string };
    answer: { token: TokenView; old: EndedToken | undefined; oldEndsAt?: Instant | undefined; said: Said };
  };
  /** Tokens that the service knows and the vault does not. */
  untracked: { request: { service: string }; answer: { tokens: readonly RemoteToken[] } };
  revokeUntracked: { request: { service: string; tokenId: string }; answer: Record<string, never> };
  use: { request: { id: string }; answer: Changed };
  /**
   * Takes what lay in a file in plain text, and the file as it is, into the vault. Answered once all of it has
   * been read from the disk again.
   */
  takeIn: {
    request: {
      path: string;
      text: string;
      /** SHA-256 of the file without the secrets. */
      after: string;
      /** Those that count first come first. */
      secrets: readonly FileSecret[];
    };
    answer: { tokens: readonly TakenIn[] };
  };
  /** What `toolkey export` writes. Without `by`: what would be in it. `file`: in base64. */
  exportTokens: {
    request: { ids: readonly string[]; by?: SealedBy | undefined };
    answer: { tokens: readonly Departing[]; file?: string | undefined };
  };
  /** Takes the tokens of such a file, at an absolute path, in one transaction. `identity`: the text of an age identity file. */
  importTokens: {
    request: { file: string; passphrase?: string | undefined; identity?: string | undefined };
    answer: Imported;
  };
  backups: { request: Record<string, never>; answer: { backups: readonly BackupView[] } };
  /** Writes the latest backup of a file back, and drops it; `force`: over what was changed since. */
  putBack: { request: { path: string; force: boolean }; answer: { outcome: "put-back" | "there-already" | "changed-since" } };
  dropBackups: { request: Record<string, never>; answer: { dropped: number } };
  /** What the latest phantoms were used for, the newest last. */
  runs: { request: { count: number }; answer: { runs: readonly RunView[] } };
  /** Ends all phantoms, and their connections. */
  revokePhantoms: { request: Record<string, never>; answer: { phantoms: readonly PhantomView[] } };
  /**
   * Answered when the phantom ends otherwise than by `endPhantom`, so that whoever holds one knows at once that it, or the
   * daemon, has ended. `unknown`: there is none such. `daemon-ends`: it stays valid, for the next daemon.
   */
  attend: {
    /** `told`: the closing of the vault that the client has heard of. */
    request: { phantom: string; told?: Instant | undefined };
    answer: { outcome: PhantomEnd; closesAt: Instant | undefined };
  };
  /**
   * Makes the command that the caller will start known as sealed, where it could not be told by its mark. It gets a phantom that
   * is good for nothing.
   */
  seal: { request: { purpose: string }; answer: { phantom: string } };
  /**
   * Opens a session for the command that the caller will start. `plan`: as `renderPlan` writes it; it has phantoms, and no secret else.
   */
  session: {
    request: {
      purpose: string;
      publish: boolean;
      /** What it is narrowed to; all that there is if empty. */
      only: readonly SessionLimit[];
      environment: Readonly<Record<string, string>>;
      gitSettings: readonly (readonly [string, string])[];
      directory: string;
      home: string;
    };
    answer: { plan: string; sandbox: SandboxSettings };
  };
  /** The command that held it has ended. */
  endPhantom: { request: { phantom: string }; answer: Record<string, never> };
  config: { request: Record<string, never>; answer: ConfigurationView };
  /** What is in force for sandboxes. */
  sandbox: { request: Record<string, never>; answer: SandboxSettings };
  checkConfig: { request: { path: string }; answer: CheckedConfiguration };
  /** `shown`: `written` of the view, as the person has seen it. */
  acceptConfig: { request: { shown: string }; answer: Record<string, never> };
  /** `start`: of the SHA-256 of a certificate that was accepted, at least eight digits. */
  refuseCertificate: { request: { start: string }; answer: { sha256: string } };
  lock: { request: Record<string, never>; answer: { state: VaultState } };
  unlock: { request: { passphrase?: string | undefined }; answer: { state: VaultState; tokens: number } };
  stop: { request: Record<string, never>; answer: { pid: number } };
}

export type OperationName = keyof Operations;

/** The token that a command was about, and the others that it changed. */
export interface Changed {
  readonly token: TokenView;
  readonly others: readonly TokenView[];
}

/** A secret from a file, and what it is for. */
export interface FileSecret {
  readonly tool: string;
  readonly target: string;
  readonly username?: string | undefined;
  readonly secret: string;
}

/** The token that a secret from a file became, or was already. */
export interface TakenIn {
  readonly token: TokenView;
  /** `known`: it was in the vault. `aside`: it was not, but is suspended, since the tool has another token there. */
  readonly outcome: "added" | "known" | "aside";
}

/** What its service said of a secret. */
export interface Assessment {
  readonly outcome:
    | "valid"
    | "invalid"
    | "not-permitted"
    | "wrong-host"
    | "offline"
    | "untrusted-certificate"
    | "failing"
    /** There is no way to ask. */
    | "unknown";
  readonly detail: string;
}

export interface CheckedToken {
  readonly token: TokenView;
  readonly verdict: Assessment["outcome"] | "about-to-expire";
  readonly detail: string;
  readonly expiresAt: Instant | undefined;
  /** What kind of token it looks like, for people. */
  readonly form?: string | undefined;
  /** What to do next. */
  readonly hint: string | undefined;
}

/** What became of a token's end at its service. */
export interface EndedToken {
  readonly token: TokenView;
  /**
   * `ended`: the service knows. `pending`: it is told again later. `by-hand`: only a person can tell it. `here`: it was not to be told.
   * `deleted`: as `here`, and it never worked.
   */
  readonly end: "ended" | "pending" | "by-hand" | "here" | "deleted";
  readonly detail: string;
  readonly hint: string | undefined;
}

/** A key source that `init` tried in vain. */
export interface SkippedSource {
  readonly source: KeySourceName;
  readonly reason: string;
}
