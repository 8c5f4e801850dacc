/** Conan asks toolkey by itself. Recipes are programs that run in it, so what `toolkey run` starts is given nothing. */
import { EMPTY_PLAN } from "../../core/plan.ts";
import type { ReadHeld, ReadText, RunRequest, Survey } from "../tool-protocol.ts";

export async function conan(_request: RunRequest, _read: ReadText, readHeld: ReadHeld): Promise<Survey> {
  const held = (await readHeld()).filter(({ isSuspended }) => !isSuspended);
  return {
    needs: held.map(({ target }) => ({ target })),
    asks: [],
    plan: () => EMPTY_PLAN,
    planThrough: () => ({
      withheld: "conan has no way to the gateway, and recipes are programs that run in it",
      hint: "toolkey setup conan, and then conan by itself",
    }),
  };
}
