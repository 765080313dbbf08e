#!/bin/sh
# Builds every main package under services/ the way its image does: from the
# module's own go.mod, without the workspace and without C.
set -eu
cd "$(dirname "$0")/../.."

for file in services/*/cmd/*/main.go; do
	[ -f "$file" ] || { echo "alone: no service has a main" >&2; exit 1; }
	main=$(dirname "$file")
	service=$(echo "$main" | cut -d/ -f2)
	(cd "services/$service" && GOWORK=off CGO_ENABLED=0 "${GO:-go}" build -trimpath -o /dev/null "./cmd/$(basename "$main")") || {
		echo "alone: $service does not build from its own go.mod; if that is the reason: cd services/$service && GOWORK=off go mod tidy" >&2
		exit 1
	}
	echo "alone: $service builds from its own go.mod"
done
