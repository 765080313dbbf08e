#!/bin/sh
# Removes what was built and what local servers stored. Never under the feet of
# servers that run, and never what took a long download.
set -eu
cd "$(dirname "$0")/../.."

if [ -e .local/lock ] && command -v flock >/dev/null && ! flock -n .local/lock true; then
	echo "clean: local servers are running; end 'copytaster up' or 'make demo' first" >&2
	exit 1
fi
rm -rf bin
if [ -d .local ]; then
	find .local -mindepth 1 -maxdepth 1 ! -name dist ! -name home -exec rm -rf {} +
fi
echo "clean: removed bin/ and the data of the local servers; .local/dist stays (rm -rf .local removes it, too)"
