/** The seal of what is kept outside of the vault: who has not its key can't make one. Pure. */
import { createHmac, timingSafeEqual } from "node:crypto";

export function sealOf(value: unknown, key: Buffer): string {
  return createHmac("sha256", key).update(canonical(value)).digest("hex");
}

export function isSealed(value: unknown, seal: string, key: Buffer): boolean {
  const [right, given] = [Buffer.from(sealOf(value, key)), Buffer.from(seal)];
  return right.length === given.length && timingSafeEqual(right, given);
}

/** The same text for the same value, whatever the order of its fields; those without a value count as absent. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
