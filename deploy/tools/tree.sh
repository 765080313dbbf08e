#!/bin/sh
# What must not be anywhere in the repository, and what must be everywhere.
# Looks at files that git knows or would add.
set -u
cd "$(dirname "$0")/../.."

bad=0
complain() {
	echo "tree: $1" >&2
	printf '%s\n' "$2" | sed 's/^/  /' | cut -c1-200 >&2
	bad=1
}

# matches PATTERN [PATHSPEC...]: the lines with PATTERN, an extended regular
# expression, binary files left out.
matches() {
	pattern=$1
	shift
	git grep -nIE --untracked --exclude-standard -e "$pattern" -- "$@"
}

# Dots in brackets, so that the patterns don't match themselves.
if found=$(matches '(^|[^A-Za-z0-9_./-])/(work/(main|shared)|root/|home/[a-z][a-z0-9_-]*/|Users/[A-Za-z]+/)' . ':!deploy/tools/tree.sh'); then
	complain "paths of one machine:" "$found"
fi
if found=$(matches '(proxy|sum)[.]golang[.]org|registry[.]npmjs[.]org|registry[.]yarnpkg[.]com|repo1?[.]maven([.]apache)?[.]org|(files[.]pythonhosted|pypi)[.]org|(deb|security)[.]debian[.]org'); then
	complain "hosts of package registries (whoever builds decides on them; npm: omit-lockfile-registry-resolved):" "$found"
fi
if found=$(matches '^(<<<<<<< |>>>>>>> |=======$)' . ':!*.md'); then
	complain "merge marks:" "$found"
fi

# Every module is in the workspace, or nothing tests it. Tools are not, as
# their dependencies would raise those of the services.
listed=$("${GO:-go}" list -m -f '{{.Dir}}') || exit 1
for mod in $(git ls-files --cached --others --exclude-standard -- 'go.mod' '*/go.mod'); do
	[ -f "$mod" ] || continue
	dir=${mod%/go.mod}
	case $dir in
	deploy/tools/*) ;;
	*/testdata/*) ;;
	*) printf '%s\n' "$listed" | grep -qxF "$(pwd -P)/$dir" || complain "module that is not in go.work:" "$dir" ;;
	esac
done

exit $bad
