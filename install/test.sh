#!/bin/sh
# Installs what the tests need where it may, builds, and runs every check. The last line counts the
# tests. Exits with 1 if anything failed; with CI=true a missing program is a failure, else a skip.
set -eu

script=test.sh
repository=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")/.." && pwd -P)
. "$repository/install/prelude.sh"

case $#:${1-} in
0:) ;;
1:-h | 1:--help)
	say "usage: test.sh

Installs, builds and runs all tests of this checkout, in this checkout."
	exit 0
	;;
*) wrong_usage 'there are no options' ;;
esac

require_programs
work=$(mktemp -d)
failed_checks=0
vitest=not-run

# However this ends, the last line says how it went.
finish() {
	exit_code=$?
	trap - EXIT
	trap '' HUP INT TERM
	# It was said long ago, and may be why tests failed or were skipped.
	test ! -s "$work/missing" || cat "$work/missing"
	count_tests || exit_code=1
	rm -rf "$work"
	exit "$exit_code"
}

# From vitest's own report. What failed without a failed test counts as one: a check, a test file that
# can't be loaded, vitest itself.
count_tests() {
	node - "$work/report.json" "$failed_checks" "$vitest" <<-'END'
	const [file, failedChecks, vitest] = process.argv.slice(2);
	let report = { testResults: [] };
	try {
	  report = JSON.parse(require("node:fs").readFileSync(file, "utf8"));
	} catch {
	  // vitest did not get to its end.
	}
	const count = (...states) => report.testResults
	  .flatMap((testFile) => testFile.assertionResults)
	  .filter(({ status }) => states.includes(status)).length;
	const passed = count("passed");
	const skipped = count("skipped", "pending", "todo", "disabled");
	let failed = count("failed") + report.testResults.filter(
	  ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
	).length;
	if (failed === 0 && (vitest !== "passed" || passed === 0)) failed = 1;
	failed += Number(failedChecks);
	console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
	process.exitCode = failed === 0 ? 0 : 1;
	END
}

# install_by SCRIPT: on its standard output is what it could not install.
install_by() {
	say "== $1"
	try "$1" >"$work/not-installed"
	cat "$work/not-installed"
	cat "$work/not-installed" >>"$work/missing"
}

check() {
	say "== $*"
	try "$@"
}

try() {
	"$@" </dev/null && return
	complain "this failed, see above: $*"
	failed_checks=$((failed_checks + 1))
}

trap finish EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
cd "$repository"

# It waits for downloads most of the time, the others for the processor.
tests/install-packages.sh </dev/null &
packages=$!
install_by tests/install-programs.sh
install_by tests/install-maven.sh
install_by tests/install-go.sh
say '== npm ci, npm run build'
npm_quietly ci --ignore-scripts --include=dev
npm_quietly run build
say '== tests/install-packages.sh'
check wait "$packages"
check npm run --silent types
check npm run --silent lint
say '== npm test'
vitest=failed
npm run --silent test -- --reporter=default --reporter=json --outputFile.json="$work/report.json" </dev/null && vitest=passed
