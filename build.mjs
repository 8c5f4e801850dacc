// Bundles the programs into dist/. Only native code stays outside, of the two packages that are the only run-time dependencies: it
// can't be bundled. Puts together the shell scripts of bin/ that ask the daemon by themselves, and makes share/: manual pages and completion.
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { build } from "esbuild";

const { version } = JSON.parse(await readFile("package.json", "utf8"));

/**
 * Leaves out the post-quantum and P-256 keys of age-encryption: a quarter of the daemon's code, which would run at each
 * start, for keys that no vault has. Whoever would use one is told so.
 */
const withoutUnusedKeys = {
  name: "without-unused-keys",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^@noble\/(post-quantum\/hybrid|curves\/nist)\.js$/ }, ({ path }) => ({ path, namespace: "unused" }));
    const contents = `
      const absent = (name) => new Proxy({}, { get() { throw new Error(name + " is not built in: vaults have X25519 keys"); } });
      export const MLKEM768P256 = absent("MLKEM768P256"), MLKEM768X25519 = absent("MLKEM768X25519"), p256 = absent("P-256");`;
    onLoad({ filter: /.*/, namespace: "unused" }, () => ({ contents }));
  },
};

/** What is loaded only when it is needed: each is a file of its own, so that nothing else has to read past them. */
const APART = ["saxes", "undici", "yaml"];

const withSomeApart = {
  name: "with-some-apart",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^(${APART.join("|")})$`) }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: `./${path}.cjs`, external: true },
    );
  },
};

/**
 * What is loaded at the first use of it: a call of a function, or a look at an object. Numbers and texts are there at once. No class of
 * it can be extended.
 *
 * @param modules what is loaded instead of each
 */
const loadedLate = (name, modules) => ({
  name,
  setup({ onResolve, onLoad }) {
    const isLate = ({ path, namespace }) => namespace !== name && Object.hasOwn(modules, path);
    onResolve({ filter: /^[\w:/]+$/ }, (asked) => (isLate(asked) ? { path: asked.path, namespace: name } : undefined));
    onResolve({ filter: /.*/, namespace: name }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /.*/, namespace: name }, async ({ path }) => {
      const exported = Object.entries(await import(path)).filter(([each]) => /^\w+$/.test(each) && each !== "default");
      const called = (of) => `callable(() => ${of})`;
      const late = ([each, value]) =>
        typeof value === "function"
          ? `${each}: ${called(`load().${each}`)}`
          : typeof value === "object"
            ? `get ${each}() { return load().${each}; }`
            : `${each}: ${JSON.stringify(value)}`;
      const contents = `
        const load = () => require("${modules[path]}");
        const callable = (real) =>
          Object.defineProperty(
            function (...given) { return new.target ? new (real())(...given) : real()(...given); },
            Symbol.hasInstance, { value: (each) => each instanceof real() },
          );
        const late = { ${exported.map(late).join(", ")} };
        module.exports = Object.defineProperties(${called("load()")}, Object.getOwnPropertyDescriptors(late));`;
      return { contents };
    });
  },
});

const withParsersLate = loadedLate("with-parsers-late", Object.fromEntries(APART.map((name) => [name, `./${name}.cjs`])));

/** Those of Node that take long to get ready, a tenth of a start, where most runs call nothing of them. */
const withBuiltinsLate = loadedLate("with-builtins-late", Object.fromEntries(["assert", "node:child_process", "node:crypto", "node:fs/promises", "node:net", "node:tty"].map((name) => [name, name])));

/** Those that the daemon needs for some requests alone. */
const withSomeBuiltinsLate = loadedLate(
  "with-some-builtins-late",
  Object.fromEntries(["assert", "node:child_process", "node:http", "node:tls", "node:zlib", "worker_threads"].map((name) => [name, name])),
);

/** A bundle has a `require` already; the module that makes others takes half a millisecond of each start. */
const withOwnRequire = {
  name: "with-own-require",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?module$/ }, ({ path }) => ({ path, namespace: "own-require" }));
    onLoad({ filter: /.*/, namespace: "own-require" }, () => ({ contents: "export const createRequire = () => require;" }));
  },
};

/** What a few commands of `toolkey run` need, or need later, has files of its own, which it loads then. */
const LATER = { sandboxed: "src/cli/run/sandboxed.ts", "shim-script": "src/client/session/shim-script.ts" };

const withSomeLater = {
  name: "with-some-later",
  setup({ onResolve }) {
    onResolve({ filter: new RegExp(`^\\./(${Object.keys(LATER).join("|")})\\.ts$`) }, ({ path, kind }) =>
      kind === "entry-point" ? undefined : { path: path.replace(/ts$/, "cjs"), external: true },
    );
  },
};

/**
 * How wide a text is, which yargs asks for its help alone: what counts it takes 25 ms to get ready, an eighth of each start. So it is
 * made ready when a text is not plain ASCII, which is as wide as it is long.
 */
const withQuickYargs = {
  name: "with-quick-yargs",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^string-width$/ }, ({ importer, namespace, resolveDir }) =>
      namespace === "width" ? undefined : { path: importer, namespace: "width", pluginData: resolveDir },
    );
    onLoad({ filter: /.*/, namespace: "width" }, ({ pluginData }) => ({
      contents: `
        const width = (text, options) => typeof text === "string" && /^[ -~]*$/.test(text) ? text.length : require("string-width").default(text, options);
        export default width;`,
      resolveDir: pluginData,
    }));
  },
};

/**
 * What is kept as V8 has compiled it (src/platform/installation/compiled-code.ts): all but what is small, and what others' Node loads. What
 * the daemon asks of V8 has to be asked before: it saves a third of the memory with 10,000 tokens (bench/README.md), and V8 takes nothing that
 * it made without.
 */
const COMPILED = {
  authorization: "",
  "completion-words": "",
  "credential-helper": "",
  daemon: 'require("node:v8").setFlagsFromString("--optimize-for-size");',
  "git-credential": "",
  lead: "",
  "maven-settings": "",
  run: "",
  sandboxed: "",
  "shim-script": "",
  toolkey: "",
  undici: "",
  yaml: "",
};

/** What is loaded in place of the code, and the code as a function of what Node gives to a module. */
function compiledForm({ path, text }) {
  const name = basename(path, ".cjs");
  if (!Object.hasOwn(COMPILED, name)) return [[path, text]];
  const start = `${COMPILED[name]}require("./compiled-code.cjs").runCompiled(module,require,${JSON.stringify(name)});\n`;
  return [[path, start], [join(dirname(path), "code", `${name}.js`), `(function(exports,require,module,__filename,__dirname){${text}\n})`]];
}

/** Puts in place of a module the values that it exports, as they are when this builds: else what needs them would carry all that they are made of. */
const withValues = (name, filter, values) => ({
  name,
  setup({ onLoad }) {
    onLoad({ filter }, () => ({ contents: Object.entries(values).map(([each, value]) => `export const ${each} = ${JSON.stringify(value)};`).join("\n") }));
  },
});

/** What a module of src exports, as values. */
async function exportsOf(path, plugins) {
  await mkdir("dist", { recursive: true });
  // Where it finds the packages; it is gone with the rest of dist.
  const outfile = `dist/.read-${process.pid}-${path.replaceAll("/", "-")}.mjs`;
  await build({ entryPoints: [path], bundle: true, format: "esm", platform: "node", packages: "external", outfile, plugins });
  return import(new URL(outfile, import.meta.url).href);
}

/** Leaves out modules where some import them: what a bundle never asks for is not in it. */
const without = (name, filter, importedBy) => ({
  name,
  setup({ onResolve, onLoad }) {
    onResolve({ filter }, ({ importer, path }) => (importedBy.test(importer) ? { path, namespace: name } : undefined));
    onLoad({ filter: /.*/, namespace: name }, () => ({ contents: "module.exports = {};" }));
  },
});

/** What tools load for commands: the parsers are behind it. */
const withoutPlans = without("without-plans", /^\.\/(plan|requests|doubt)\.ts$/, /\/protocols\/[^/]+\/(tool|credential-protocol)\.ts$/);

/** What the command line does for tools, but for the secrets in their files, which a sandbox blanks. */
const withoutSetups = without("without-setups", /\/(setup|findings|added|in-shell)\.ts$/, /\/cli\/tools\/[^/]+\/tool\.ts$/);

const facts = await exportsOf("src/protocols/tool-facts.ts", [withoutPlans]);

/** What clients know of all tools, which have their parsers behind them. */
const withFactsRead = withValues("with-facts-read", /\/protocols\/tool-facts\.ts$/, facts);

/** What completion knows of all commands. */
const commands = await exportsOf("src/cli/manual/all-commands.ts", [withFactsRead]);
const withCommandsRead = withValues("with-commands-read", /\/manual\/all-commands\.ts$/, commands);

const { sharedFiles } = await exportsOf("src/cli/manual/shared-files.ts", [withFactsRead, withCommandsRead]);

/** Of which packages something is in a bundle, as package-lock.json names them. */
function packagesIn(bundles) {
  const inputs = bundles.flatMap(({ metafile }) => Object.values(metafile.outputs).flatMap(({ inputs: parts }) => Object.entries(parts)));
  const paths = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]);
  return [...new Set(paths.map((path) => path?.replace(/^.*?(?=node_modules\/)/, "")).filter((path) => path !== undefined))].sort((a, b) => (a < b ? -1 : 1));
}

/** Bundles once with the given build id; returns the bytes of all outputs. */
async function bundle(buildId) {
  const common = {
    outdir: "dist",
    bundle: true,
    platform: "node",
    target: "node20.19",
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    legalComments: "linked",
    // Node starts this sooner than ES modules: one file, nothing to link.
    format: "cjs",
    outExtension: { ".js": ".cjs" },
    // Its other form has calls of `require` in it that no bundler can follow.
    alias: { "jsonc-parser": "jsonc-parser/lib/esm/main.js" },
    write: false,
    metafile: true,
  };
  // Yarn runs it, and Yarn 3 runs on Node 12.
  const plugin = await build({ ...common, entryPoints: { "yarn-plugin": "src/client/programs/yarn/yarn-plugin.ts" }, target: "node12" });
  // Each Node of a session loads it, also an old one.
  const preload = await build({ ...common, entryPoints: { preload: "src/client/programs/preload.ts" }, target: "node12", plugins: [withFactsRead] });
  const apart = await build({ ...common, entryPoints: APART });
  const ofPrograms = {
    ...common,
    // As a call of `require`: only so the names that a bundle in CommonJS exports are seen.
    supported: { "dynamic-import": false },
    external: ["@napi-rs/keyring", "@koromix/*"],
    define: { TOOLKEY_BUILD: JSON.stringify(buildId), "import.meta.dirname": "__dirname", "import.meta.filename": "__filename" },
  };
  const later = await build({ ...ofPrograms, entryPoints: LATER, plugins: [withOwnRequire, withBuiltinsLate, withParsersLate, withoutSetups, withFactsRead] });
  // What only macOS loads (src/platform/processes/of-this-system.ts).
  const macos = await build({ ...ofPrograms, entryPoints: { macos: "src/platform/libc-macos.ts" } });
  // The keychain's and the daemon's need them all.
  const daemon = await build({
    ...ofPrograms,
    entryPoints: {
      daemon: "src/daemon/main.ts",
      "keychain-process": "src/platform/keychain-process.ts",
      "renewal-process": "src/broker/token-life/renewal-process.ts",
    },
    plugins: [withOwnRequire, withSomeBuiltinsLate, withoutUnusedKeys, withSomeApart, withFactsRead],
  });
  const clients = await build({
    ...ofPrograms,
    entryPoints: {
      "git-credential": "src/client/programs/git-credential.ts",
      authorization: "src/client/programs/authorization.ts",
      lead: "src/client/programs/lead.ts",
      "maven-settings": "src/client/programs/maven/hook-settings.ts",
      run: "src/cli/run/run.ts",
      "shell-init": "src/cli/run/shell-init.ts",
    },
    plugins: [withOwnRequire, withBuiltinsLate, withoutUnusedKeys, withSomeApart, withSomeLater, withFactsRead],
  });
  // yargs needs `import.meta.url`.
  const commandLine = await build({
    ...ofPrograms,
    entryPoints: { toolkey: "src/cli/main.ts" },
    define: { ...ofPrograms.define, "import.meta.url": "__bundleUrl" },
    banner: { js: 'const __bundleUrl=require("node:url").pathToFileURL(__filename).href;' },
    plugins: [withBuiltinsLate, withoutUnusedKeys, withSomeApart, withSomeLater, withFactsRead, withQuickYargs],
  });
  const helper = await build({
    ...ofPrograms,
    entryPoints: { "credential-helper": "src/client/programs/credential-helper.ts" },
    plugins: [withOwnRequire, withBuiltinsLate, withSomeApart, withoutPlans, withFactsRead],
  });
  const completion = await build({
    ...ofPrograms,
    entryPoints: { "completion-words": "src/cli/completion/completion-words.ts" },
    plugins: [withOwnRequire, withBuiltinsLate, withSomeApart, withFactsRead, withCommandsRead],
  });
  const oneFile = await build({ ...ofPrograms, entryPoints: { "one-file": "src/platform/installation/one-file.ts" } });
  const compiledCode = await build({ ...ofPrograms, entryPoints: { "compiled-code": "src/platform/installation/compiled-code.ts" } });
  const all = [compiledCode, daemon, clients, commandLine, helper, completion, later, macos, apart, plugin, preload, oneFile];
  return { files: all.flatMap(({ outputFiles }) => outputFiles), packages: packagesIn(all) };
}

// The build id is the version and a hash of the code itself, so that a client and a daemon of
// different builds recognise each other.
const hash = createHash("sha256");
for (const file of (await bundle(version)).files) hash.update(file.contents);
const buildId = `${version}+${hash.digest("hex").slice(0, 12)}`;
const { files: outputs, packages } = await bundle(buildId);

/** A shell script of src/lanes with the parts that it includes, each as far in as the line that names it, and `@NAME@` as the values have it. */
async function lane(name, values = {}) {
  const text = (await readFile(`src/lanes/${name}`, "utf8")).replace(/@([a-z]+)@/g, (whole, each) => values[each] ?? whole);
  const parts = new Map();
  for (const [, part] of text.matchAll(/^\t*#include (\S+)$/gm)) parts.set(part, await readFile(`src/lanes/parts/${part}`, "utf8"));
  const [first, ...rest] = text.replace(/^(\t*)#include (\S+)\n/gm, (_line, indentation, part) => parts.get(part).replace(/^(?=.)/gm, indentation)).split("\n");
  return [first, `# Made of src/lanes/${name} by build.mjs.`, ...rest].join("\n");
}

for (const made of ["compiled", "dist"]) await rm(made, { recursive: true, force: true });
await mkdir("dist/code", { recursive: true });
// There from the start: a sandbox shows it read-only, and what is not there it can only put aside at the end.
await mkdir("compiled");
await Promise.all(outputs.flatMap(compiledForm).map(([path, text]) => writeFile(path, text)));
await writeFile("dist/build", `${buildId}\n`);
await writeFile("dist/packages.json", `${JSON.stringify(packages, undefined, 2)}\n`);

/** In one step: a shell may be reading the one before. */
async function makeProgram(name, text, mode = 0o755) {
  await writeFile(`bin/.${name}`, text, { mode });
  await rename(`bin/.${name}`, `bin/${name}`);
}

await makeProgram("git-credential-toolkey", await lane("git-credential-toolkey"));
await makeProgram("toolkey-authorization", await lane("toolkey-authorization"));
await makeProgram("mavenrc", await lane("mavenrc"), 0o644);
for (const helper of facts.HELPERS) {
  const redirection = helper.complaints === "stdout" ? "" : " >&2";
  await makeProgram(helper.name, await lane("credential-helper", { version, reading: "''", greeting: "", failed: "", ...helper, redirection }));
}

// Manual pages and completion scripts, laid out as below the `share` of a prefix.
await rm("share", { recursive: true, force: true });
for (const [path, text] of sharedFiles(version)) {
  await mkdir(dirname(`share/${path}`), { recursive: true });
  await writeFile(`share/${path}`, text);
}
