/** A home with what people have in theirs, and a project in it, to look at from within a sandbox. */
import { chownSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { BIN, makeHome, type Ended, type RunOptions, type TestHome } from "../../fixtures/homes/home.ts";

/** Whether another user can start what is built: not in root's own home, as where root has cloned it there. */
export function isOpenToOthers(path = BIN): boolean {
  return (statSync(path).mode & 0o001) !== 0 && (path === "/" || isOpenToOthers(dirname(path)));
}

/** Found nowhere in a sandbox; so not in this file either, which is in the tree that a sandbox shows. */
export const SECRET = ["s3cret", "of", "the", "person"].join("-");

/** By path below the home. */
export const HOME_FILES: Readonly<Record<string, string>> = {
  ".ssh/id_ed25519": SECRET,
  ".gnupg/private-keys-v1.d/key": SECRET,
  ".aws/credentials": SECRET,
  ".kube/config": SECRET,
  ".config/gcloud/credentials.db": SECRET,
  ".bash_history": `export TOKEN=${SECRET}\n`,
  ".npmrc": `registry=https://npm.example/\n//npm.example/:_authToken=${SECRET}\nfund=false\n`,
  ".netrc": `machine git.example login alice password ${SECRET}\n`,
  ".git-credentials": `https://alice:${SECRET}@git.example\n`,
  ".m2/settings.xml": `<settings><servers><server><id>acme</id><username>a</username><password>${SECRET}</password></server></servers></settings>\n`,
  ".docker/config.json": JSON.stringify({ auths: { "r.example": { auth: Buffer.from(`a:${SECRET}`).toString("base64") } } }),
  ".config/gh/hosts.yml": `github.com:\n    user: a\n    oauth_token: ${SECRET}\n`,
  ".cargo/credentials.toml": `[registry]\ntoken = "${SECRET}"\n`,
  ".pypirc": `[pypi]\nusername = __token__\npassword = ${SECRET}\n`,
  ".yarnrc.yml": `npmAuthToken: ${SECRET}\n`,
  ".bashrc": "# mine\n",
  ".gitconfig": "[user]\n\tname = A\n\temail = a@example.com\n",
  ".config/git/ignore": "*.swp\n",
  ".config/systemd/user/mine.service": "[Unit]\n",
  ".config/other/settings": "a\n",
  ".local/bin/mine": "#!/bin/sh\n",
  ".local/share/other/data": "a\n",
  ".cache/other": "a\n",
  "project/package.json": "{}\n",
};

export interface SandboxHome {
  readonly home: TestHome;
  readonly project: string;
  /** A path below the home. */
  at(path: string): string;
  /** Runs a script of the shell in a sandbox, in the project. */
  inside(script: string, options?: RunOptions & { readonly words?: readonly string[] }): Promise<Ended>;
  dispose(): Promise<void>;
}

/** @param uid who has it, and runs all in it, if the tests may do that */
export async function makeSandboxHome(uid?: number): Promise<SandboxHome> {
  const plain = await makeHome();
  const at = (path: string): string => join(plain.directory, path);
  for (const [path, content] of Object.entries(HOME_FILES)) {
    mkdirSync(dirname(at(path)), { recursive: true });
    writeFileSync(at(path), content);
  }
  const home = uid === undefined ? plain : as(plain, uid);
  const project = at("project");
  if (uid !== undefined) await plain.run("chown", ["-R", `${uid}:${uid}`, plain.directory]);
  await home.run("git", ["init", "-q", project]);
  return {
    home,
    project,
    at,
    inside: (script, { words = [], ...options } = {}) =>
      home.toolkey(["run", "--sandbox", ...words, "--", "sh", "-c", script], { cwd: project, ...options }),
    dispose: () => home.dispose(),
  };
}

function as(home: TestHome, uid: number): TestHome {
  // The PATH of the tests is a directory for them alone.
  const path = [BIN, dirname(process.execPath), "/usr/local/bin", "/usr/bin", "/bin"].join(":");
  const run: TestHome["run"] = (program, argv, more) =>
    home.run("setpriv", [`--reuid=${uid}`, `--regid=${uid}`, "--clear-groups", "env", `PATH=${path}`, program, ...argv], more);
  chownSync(home.directory, uid, uid);
  return { ...home, run, toolkey: (argv, more) => run("toolkey", argv, more), git: (argv, more) => run("git", argv, more) };
}
