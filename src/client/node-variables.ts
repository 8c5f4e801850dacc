/** What a command is to see: the scripts that start us have put two variables of Node's out of the way of this start. */
import type { Environment } from "../platform/paths.ts";

export function withNodeVariables({
  TOOLKEY_EXTRA_CA_CERTS: certificates,
  TOOLKEY_NODE_OPTIONS: options,
  ...rest
}: Environment): Environment {
  return {
    ...rest,
    ...(certificates === undefined ? {} : { NODE_EXTRA_CA_CERTS: certificates }),
    ...(options === undefined ? {} : { NODE_OPTIONS: options }),
  };
}
