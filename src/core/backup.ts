import type { Instant } from "./clock.ts";
import type { Secret } from "./secret.ts";

/** A file of the user as it was before `toolkey import` took the secrets out of it. */
export interface Backup {
  readonly path: string;
  /** The whole file, in which secrets lie. */
  readonly text: Secret;
  /** SHA-256 of the file without them, in hexadecimal: whether somebody has changed it since. */
  readonly after: string;
  readonly takenAt: Instant;
}

/** A backup as people see it. */
export type BackupView = Pick<Backup, "path" | "takenAt">;
