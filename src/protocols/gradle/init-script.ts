/**
 * Init scripts of Gradle's, in Groovy: what every build of a person runs before its own scripts. They find the repositories of a build as
 * they are declared, and nothing of them changes a project. They use what Gradle 4.4 has; what came later is looked for first. Pure.
 *
 * @see https://docs.gradle.org/current/userguide/init_scripts.html
 */
import { Secret } from "../../core/secret.ts";
import { formatTarget, type Target } from "../../core/target.ts";

/** How the script of `toolkey setup` begins, by which it is known to be ours. */
export const MADE_BY_SETUP = "// Made by 'toolkey setup gradle'; 'toolkey setup gradle --undo' removes it.";

/**
 * Calls `serve` for each repository, whoever declares it. Whatever goes wrong there is said, and the build goes on. What is published is
 * looked at when the tasks are known: before 4.8, who asks for `publishing` earlier ends its configuration.
 */
const FIND_REPOSITORIES = String.raw`
def carefully = { Object of, Closure what ->
    try {
        what()
    } catch (Throwable problem) {
        logger.error('toolkey: ' + of + ' is left as it is: ' + problem.class.simpleName)
    }
}
def each = { repositories ->
    repositories.all { repository -> carefully('the repository ' + repository.name) { serve(repository) } }
}
gradle.allprojects { project ->
    carefully(project) {
        each(project.buildscript.repositories)
        each(project.repositories)
    }
}
def inSettings = { settings ->
    carefully(settings) {
        each(settings.pluginManagement.repositories)
        each(settings.buildscript.repositories)
        if (settings.metaClass.respondsTo(settings, 'getDependencyResolutionManagement'))
            each(settings.dependencyResolutionManagement.repositories)
    }
}
// From Gradle 6 on: before the plugins of the settings are looked for.
if (gradle.metaClass.respondsTo(gradle, 'beforeSettings', Closure)) gradle.beforeSettings(inSettings)
else gradle.settingsEvaluated(inSettings)
def publishes = { task ->
    def type = task.class
    def name = /org\.gradle\.api\.publish\.(maven|ivy)\.tasks\.PublishTo(Maven|Ivy)Repository/
    while (type != null && !(type.name ==~ name)) type = type.superclass
    type != null
}
gradle.taskGraph.whenReady { graph ->
    graph.allTasks.each { task -> carefully(task) { if (publishes(task) && task.repository != null) serve(task.repository) } }
}
`;

/** Whether Gradle keeps what was configured in a file, with the credentials in it: the configuration cache, from 6.6 on. */
const KEEPS_ON_DISK = String.raw`
def keepsOnDisk = false
try {
    def start = gradle.startParameter
    if (start.metaClass.respondsTo(start, 'isConfigurationCacheRequested')) keepsOnDisk = start.configurationCacheRequested
    else if (start.metaClass.respondsTo(start, 'getConfigurationCache')) {
        def cache = start.configurationCache
        keepsOnDisk = cache.metaClass.respondsTo(cache, 'get') ? cache.get() : cache.toString() != 'OFF'
    }
} catch (Throwable unknown) {
}
`;

/** The URL of a repository, and what else it goes to. One that is not asked by https, or has a login in its URL, is left alone. */
const PLACES = String.raw`
def isLedTo = { Object url ->
    url instanceof URI && 'https'.equalsIgnoreCase(url.scheme) && url.host != null && url.rawUserInfo == null
}
def urlOf = { repository ->
    if (!(repository instanceof org.gradle.api.artifacts.repositories.AuthenticationSupported)) return null
    if (!repository.metaClass.respondsTo(repository, 'getUrl')) return null
    def url = repository.url
    isLedTo(url) ? url : null
}
def othersOf = { repository ->
    repository instanceof org.gradle.api.artifacts.repositories.MavenArtifactRepository ? repository.artifactUrls.collect { it } : []
}
`;

/** Asks by `toolkey-authorization`, once for each URL in a build; where that fails, once. */
function askingBody(program: string): string {
  return String.raw`
def asked = [:]
def isOver = false
def ask = { String url ->
    if (isOver || asked.containsKey(url)) return asked[url]
    asked[url] = null
    def answer = new StringBuilder(), said = new StringBuilder()
    try {
        def asking = new ProcessBuilder(${groovyText(program)}, 'gradle', url).directory(new File('/')).start()
        asking.outputStream.close()
        asking.waitForProcessOutput(answer, said)
        isOver = asking.exitValue() != 0
    } catch (IOException gone) {
        isOver = true
        said << 'toolkey is not there any more; toolkey setup gradle, or --undo'
    }
    def text = said.toString().readLines().collect { it.replaceFirst(/^toolkey: /, '') }.join('; ')
    // Said also with --quiet, where nothing is given.
    if (isOver) logger.error('toolkey: ' + text)
    else if (text != '') logger.warn('toolkey: ' + text)
    asked[url] = isOver || answer.toString().trim() == '' ? null : answer.toString().trim()
}
def isSameHost = { URI one, URI other ->
    def port = { URI url -> url.port == -1 ? 443 : url.port }
    isLedTo(other) && one.host.equalsIgnoreCase(other.host) && port(one) == port(other)
}
def hasOwn = { repository ->
    try {
        def own = repository.configuredCredentials
        if (own instanceof org.gradle.api.provider.Provider) own = own.orNull
        if (own instanceof org.gradle.api.artifacts.repositories.PasswordCredentials) return own.username != null || own.password != null
        return own != null
    } catch (Throwable missing) {
        // Of a name that Gradle finds properties by: what is wrong with those it says itself.
        return true
    }
}
def give = { repository ->
    def url = urlOf(repository)
    if (url == null || hasOwn(repository) || othersOf(repository).any { !isSameHost(url, it) }) return
    def (scheme, value) = (ask(url.toString()) ?: '').split(' ', 2) as List
    if (scheme == 'Basic') {
        def login = new String(value.decodeBase64(), 'UTF-8').split(':', 2)
        repository.credentials {
            username = login[0]
            password = login[1]
        }
    } else if (scheme == 'Bearer') {
        def type, sent
        try {
            type = getClass().classLoader.loadClass('org.gradle.api.credentials.HttpHeaderCredentials')
            sent = getClass().classLoader.loadClass('org.gradle.authentication.http.HttpHeaderAuthentication')
        } catch (ClassNotFoundException old) {
            logger.error('toolkey: the token for ' + url + ' has no user name, without which Gradle sends none before 4.10')
            return
        }
        repository.credentials(type) {
            name = 'Authorization'
            delegate.value = 'Bearer ' + value
        }
        repository.authentication.clear()
        repository.authentication.create('toolkey', sent)
    }
}
`;
}

/** One of ours has been here: that of the command line comes before that of `toolkey setup`. */
const FIRST_OF_OURS = String.raw`
if (gradle.ext.has('toolkey')) return
gradle.ext.toolkey = true
`;

/** What is said where nothing is given for the sake of the configuration cache. */
const SAY_KEPT = String.raw`
if (keepsOnDisk) {
    logger.error('toolkey: with the configuration cache Gradle would keep tokens on the disk: it gets none; --no-configuration-cache')
    return
}
`;

/** The property that names the file by which the script is told where to lead. */
export const PLACES_PROPERTY = "toolkey.places";

/** What that file says: the gateway, the phantom, then a place in each line. */
export function placesText(targets: readonly Target[], gateway: string, phantom: Secret): Secret {
  return new Secret(`${[gateway, phantom.reveal(), ...targets.map(formatTarget)].join("\n")}\n`);
}

/** Leads repositories through the gateway: those that are at one of the places, or below. */
const LEADING = String.raw`
// Of the command line: where Gradle asks another process to build, it is no property of the system yet. Else of GRADLE_OPTS.
def placesProperty = ${groovyText(PLACES_PROPERTY)}
def placesFile = gradle.startParameter.systemPropertiesArgs[placesProperty] ?: System.getProperty(placesProperty)
def told = placesFile == null ? [] : new File(placesFile).readLines('UTF-8')
def (gateway, phantom) = [told[0], told[1]]
def places = told.drop(2)
if (placesFile != null && !(gateway ==~ /http:\/\/127\.0\.0\.1:\d+/)) return
// A proxy has no way to the gateway. What the project has in gradle.properties is in force by now.
def passProxies = {
    def past = System.getProperty('http.nonProxyHosts')
    if (past != null && !past.split(/\|/).contains('127.*')) System.setProperty('http.nonProxyHosts', past + '|127.*')
}
def originOf = { URI url -> 'https://' + url.host.toLowerCase(Locale.ROOT) + (url.port in [-1, 443] ? '' : ':' + url.port) }
def pathOf = { String path -> (path ?: '').split('/').findAll { it != '' } }
def through = { URI url ->
    def isBelow = { URI place ->
        def path = pathOf(place.path)
        originOf(place) == originOf(url) && pathOf(url.path).take(path.size()) == path
    }
    if (!places.any { isBelow(URI.create(it)) }) return null
    URI.create(([gateway, originOf(url).replace('://', '/')] + pathOf(url.rawPath) + ['']).join('/'))
}
def lead = { repository ->
    def url = urlOf(repository)
    def led = url == null ? null : through(url)
    if (led == null) return
    passProxies()
    repository.url = led
    if (repository.metaClass.respondsTo(repository, 'setAllowInsecureProtocol', boolean)) repository.allowInsecureProtocol = true
    if (othersOf(repository)) repository.artifactUrls = othersOf(repository).collect { isLedTo(it) ? through(it) ?: it : it }
    if (repository.configuredCredentials != null) repository.setConfiguredCredentials(null)
    repository.authentication.clear()
    repository.credentials {
        username = 'toolkey'
        password = phantom
    }
}
def serve = placesFile == null ? give : lead
`;

/**
 * The script: it leads a build whose command line or environment says where, and else asks for the token of each repository. It is always
 * the same, since Gradle keeps each script that it has compiled.
 *
 * @param authorization the path of `toolkey-authorization`
 */
export function initScript(authorization: string): string {
  const parts = [FIRST_OF_OURS, KEEPS_ON_DISK, SAY_KEPT, PLACES, askingBody(authorization), LEADING, FIND_REPOSITORIES];
  return `${MADE_BY_SETUP}
// Gradle asks toolkey for the token of each https repository that has no credentials of its own.
${parts.map((part) => part.trimStart()).join("")}`;
}

/** A text in Groovy, in which nothing is replaced. */
function groovyText(text: string): string {
  const escaped = text.replaceAll(/[\\']/g, String.raw`\$&`);
  return `'${escaped}'`;
}
