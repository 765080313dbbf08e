#!/bin/sh
# Keeps the contract in proto/, its baseline image and its generated code together.
#
#   proto.sh generate   lint, refuse breaking changes, then write code and baseline
#   proto.sh check      fail if lint fails, a change breaks, or code or baseline is stale
#   proto.sh baseline   accept the contract as it stands, breaking or not, as the baseline
#
# Needs bin/buf and bin/protoc-gen-go (make builds them). Works without network.
set -eu
cd "$(dirname "$0")/../.."

baseline=proto/baseline.binpb
buf=bin/buf

# Source positions are left out: a change of a comment is no change of the contract.
image() { "$buf" build proto --exclude-source-info -o "$1"; }

generated() { (cd "$1" && find . \( -name .git -o -name .local -o -name node_modules -o -name venv \) -prune -o \( -name '*.pb.go' -o -name '*_pb2.py' \) -print | LC_ALL=C sort); }

lint() { "$buf" lint proto; }

breaking() {
	"$buf" breaking proto --against "$baseline" && return
	echo "proto: this breaks readers of what is already in the logs; see proto/README.md" >&2
	return 1
}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

case "${1-}" in
generate)
	lint
	breaking
	"$buf" generate proto --template proto/buf.gen.yaml -o "$work"
	image "$work/baseline.binpb"
	# Only when all of it worked is the old code replaced; a file whose .proto is gone goes too.
	generated . | while read -r f; do rm -f "$f"; done
	generated "$work" | while read -r f; do
		mkdir -p "$(dirname "$f")"
		cp "$work/$f" "$f"
	done
	cp "$work/baseline.binpb" "$baseline"
	;;
check)
	lint
	breaking
	"$buf" generate proto --template proto/buf.gen.yaml -o "$work"
	image "$work/baseline.binpb"
	stale=
	for f in $( (generated . && generated "$work") | LC_ALL=C sort -u); do
		cmp -s "$work/$f" "$f" || stale="$stale ${f#./}"
	done
	cmp -s "$work/baseline.binpb" "$baseline" || stale="$stale $baseline"
	if [ -n "$stale" ]; then
		echo "proto: stale, run 'make proto' and commit:$stale" >&2
		exit 1
	fi
	echo "proto: lint, compatibility, generated code and baseline are right"
	;;
baseline)
	lint
	image "$work/baseline.binpb"
	cp "$work/baseline.binpb" "$baseline"
	;;
*)
	echo "usage: proto.sh generate|check|baseline" >&2
	exit 2
	;;
esac
