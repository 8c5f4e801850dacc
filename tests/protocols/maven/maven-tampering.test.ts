/** Every setting that a project may not make of the Maven that is to get a token: each rule is needed by one of these. */
import { describe, expect, it } from "vitest";
import { isTampering, tamperingOption, tamperingProperty } from "../../../src/protocols/maven/tampering.ts";

/** Properties that programs read: of Maven and its resolver (named by their documentation), of the JDK (`net.properties`, `java.security`, JSSE). */
const PROPERTIES = [
  "maven.wagon.http.ssl.insecure", "wagon.http.ssl.insecure", "aether.connector.http.headers", "aether.connector.https.securityMode", "aether.transport.http.headers",
  "aether.connector.wagon.config", "aether.connector.userAgent", "aether.priority.ApacheTransporterFactory", "maven.resolver.transport",
  "javax.net.ssl.trustStore", "java.security.properties", "jdk.tls.client.protocols", "jdk.security.allowNonCaAnchor", "jdk.certpath.disabledAlgorithms",
  "jdk.internal.httpclient.disableHostnameVerification", "jdk.httpclient.allowRestrictedHeaders", "jdk.http.auth.tunneling.disabledSchemes", "com.sun.net.ssl.checkRevocation",
  "com.sun.security.enableCRLDP", "sun.security.ssl.allowUnsafeRenegotiation", "https.protocols", "https.cipherSuites",
  "http.proxyHost", "https.proxyHost", "http.nonProxyHosts", "https.nonProxyHosts", "http.auth.preference", "http.agent", "ftp.proxyHost", "socksProxyHost",
  "java.net.useSystemProxies", "jdk.net.hosts.file", "sun.net.spi.nameservice.nameservers", "java.protocol.handler.pkgs", "java.content.handler.pkgs", "java.naming.factory.initial",
  "org.slf4j.simpleLogger.log.org.apache.http.wire", "org.slf4j.simpleLogger.log.org.apache.maven.wagon.providers",
  "maven.ext.class.path", "maven.home", "maven.conf", "maven.installation.settings", "maven.user.settings", "maven.project.extensions", "classworlds.conf",
  "user.home", "java.home", "java.class.path", "java.library.path", "java.ext.dirs", "java.endorsed.dirs", "java.system.class.loader", "jdk.module.path",
] as const;

describe("a property", () => {
  it.each(PROPERTIES)("%s is refused, in either file and in any case of letters", (name) => {
    for (const written of [name, name.toUpperCase()]) {
      expect([written, isTampering(written)]).toEqual([written, true]);
      expect(tamperingOption(`-D${written}=x`)).toBe(`-D${written}=x`);
      for (const line of [`-D${written}=x`, `-D\n${written}=x`, `--define=${written}=x`, `${written}=x`]) expect([line, typeof tamperingProperty(line)]).toEqual([line, "string"]);
    }
  });

  it.each(["maven.compiler.release", "http.keepAlive", "java.awt.headless", "user.timezone", "jdk.xml.maxGeneralEntitySizeLimit", "aether.syncContext.named.factory", "my.javax.net.ssl"])("%s is not", (name) => {
    expect([isTampering(name), tamperingOption(`-D${name}=x`)]).toEqual([false, undefined]);
  });

  it.each(["a${b}", "a\\b", "$x"])("whose name is put together is refused: %s", (name) => {
    expect([isTampering(name), tamperingOption(`-D${name}=x`)]).toEqual([true, `-D${name}=x`]);
  });

  it.each(["-Da${b}=x", "--define a${b}=x", "-define=a${b}", "-DsomeD ${a}=x"])("so it is in maven.config: %s", (text) => {
    expect(tamperingProperty(text)).toBe("a property whose name is put together");
  });

  it.each(["${includes}=x", "  $includes=x", "${any}=x", "a=1\n\t${x}"])("other files that are included are refused: %j", (text) => {
    expect(tamperingProperty(text)).toBe("${includes}");
  });

  it.each(["j\\u0061vax.net.ssl.trustStore=x", "javax.net.\\\n   ssl.trustStore=x", "java\\x.net.ssl.trustStore=x", "-D\u0001user.home=x", "-T1C\n-Duser.home=x", "a=b\nuser.home=x"])("is found however it is written: %j", (text) => {
    expect(tamperingProperty(text)).toEqual(expect.any(String));
  });

  it("has dots for dots", () => {
    expect([tamperingProperty("-DuserXhome=x"), tamperingProperty("javaxXnet.=1")]).toEqual([undefined, undefined]);
  });

  it("is named by what it begins with", () => {
    expect([tamperingProperty("-Djavax.net.ssl.trustStore=x"), tamperingProperty("-Duser.home=x")]).toEqual(["javax.net.*", "user.home"]);
  });
});

describe("a value in jvm.config, which Maven's scripts hand to a shell,", () => {
  it.each(["`", ";", "|", "&", "<", ">", "(", ")", "\\", "$", "$(", "${", "$MAVEN_OTHER", "${MAVEN_PROJECTBASEDIRX}"])("may not hold %s", (text) => {
    for (const word of [`-Dx=${text}`, `-Dx=a${text}b`, `-Dx=a${text}`]) expect(tamperingOption(word)).toBe(word);
  });

  it.each(["-Dx=$MAVEN_PROJECTBASEDIR", "-Dx=${MAVEN_PROJECTBASEDIR}/a", "-Dx=a=b", "-Dx", "-Dx=", "-Dx=a,b:c/d-e_f.g~*?!#%@'\""])("may be %s", (word) => {
    expect(tamperingOption(word)).toBe(undefined);
  });
});

describe("an option in jvm.config", () => {
  it("is no comment, and no space", () => {
    expect([tamperingOption(""), tamperingOption("  \n\t-ea  -server \n"), tamperingOption("# -javaagent:x\n  #-javaagent:x\n-ea")]).toEqual([undefined, undefined, undefined]);
    expect(tamperingOption("-Dx=a#b -javaagent:x")).toBe("-javaagent:x");
  });

  it.each([
    "-XX:Flags=x", "-XX:VMOptionsFile=x", "-XX:OnError=x", "-XX:OnOutOfMemoryError=x", "-XX:SharedArchiveFile=x", "-XX:ArchiveClassesAtExit=x", "-XX:+AutoCreateSharedArchive", "-XX:SharedClassListFile=x",
    "-XX:AppendClassPath=x", "-XX:ExtraClassList=x", "-XX:FooLibPath=x", "-XX:x=a;b", "-XX:x=`y`", "-XX:x=$y", "-XX:", "-Xmx1g;x", "-Xmx1g|x", "-Xlog:gc:file=/x", "-Xlog:$x", "-Xshare:a/b", "-Xverify:a;b", "-Xdebug", "-Xbootclasspath/p:x",
    "--add-modules=a;b", "--add-opens=$x", "--add-something=x", "--patch-module=a=b", "--module-path=x", "-jar", "x.jar", "java/../../x", "java.base/x;y", "evil.Main", "evil/java.base", "ALL-x", "-server:a;b", "-ea:a/b", "-agentlib:x", "-javaagent:x", "--enable-previews", "x--enable-preview", "-showversions", "-Xmx1g$x", "x-Xmx1g", "x-XX:+UseZGC", "x--add-modules=a", "--add-opens=a=b;c", "ALL-UNNAMED;x", "xjava.base/java.lang=ALL-UNNAMED",
  ])("%s is refused", (word) => {
    expect(tamperingOption(`-ea ${word} -server`)).toBe(word);
  });

  it.each([
    "-Xms1g", "-Xmx1g", "-Xmn1g", "-Xss1m", "-Xint", "-Xcomp", "-Xmixed", "-Xbatch", "-Xnoclassgc", "-Xshare:auto", "-Xverify:none", "-Xlog:gc*=info,safepoint:stdout", "-Xlog",
    "-XX:+UseZGC", "-XX:-UseZGC", "-XX:MaxRAMPercentage=75.5", "-XX:ErrorFile=./err%p.log", "--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-exports", "--add-reads=a=b", "--add-modules=java.se",
    "--enable-native-access=ALL-UNNAMED", "--illegal-access=permit", "--sun-misc-unsafe-memory-access=allow", "java.base/java.lang=ALL-UNNAMED", "jdk.compiler", "ALL-UNNAMED", "--enable-preview", "-server", "-client", "-ea", "-da", "-esa", "-dsa",
    "-enableassertions:com.acme", "-disableassertions", "-showversion",
  ])("%s is not", (word) => {
    expect(tamperingOption(`${word} -Xmx1g`)).toBe(undefined);
  });
});
