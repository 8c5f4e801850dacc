/**
 * What keeps Node from opening a debugger on SIGUSR1, from its first instruction on: in it a sealed command, which may send signals
 * to all of its user, would have whatever the process has. A handler of ours would come too late, and `--disable-sigusr1` is not in each
 * Node that we run on. So the debugger gets an address that no machine has (TEST-NET-1, RFC 5737). The scripts in `bin/` and
 * the unit of systemd have the same option.
 */
export const NO_DEBUGGER = "--inspect-port=192.0.2.1:9229";
