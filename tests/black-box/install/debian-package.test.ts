/** The Debian package, installed and purged for real: on this machine's files, in an overlay that nothing outlives. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { nodeMissing } from "../../fixtures/tools/clients.ts";
import { longTest } from "../../fixtures/form.ts";
import { expectDone, runToEnd, type Ended } from "../../fixtures/homes/home.ts";
import { makeDebianPackage, ROOT, stageTree } from "../../fixtures/programs/packages.ts";
import { missing } from "../../fixtures/programs/programs.ts";

/** Makes the overlay, and runs a script in it with root's rights there. The package is /package.deb. */
const IN_OVERLAY = `
set -e
mount -t tmpfs tmpfs "$1"; mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$1/root"
mount --rbind /dev "$1/root/dev"; mount -t proc proc "$1/root/proc"; mount -t tmpfs tmpfs "$1/root/tmp"; mount -t tmpfs tmpfs "$1/root/root"
cp "$2" "$1/root/package.deb"
exec chroot "$1/root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8 sh -ec "$3"`;

// Whose pages the machine's own man knows is not what this is about, and takes long (man-db's trigger looks for that file).
const USE = `
rm -f /var/lib/man-db/auto-update
mkdir -p /var/lib/apt
dpkg -i /package.deb >/dev/null
for node in $(which -a node); do test ! -e "$node" || mv "$node" "$node-of-the-machine"; done
toolkey --version
mkdir /etc/toolkey && printf '[lock]\\nidle = "5m"\\n' > /etc/toolkey/config.toml
toolkey init --key file >/dev/null
echo TOKEN-THAT-WAS-ADDED | toolkey add https://git.example.com --tool git --username alice >/dev/null
toolkey setup git
git config --global --get-all credential.helper
toolkey stop
printf 'protocol=https\\nhost=git.example.com\\n\\n' | GIT_CONFIG_NOSYSTEM=1 git credential fill
ls /usr/share/man/man1/toolkey.1.gz /usr/share/zsh/vendor-completions/_toolkey /usr/share/bash-completion/completions/toolkey /usr/share/fish/vendor_completions.d/toolkey.fish
grep ExecStart /usr/lib/systemd/user/toolkey.service
toolkey stop
toolkey config | grep ^idle
toolkey stop
dpkg -P toolkey >/dev/null
cat /etc/toolkey/config.toml && rm -r /etc/toolkey
find /usr /etc /var/lib/dpkg -name '*toolkey*' | grep . || echo nothing is left
ls /root/.local/share/toolkey/vault.age`;

describe.skipIf(nodeMissing(26) || missing("dpkg-deb", "lintian", "readelf", "unshare"))("the Debian package", { timeout: 300_000 }, () => {
  let work: string;
  let file: string;
  beforeAll(() => {
    work = mkdtempSync(join(tmpdir(), "tk-"));
    stageTree(join(work, "tree"), "Debian package");
    file = makeDebianPackage(join(work, "tree"), join(work, "out"));
  });
  afterAll(() => rmSync(work, { recursive: true }));

  it("installs, answers git on a machine without Node, and is purged; the vault stays", async () => {
    const { stdout } = expectDone(await inOverlay(USE));
    expect(stdout).toMatch(/^[\d.]+\+[0-9a-f]{12} \(Debian package\)\n/);
    expect(stdout).toMatch(/ask \/usr\/bin\/git-credential-toolkey --first\n/);
    expect(stdout).toContain("password=TOKEN-THAT-WAS-ADDED\n");
    expect(stdout).toMatch(/^ExecStart=\/usr\/lib\/toolkey\/node .* \/usr\/lib\/toolkey\/dist\/daemon\.cjs --wait$/m);
    // The administrator has written it, and the package knows nothing of it.
    expect(stdout).toContain('idle       5m (/etc/toolkey/config.toml)\nstopped the daemon');
    expect(stdout).toContain('[lock]\nidle = "5m"\nnothing is left\n');
    expect(stdout).toMatch(/\/root\/\.local\/share\/toolkey\/vault\.age\n$/);
  });

  longTest("has no errors for lintian", async () => {
    const ended = await runToEnd("lintian", ["--allow-root", "--fail-on", "error", file], { PATH: "/usr/bin:/bin", HOME: work });
    expect({ code: ended.code, stdout: ended.stdout }).toEqual({ code: 0, stdout: "" });
  });

  it("has the version and what it depends on, and its files are root's", () => {
    const field = (name: string): string => execFileSync("dpkg-deb", ["-f", file, name], { encoding: "utf8" }).trim();
    expect(field("Depends").split(", ").map((each) => each.replace(/ .*/, "")).toSorted()).toEqual(packagesFor(join(work, "tree", "node")));
    expect(field("Version")).toBe((JSON.parse(execFileSync("cat", [join(ROOT, "package.json")], { encoding: "utf8" })) as { version: string }).version);
    const files = execFileSync("dpkg-deb", ["-c", file], { encoding: "utf8" }).trim().split("\n");
    expect(files.filter((line) => !/^[dl-]r[w-][x-]r-[x-]r-[x-] root\/root |^lrwxrwxrwx root\/root /.test(line))).toEqual([]);
  });

  /** What brings the libraries that a program asks for. */
  function packagesFor(program: string): string[] {
    const needed = execFileSync("readelf", ["--dynamic", program], { encoding: "utf8" }).matchAll(/\(NEEDED\).*\[(.+)\]/g);
    const owners = [...needed].map(([, library = ""]) => execFileSync("dpkg-query", ["--search", `*-linux-gnu/${library}`], { encoding: "utf8" }));
    return [...new Set(owners.map((owner) => owner.replace(/:.*/s, "")))].toSorted();
  }

  function inOverlay(script: string): Promise<Ended> {
    const overlay = join(work, "overlay");
    execFileSync("mkdir", ["-p", overlay]);
    writeFileSync(join(work, "overlay.sh"), IN_OVERLAY);
    const user = process.getuid?.() === 0 ? [] : ["--map-root-user"];
    return runToEnd("unshare", [...user, "--mount", "--propagation", "private", "sh", join(work, "overlay.sh"), overlay, file, script], { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" });
  }
});
