/** A package index, as pip is told of it. Pure. */
import { Failure } from "../../core/failure.ts";
import { isReadableOnTheWay, parseTarget, type Target } from "../../core/target.ts";
import type { Asked } from "../tool-protocol.ts";

export interface PackageIndex {
  /** As it stands there. */
  readonly url: string;
  /** Undefined where no token would be given: for what is no URL, and for plain http to another machine. */
  readonly target: Target | undefined;
  readonly username: string | undefined;
  readonly hasPassword: boolean;
}

/** The last `@` before the path ends the login. */
const URL = /^(https?:\/\/)(?:([^/?#:]*)(:[^/?#]*)?@)?([^?#]*)$/i;
/** Hardly anybody needs a token there. */
const PUBLIC = /^((test\.)?pypi\.org|files\.pythonhosted\.org|download\.pytorch\.org|www\.piwheels\.org)$/;

export const PYPI = "https://pypi.org/simple";

export function packageIndex(url: string): PackageIndex {
  const [, scheme = "", user, password, rest = ""] = URL.exec(url) ?? [];
  return {
    url,
    target: targetOf(`${scheme}${rest}`),
    username: user === undefined || user === "" ? undefined : decoded(user),
    hasPassword: password !== undefined && password.length > 1,
  };
}

export function askedOf({ target }: PackageIndex): Asked[] {
  return target === undefined ? [] : [{ target, isPublic: PUBLIC.test(target.host) }];
}

function targetOf(url: string): Target | undefined {
  try {
    const target = parseTarget(url);
    return /^https?$/.test(target.scheme) && URL.test(url) && !isReadableOnTheWay(target) ? target : undefined;
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
