/**
 * What a project may not set of the Maven that is to get a token: whatever weakens TLS, sends requests
 * another way, or puts code into the JVM before Maven starts. Plugins and extensions run code of the
 * project too; that is a limit, and in the documentation.
 */

/** Names of properties, from their beginning. */
const NAMES = [
  // TLS: of wagon, of the resolver's transports, of the JDK.
  "maven.wagon.",
  "wagon.",
  "aether.connector.http",
  "aether.transport.",
  "aether.connector.wagon",
  "aether.connector.userAgent",
  "aether.priority.",
  "maven.resolver.transport",
  "javax.net.",
  "java.security.",
  "jdk.tls.",
  "jdk.security.",
  "jdk.certpath.",
  "jdk.internal.",
  "jdk.httpclient.",
  "jdk.http.",
  "com.sun.net.",
  "com.sun.security.",
  "sun.security.",
  "https.protocols",
  "https.cipherSuites",
  // The way: proxies, names of hosts, handlers of URLs.
  "http.proxy",
  "https.proxy",
  "http.nonProxyHosts",
  "https.nonProxyHosts",
  "http.auth.",
  "http.agent",
  "ftp.proxy",
  "socks",
  "java.net.",
  "jdk.net.",
  "sun.net.",
  "java.protocol.handler.pkgs",
  "java.content.handler.pkgs",
  "java.naming.",
  // Logs: of Apache's HTTP client, which writes the headers that it sends.
  "org.slf4j.simpleLogger.log.org.apache.http",
  "org.slf4j.simpleLogger.log.org.apache.maven.wagon",
  // Code, and other settings than those that were looked at.
  "maven.ext.class.path",
  "maven.home",
  "maven.conf",
  "maven.installation.",
  "maven.user.",
  "maven.project.",
  "classworlds.",
  "user.home",
  "java.home",
  "java.class.path",
  "java.library.path",
  "java.ext.dirs",
  "java.endorsed.dirs",
  "java.system.class.loader",
  "jdk.module.",
] as const;

/** The options of a JVM that a project may set: memory, collectors, compilers, modules of the JDK. */
const HARMLESS = [
  /^-X(ms|mx|mn|ss|int|comp|mixed|batch|noclassgc|share:\w+|verify:\w+|log[\w:,=*+.-]*)[\w.]*$/,
  /^-XX:[+-]?(?!Flags|VMOptionsFile|On[EO]|\w*(Archive|ClassPath|ClassList|LibPath))\w+(=[\w.,:%/-]*)?$/,
  /^--(add-opens|add-exports|add-reads|add-modules|enable-native-access|illegal-access|sun-misc-unsafe-memory-access)(=[\w.,/=-]+)?$/,
  // What follows one of them after a space.
  /^(java|jdk)\.[\w.]+(\/[\w.]+=[\w.,-]+)?$|^ALL-[A-Z]+$/,
  /^--enable-preview$|^-(server|client|ea|da|esa|dsa|enableassertions|disableassertions)(:[\w.]+)?$|^-showversion$/,
] as const;

/** The first setting of a `.mvn/jvm.config` that a project may not make; undefined if there is none. */
export function tamperingOption(text: string): string | undefined {
  const words = text.split(/[\r\n]+/).filter((line) => !/^\s*#/.test(line)).join(" ").split(/\s+/).filter((word) => word !== "");
  return words.find((word) => {
    const [, name, value] = /^-D([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined) return !HARMLESS.some((pattern) => pattern.test(word));
    // The scripts that start Maven hand these words to a shell.
    return isTampering(name) || /[`;|&<>()\\]|\$(?!\{?MAVEN_PROJECTBASEDIR\b)/.test(value ?? "");
  });
}

/** The first property that a project may not set of those that a `.mvn/maven.config` or a file of properties names. */
export function tamperingProperty(text: string): string | undefined {
  // Properties files know escapes, Maven 4 expressions within names; neither has a place in an honest name.
  const plain = text
    .replace(/\\u([0-9a-f]{4})/gi, (_all, code: string) => String.fromCharCode(Number.parseInt(code, 16)))
    .replace(/\\(\r?\n\s*)?/g, "")
    // Java cuts off all control characters beside a name.
    .replace(/\p{Cc}/gu, (character) => (character === "\n" || character === "\r" ? character : " "));
  // A long option may have one dash, and -D stand behind other letters: `-define=NAME`, `-eDNAME`.
  const named = NAMES.find((name) => new RegExp(`(^|[\\s"']|-\\w*D|--?d\\w*=)${name.replaceAll(".", "\\.")}`, "i").test(plain));
  if (named !== undefined) return named.replace(/\.$/, ".*");
  if (/(-\w*D|--?d\w*[=\s])\s*[^\s=]*\$/m.test(plain)) return "a property whose name is put together";
  if (/^\s*\$\{?includes|^\s*\$\{/m.test(plain)) return "${includes}";
  return undefined;
}

/** Whether a name is one of those that a project may not set. */
export function isTampering(name: string): boolean {
  return /[$\\]/.test(name) || NAMES.some((begin) => name.toLowerCase().startsWith(begin.toLowerCase()));
}
