#!/bin/sh
# Runs the tests of every module of the workspace with the race detector.
# Arguments go to go test. Kafka and Elasticsearch are found as pkg/localtest
# finds them.
set -eu
cd "$(dirname "$0")/../.."

GO=${GO:-go}
root=$(pwd -P)
# Breaks a Kafka and an Elasticsearch of its own.
alone=deploy/faults
patterns=
for dir in $("$GO" list -m -f '{{.Dir}}'); do
	dir=${dir#"$root"/}
	[ "$dir" = "$alone" ] || patterns="$patterns ./$dir/..."
done

# run NAME TIMEOUT AT_ONCE PATTERNS ARGUMENTS...: says how long it took.
run() {
	name=$1 timeout=$2 packages=$3 these=$4
	shift 4
	began=$(date +%s)
	result=passed
	# -count=1: go's cache of results sees no file outside of a module, as bin/copytaster
	# and other modules' test data, and would pass what they broke.
	# shellcheck disable=SC2086 # one word per module
	CGO_ENABLED=1 "$GO" test -race -count=1 -timeout "$timeout" -p "$packages" "$@" $these || result=FAILED
	echo "test: $name: $result after $(($(date +%s) - began)) s"
	[ "$result" = passed ]
}

# One call for all modules but one, so that a failure in one doesn't hide the
# others. Two packages at a time: they share one Kafka and one Elasticsearch.
# The fault matrix is not beside them: with its servers and services and those of
# TestSecured, two cores would be too few to keep any time limit. Its own limit is
# beyond those of its rows together.
status=0
run "all modules but $alone" 40m 2 "$patterns" "$@" || status=1
run "$alone" 40m 1 "./$alone/..." "$@" || status=1
exit $status
