/** What the hook in ~/.mavenrc costs each `mvn`: the same command in a home with it and in one without. */
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { isInstalled, run } from "./home.mjs";

const PLACE = "https://maven.example.com/libs";

const SERVICE = `[service.bench]
issuer = "none"
url = "https://maven.example.com"
maven = { server = "bench", url = "${PLACE}" }
`;

const PROJECT = `<project><modelVersion>4.0.0</modelVersion>
<groupId>g</groupId><artifactId>a</artifactId><version>1</version><packaging>pom</packaging>
<repositories><repository><id>bench</id><url>${PLACE}</url></repository></repositories></project>
`;

/** What the homes lack; undefined if nothing. */
export function mavenLacks() {
  return ["mvn", "java"].find((program) => !isInstalled(program));
}

/**
 * The commands to time: `mvn -v`, and Maven's script with a Java that ends at once, since a JVM takes many times
 * what is measured, and never the same.
 *
 * @param home with a vault that is open
 * @param without toolkey
 */
export async function mavenCommands(home, without) {
  const { environment, directory } = home;
  await mkdir(join(environment.TOOLKEY_HOME, "config"), { recursive: true });
  await writeFile(join(environment.TOOLKEY_HOME, "config", "config.toml"), SERVICE);
  await run("toolkey", ["config", "accept", "--yes"], { environment });
  await run("toolkey", ["stop"], { environment });
  await run("toolkey", ["add", "bench", "--tool", "maven", "--username", "alice"], { environment, input: "bench-secret" });
  await run("toolkey", ["setup", "maven"], { environment });
  const project = join(directory, "project");
  await mkdir(project);
  await writeFile(join(project, "pom.xml"), PROJECT);
  await mkdir(join(directory, "java", "bin"), { recursive: true });
  const java = join(directory, "java", "bin", "java");
  await writeFile(java, '#!/bin/sh\ncase "$*" in *" -s /proc/"*) echo given ;; esac\n');
  await chmod(java, 0o755);
  const script = (of, goal) => ({
    argv: ["sh", "-c", `cd '${project}' && exec mvn ${goal}`],
    environment: { ...of.environment, JAVA_HOME: join(directory, "java") },
  });
  const said = await run("sh", script(home, "validate").argv.slice(1), script(home, "validate"));
  if (!said.includes("given")) throw new Error("mvn got no settings from the hook");
  return [
    { name: "mvn -v, hook", argv: ["mvn", "-v"], environment },
    { name: "mvn -v", argv: ["mvn", "-v"], environment: without.environment },
    { name: "script of mvn -v, hook", ...script(home, "-v") },
    { name: "script of mvn -v", ...script(without, "-v") },
    { name: "script of mvn validate, hook", ...script(home, "validate") },
    { name: "script of mvn validate", ...script(without, "validate") },
  ];
}
