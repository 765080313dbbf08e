#!/bin/sh
# Tests the archive against an S3 server that is a program of its own, and keeps
# objects in files.
set -eu
cd "$(dirname "$0")/../.."

GO=${GO:-go}
dir=$(mktemp -d)
log=$dir/log
mkdir "$dir/objects"
port=${COPYTASTER_S3_PORT:-17070}
bin/versitygw --access user --secret password --port "127.0.0.1:$port" posix "$dir/objects" >"$log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null || true; rm -rf "$dir"' EXIT INT TERM
until grep -q 'listening on' "$log"; do
	kill -0 $server 2>/dev/null || { cat "$log" >&2; exit 1; }
	sleep 0.1
done
"$GO" test -C pkg/archive -count=1 -run '^TestS3$' . -s3 "http://user:password@127.0.0.1:$port"
