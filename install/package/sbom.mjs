// What is in a release, as CycloneDX: sbom.mjs OUTPUT, in a checkout that is built. npm lists all packages; of those that are only for
// development it leaves those that a bundle has parts of, as dist/packages.json says. https://cyclonedx.org/docs/1.5/json/
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";

const [output] = process.argv.slice(2);
const read = (path) => JSON.parse(readFileSync(path, "utf8"));
const bundled = new Set(read("dist/packages.json"));
const { packages } = read("package-lock.json");
const ofNode = read("install/package/node/package-lock.json").packages;

const listed = JSON.parse(execFileSync("npm", ["sbom", "--sbom-format=cyclonedx", "--package-lock-only"], { maxBuffer: 2 ** 26 }));
const nameOf = (path) => path.replace(/^.*node_modules\//, "");
const shipped = new Set(
  Object.entries(packages)
    .filter(([path, { dev, devOptional }]) => path !== "" && (bundled.has(path) || (dev ?? devOptional) === undefined))
    .map(([path, { version }]) => `${nameOf(path)}@${version}`),
);
const node = Object.entries(ofNode).filter(([path]) => path !== "").map(([path, { version, integrity }]) => ({
  type: "platform",
  "bom-ref": `${nameOf(path)}@${version}`,
  name: nameOf(path),
  version,
  description: "Node.js, in the one file and in the Debian package",
  purl: `pkg:npm/${nameOf(path)}@${version}`,
  hashes: [{ alg: "SHA-512", content: Buffer.from(integrity.replace("sha512-", ""), "base64").toString("hex") }],
  licenses: [{ license: { id: "MIT" } }],
}));
const components = [...listed.components.filter((each) => shipped.has(each["bom-ref"])), ...node];
const refs = new Set(components.map((each) => each["bom-ref"]));
// Its number, its time, and who lists it are of the moment.
const { serialNumber: _serial, ...rest } = listed;
const metadata = { lifecycles: listed.metadata.lifecycles, component: { ...listed.metadata.component, name: "toolkey" } };
const dependencies = listed.dependencies.filter(({ ref }) => refs.has(ref)).map(({ ref, dependsOn = [] }) => ({ ref, dependsOn: dependsOn.filter((each) => refs.has(each)) }));
writeFileSync(output, `${JSON.stringify({ ...rest, metadata, components, dependencies }, undefined, 2)}\n`);
