import { complain } from "../client/tell.ts";
import type { Failure } from "../core/failure.ts";

/** How a failure is told before there is an `Output`: replaced by a program that has documents. */
export const earlyFailure = { tell: (failure: Failure): void => complain(failure) };
