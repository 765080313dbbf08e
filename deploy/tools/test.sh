#!/bin/sh
# Runs the tests of every module of the workspace with the race detector.
# Arguments go to go test. Kafka and Elasticsearch are found as pkg/localtest
# finds them.
set -eu
cd "$(dirname "$0")/../.."

GO=${GO:-go}
root=$(pwd -P)
patterns=
for dir in $("$GO" list -m -f '{{.Dir}}'); do
	patterns="$patterns ./${dir#"$root"/}/..."
done
# One call for all modules, so that a failure in one doesn't hide the others.
# Two packages at a time: they share one Kafka and one Elasticsearch.
# shellcheck disable=SC2086 # one word per module
CGO_ENABLED=1 exec "$GO" test -race -timeout 20m -p 2 "$@" $patterns
