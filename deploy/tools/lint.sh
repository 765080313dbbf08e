#!/bin/sh
# Reads every module of the workspace the way a strict reviewer would. Goes on
# after a failure, so that one run shows everything. Needs bin/golangci-lint.
set -u
cd "$(dirname "$0")/../.."

GO=${GO:-go}
failed=
fail() { failed="$failed
  $1"; }

# The workspace is the only list of modules.
modules=$("$GO" list -m -f '{{.Dir}}') || exit 1
root=$(pwd -P)

for dir in $modules; do
	name=${dir#"$root"/}
	# A service must build from its own go.mod, as it does in its image; the
	# workspace would hide what is missing there.
	echo "lint: $name: go.mod"
	(cd "$dir" && GOWORK=off "$GO" mod tidy -diff) || fail "$name: go mod tidy"
	echo "lint: $name: vet"
	(cd "$dir" && GOWORK=off "$GO" vet ./...) || fail "$name: go vet"
done

patterns=
for dir in $modules; do
	# A module may still be without packages.
	[ -n "$("$GO" list "$dir/..." 2>/dev/null)" ] && patterns="$patterns ./${dir#"$root"/}/..."
done
echo "lint: golangci-lint"
bin/golangci-lint config verify || fail ".golangci.yml: settings that the linter does not know"
# shellcheck disable=SC2086 # one word per module
bin/golangci-lint run $patterns || fail "golangci-lint run"
echo "lint: formatting"
# shellcheck disable=SC2086
bin/golangci-lint fmt --diff $(for dir in $modules; do echo "${dir#"$root"/}"; done) || fail "formatting: bin/golangci-lint fmt mends it"

echo "lint: page"
deploy/tools/page.sh lint || fail "page"

echo "lint: tree"
deploy/tools/tree.sh || fail "tree"

if [ -n "$failed" ]; then
	echo "lint: FAILED:$failed" >&2
	exit 1
fi
echo "lint: go.mod, vet, golangci-lint and formatting of $(echo "$modules" | wc -l | tr -d ' ') modules, and the tree, are clean"
