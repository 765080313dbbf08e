#!/bin/sh
# Measures the pipeline on the real servers. The figures are of this machine,
# with Kafka and Elasticsearch on it: compare those of one run with each other.
set -eu
cd "$(dirname "$0")/../../services/copytaster"

GO=${GO:-go}
if [ $# -gt 0 ]; then # live copy beside a back-fill of so many articles, to its end
	COPYTASTER_BENCH_BACKFILL=$1 exec "$GO" test -run '^$' -bench 'LiveBesideBackfill' -benchtime 1x -timeout 24h .
fi
"$GO" test -run '^$' -bench 'PushToSearchable' -benchtime 1000x -timeout 20m .
"$GO" test -run '^$' -bench 'LiveBesideBackfill' -benchtime 1000x -timeout 20m .
"$GO" test -run '^$' -bench 'KillToHidden' -benchtime 15000x -timeout 20m .
"$GO" test -run '^$' -bench 'Stage' -benchtime 20000x -timeout 20m .
# The index service beside what Elasticsearch takes of bodies built beforehand.
# deploy/BENCHMARKS.md says what it can be told by the environment.
"$GO" test -run '^$' -bench 'IndexCeiling' -benchtime 1x -timeout 60m .
