#!/bin/sh
# Removes what was built and what local servers stored. Never under the feet of
# servers that run, and never what took a long download.
set -eu
cd "$(dirname "$0")/../.."

# in_use FOLDER: somebody holds its lock (deploy/local).
in_use() { [ -e "$1/lock" ] && command -v flock >/dev/null && ! flock -n "$1/lock" true; }

if in_use .local || in_use .local/secure; then
	echo "clean: local servers are running; end 'copytaster up' or 'make demo' first" >&2
	exit 1
fi
kept=
# base is a link to where programs and data lie if Elasticsearch can't run here.
for entry in .local/* .local/.[!.]* .local/base/*; do
	[ -e "$entry" ] || [ -L "$entry" ] || continue
	case $entry in
	.local/dist | .local/home | .local/base | .local/base/dist) continue ;;
	esac
	if in_use "$entry"; then
		kept="$kept $entry"
		continue
	fi
	rm -rf "$entry"
done
if [ -n "$kept" ]; then
	echo "clean: left bin/ and what is in use alone (make faults, make test):$kept" >&2
	exit 1
fi
rm -rf bin services/search/web/dist/app services/search/web/test-results
echo "clean: removed bin/, the built page and the data of the local servers; .local/dist stays (rm -rf .local removes it, too)"
