/** Names of images on command lines, by which podman's family asks a registry whatever its registries.conf says. Pure. */
import { operandsOf } from "../program-words.ts";

/** Options of `push` whose value is the next word (podman-push(1), buildah-push(1)). */
const WITH_VALUE =
  /^(-f|--(authfile|cert-dir|compression-.*|creds|digestfile|encrypt-layer|encryption-key|format|retry(-delay)?|sign-.*|storage))$/;
const TRANSPORT = "docker://";

/** What becomes of a command line so that images are asked for at the gateway. */
interface LedWords {
  /** Words in place of the person's. */
  readonly instead: Readonly<Record<string, string>>;
  /** Words behind them. */
  readonly trailing: readonly string[];
  /** Whether images are sent or deleted. */
  readonly changes: boolean;
}

/** @param names of each registry that is led: how names at the gateway begin instead, without a final slash */
export function ledWords(program: string, given: readonly string[], names: ReadonlyMap<string, string>): LedWords {
  const instead = Object.fromEntries(
    given.flatMap((word): [string, string][] => {
      const led = word.startsWith(TRANSPORT) ? ledName(word.slice(TRANSPORT.length), names) : undefined;
      return led === undefined ? [] : [[word, `${TRANSPORT}${led}`]];
    }),
  );
  if (program === "skopeo") return { instead, trailing: [], changes: given.some((word) => /^(copy|delete|sync)$/.test(word)) };
  const at = given.indexOf("push");
  if (at === -1) return { instead, trailing: [], changes: false };
  const [image = "", destination] = operandsOf(given.slice(at + 1), WITH_VALUE);
  const led = ledName(destination ?? image, names);
  if (led === undefined) return { instead, trailing: [], changes: true };
  if (destination === undefined) return { instead, trailing: [`${TRANSPORT}${led}`], changes: true };
  return { instead: { ...instead, [destination]: `${TRANSPORT}${led}` }, trailing: [], changes: true };
}

/** Undefined for an image of another registry, or of none that is named. */
function ledName(name: string, names: ReadonlyMap<string, string>): string | undefined {
  const slash = name.indexOf("/");
  const led = slash === -1 ? undefined : names.get(name.slice(0, slash));
  return led === undefined ? undefined : `${led}${name.slice(slash)}`;
}
