/**
 * Keeps what a command gets to know from core dumps and from other programs, as the daemon does. Called before it has a
 * secret, and only then: it loads a library, which would slow down every other command.
 */
export async function keepMemory(): Promise<void> {
  const { hardenProcess } = await import("../platform/libc.ts");
  hardenProcess();
}
