#!/bin/sh
# Runs every fuzz target of the workspace, one after the other, for the time
# given as the first argument. What a target finds stays in its package's
# testdata/fuzz, to be kept as a test.
set -eu
cd "$(dirname "$0")/../.."

GO=${GO:-go}
time=${1:-30s}
failed=
ran=0
for dir in $("$GO" list -m -f '{{.Dir}}'); do
	for package in $(grep -rl --include='*_test.go' '^func Fuzz' "$dir" | xargs -r -n 1 dirname | sort -u); do
		for target in $(sed -n 's/^func \(Fuzz[A-Za-z0-9_]*\)(.*/\1/p' "$package"/*_test.go); do
			echo "fuzz: ${package#"$PWD"/} $target"
			ran=$((ran + 1))
			(cd "$package" && "$GO" test -run '^$' -fuzz "^$target\$" -fuzztime "$time" -fuzzminimizetime 100x .) || failed="$failed $target"
		done
	done
done
if [ -n "$failed" ]; then
	echo "fuzz: FAILED:$failed" >&2
	exit 1
fi
echo "fuzz: $ran targets ran for $time each and found nothing"
