import type { FileSecret, Operations, TakenIn } from "../../core/wire/administration.ts";
import type { Backup, BackupView } from "../../core/backup.ts";
import { Failure } from "../../core/failure.ts";
import { Secret } from "../../core/secret.ts";
import { viewToken } from "../../core/tokens/token.ts";
import { readTokenText } from "../../issuers/reading.ts";
import { knownTool } from "../../protocols/tool-names.ts";
import { readExactFile, replaceExactFile, sumOf } from "../../platform/files/text-file.ts";
import type { Holdings } from "../../vault/format.ts";
import { TokenMap } from "../../vault/token-map.ts";
import { dropOutdated, type NewToken } from "../changes.ts";
import type { ServiceAccess } from "../service-access.ts";
import type { Session } from "../session.ts";
import { takeIn, type TakingIn } from "./taking-in.ts";
import type { TokenRecords } from "../token-records.ts";

/** What `toolkey import` takes out of files: their secrets as tokens, and the files as they were. */
export class Intake {
  readonly #session: Session;
  readonly #records: TokenRecords;
  readonly #access: ServiceAccess;

  constructor(world: { session: Session; records: TokenRecords; access: ServiceAccess }) {
    this.#session = world.session;
    this.#records = world.records;
    this.#access = world.access;
  }

  /**
   * Takes secrets and the file in which they lie into the vault, in one transaction. When this resolves, all of
   * them have been read from the disk again.
   *
   * @throws Failure `usage` for a target that is none, and as `Vault.change`
   */
  async takeIn({ path, text, after, secrets }: Operations["takeIn"]["request"]): Promise<TakenIn[]> {
    const taken = secrets.map((secret) => this.#newToken(secret));
    const backup: Backup = { path, text: new Secret(text), after, takenAt: this.#records.now() };
    let outcomes: TakingIn[] = [];
    let [earlier, later] = [new TokenMap([]), new TokenMap([])];
    await this.#change((held) => {
      outcomes = [];
      let { tokens } = held;
      earlier = tokens;
      for (const token of taken) {
        const outcome = takeIn(tokens, token, this.#records.context());
        outcomes.push(outcome);
        ({ tokens } = outcome);
      }
      later = tokens;
      return { ...held, tokens, backups: withBackup(held.backups, backup) };
    });
    await this.#assertReadBack(backup, taken, outcomes);
    this.#records.tell(earlier, later, later.all().filter((token) => earlier.get(token.id) !== token));
    return this.#records.read((tokens, usage) =>
      outcomes.flatMap(({ id, outcome }) => {
        const token = tokens.get(id);
        return token === undefined ? [] : [{ token: viewToken(token, usage.of(id)), outcome }];
      }),
    );
  }

  async backups(): Promise<BackupView[]> {
    return (await this.#held()).backups.map(({ path, takenAt }) => ({ path, takenAt }));
  }

  /**
   * Writes the latest backup of a file back and drops it. Left alone is a file that somebody has changed since.
   *
   * @throws Failure `not-found` if there is no backup, `unavailable` if the file can't be written
   */
  async putBack(path: string, force: boolean): Promise<Operations["putBack"]["answer"]["outcome"]> {
    const backup = (await this.#held()).backups.findLast((other) => other.path === path);
    if (backup === undefined) throw new Failure("not-found", `there is no backup of ${path} in the vault`);
    const now = (await readExactFile(path))?.text;
    const isThere = now === backup.text.reveal();
    if (!isThere) {
      if (!force && (now === undefined || sumOf(now) !== backup.after)) return "changed-since";
      await replaceExactFile(path, now, backup.text.reveal());
    }
    // Only now: until the file is on the disk, the vault is the only place that has it.
    await this.#change((held) => ({ ...held, backups: held.backups.filter((other) => !isSame(other, backup)) }));
    return isThere ? "there-already" : "put-back";
  }

  async dropBackups(): Promise<number> {
    let dropped = 0;
    await this.#change((held) => {
      dropped = held.backups.length;
      return dropped === 0 ? undefined : { ...held, backups: [] };
    });
    return dropped;
  }

  // A file says nothing of a token but the token itself, which may say when it ends.
  #newToken({ tool, target, username, secret }: FileSecret): NewToken {
    const name = knownTool(tool);
    const text = new Secret(secret);
    return {
      ...this.#access.services.place(target, name),
      tool: name,
      username,
      secret: text,
      facts: readTokenText(secret).facts,
    };
  }

  /** @throws Failure `unavailable` if the vault does not hold what was put into it */
  async #assertReadBack(backup: Backup, taken: readonly NewToken[], outcomes: readonly TakingIn[]): Promise<void> {
    const held = await this.#session.withVault(({ vault }) => vault.readBack());
    const isWhole =
      held.backups.some((other) => isSame(other, backup)) &&
      taken.every((token, index) => held.tokens.get(outcomes[index]?.id ?? "")?.secret.equals(token.secret));
    if (!isWhole) throw new Failure("unavailable", "the vault does not give back what was put into it", { hint: "no file was changed" });
  }

  async #held(): Promise<Holdings> {
    return this.#session.withVault(({ vault }) => vault.holdings());
  }

  async #change(change: (held: Holdings) => Holdings | undefined): Promise<void> {
    await this.#session.withVault(({ vault, seen }) =>
      vault.change((held) => change({ ...held, tokens: dropOutdated(held.tokens, this.#records.context().now, seen.certain()) })),
    );
  }
}

/** A backup that is there already is not kept twice: the file was not changed before somebody tried again. */
function withBackup(backups: readonly Backup[], backup: Backup): readonly Backup[] {
  return [...backups.filter((other) => !isSame(other, backup)), backup];
}

function isSame(a: Backup, b: Backup): boolean {
  return a.path === b.path && a.text.equals(b.text);
}
