#!/bin/sh
# Gives Elasticsearch processor 0 to itself, then runs a command: for measuring
# what a client costs apart from what it takes away from Elasticsearch.
#
#   taskset -c 1 bin/copytaster up -- deploy/tools/apart.sh COMMAND...
set -eu
for stat in /proc/[0-9]*/cmdline; do
	pid=${stat#/proc/}
	pid=${pid%/cmdline}
	# Only of the `copytaster up` that runs this: its session is ours.
	if cat "$stat" 2>/dev/null | tr '\0' ' ' | grep -q '^[^ ]*java .*org[.]elasticsearch' &&
		[ "$(ps -o sid= -p "$pid")" = "$(ps -o sid= -p $$)" ]; then
		taskset -apc 0 "$pid" >/dev/null
		found=1
	fi
done
[ "${found-}" ] || { echo "no Elasticsearch of this copytaster up" >&2; exit 1; }
exec "$@"
