// Makes the one file of a tree: one-file.mjs TREE NODE BUILDER OUTPUT
// NODE is the program that it is to be, for whatever CPU; BUILDER is a Node of the same version that runs here.
// https://nodejs.org/api/single-executable-applications.html
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative, resolve } from "node:path";

const [tree, node, builder, output] = process.argv.slice(2).map((path) => resolve(path));
const work = mkdtempSync(join(tmpdir(), "toolkey-one-file-"));
try {
  const files = [...filesBelow(tree)].sort((a, b) => (a.path < b.path ? -1 : 1));
  writeFileSync(join(work, "files.json"), JSON.stringify(files));
  writeFileSync(
    join(work, "sea.json"),
    JSON.stringify({
      // As it is seen from the tree: the path is in the file, too, and the same tree is to give the same bytes wherever it is.
      main: join("dist", "one-file.cjs"),
      executable: node,
      output,
      // Those with which the daemon is started, and what keeps a debugger out: nothing else gives this Node options.
      execArgv: ["--inspect-port=192.0.2.1:9229", "--single-threaded", "--max-semi-space-size=2", "--liftoff-only", "--no-warnings"],
      execArgvExtension: "none",
      disableExperimentalSEAWarning: true,
      // They would bind it to the Node that builds it.
      useCodeCache: false,
      useSnapshot: false,
      assets: { files: join(work, "files.json"), ...Object.fromEntries(files.map(({ path }) => [path, join(tree, path)])) },
    }),
  );
  execFileSync(builder, ["--build-sea", join(work, "sea.json")], { cwd: tree, stdio: ["ignore", "ignore", "inherit"] });
} finally {
  rmSync(work, { recursive: true });
}

function* filesBelow(directory) {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else yield { path: relative(tree, path), isProgram: (statSync(path).mode & 0o100) !== 0 };
  }
}
