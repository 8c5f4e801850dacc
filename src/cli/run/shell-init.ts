/** `toolkey shell-init`, a program of its own (dist/shell-init.cjs): it runs whenever a shell starts. */
import { tell } from "../../client/tell.ts";
import { WITHOUT_HOOK } from "../../protocols/tool-facts.ts";
import { shellFunctions } from "../setup/shell-functions.ts";
import { SHELLS } from "../shell.ts";
import { ownProgram } from "../setup/own-program.ts";

async function main([name, ...rest]: readonly string[]): Promise<void> {
  const shell = SHELLS.find((known) => known === name);
  if (shell === undefined || rest.length > 0) {
    tell([`name one shell: ${SHELLS.join(", ")}`], ["toolkey shell-init --help"]);
    process.exitCode = 2;
    return;
  }
  const lines = shellFunctions(shell, await ownProgram("toolkey", process.env), WITHOUT_HOOK);
  process.stdout.write(`${lines.join("\n")}\n`);
}

void main(process.argv.slice(2));
