#!/bin/sh
# page.sh install|build|lint|test [ARGUMENTS]: what npm does for the newsroom's page.
set -eu
cd "$(dirname "$0")/../../services/search/web"

# npm wants a place for its cache also where there is no home.
if [ -z "${HOME:-}" ]; then
	HOME=$(cd ../../.. && pwd -P)/.local/home
	export HOME
fi
# The browser is Debian's; nothing is downloaded beside packages.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 NO_UPDATE_NOTIFIER=1

what=$1
shift
case $what in
install) npm ci --no-audit --no-fund --loglevel=error ;;
build) npm run --silent build -- --logLevel warn ;;
lint) npm run --silent lint ;;
test) npm test --silent -- "$@" ;;
*)
	echo "usage: page.sh install|build|lint|test [ARGUMENTS]" >&2
	exit 2
	;;
esac
