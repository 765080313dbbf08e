#!/bin/sh
# Measures searches at each of the given numbers of articles, on the real
# Elasticsearch. deploy/BENCHMARKS.md says what it can be told by the environment.
set -eu

if [ ! -r "${COPYTASTER_BENCH_CORPUS:-}" ]; then
	echo "make bench-search: there is no corpus: COPYTASTER_BENCH_CORPUS is '${COPYTASTER_BENCH_CORPUS:-}', and should be the absolute path of" \
		"gzipped lines of JSON with title, dateline and body, such as Reuters-21578 (for research only, so not part of the project)" >&2
	exit 1
fi
cd "$(dirname "$0")/../../services/copytaster"
for articles in ${*:-19000}; do
	COPYTASTER_BENCH_ARTICLES=$articles "${GO:-go}" test -run '^$' -bench 'Searches$' -benchtime 1x -timeout 24h .
done
