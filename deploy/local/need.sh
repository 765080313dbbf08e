#!/bin/sh
# need.sh TOOL...: makes sure that tools which the project does not carry itself are there.
# For root on a Debian-like system it installs what is missing; otherwise it names each missing
# tool in one line with how to get it. Exit code 0 only if all are there in the end.
set -u

tools='gcc java mvn node npm chromium python'

usage() {
	echo "usage: need.sh TOOL...   (tools: $tools)" >&2
	exit 2
}

# why TOOL: what the project uses it for.
why() {
	case $1 in
	gcc) echo 'a C compiler, for tests with the race detector' ;;
	java) echo 'Java 17 or newer, runs Kafka and Elasticsearch' ;;
	mvn) echo 'Maven, fetches Kafka and Elasticsearch' ;;
	node) echo 'Node.js 20.19 or newer, builds and tests the page' ;;
	npm) echo 'npm, fetches the libraries of the page' ;;
	chromium) echo 'Chromium, tests the page' ;;
	python) echo 'Python 3.11 or newer with venv, for the subscriber in Python' ;;
	*) return 1 ;;
	esac
}

# packages TOOL: Debian packages that hold it, best first.
packages() {
	case $1 in
	gcc) echo gcc ;;
	java) echo openjdk-17-jre-headless openjdk-21-jre-headless openjdk-25-jre-headless default-jre-headless ;;
	mvn) echo maven ;;
	node) echo nodejs ;;
	npm) echo npm ;;
	chromium) echo chromium ;;
	python) echo python3-venv ;;
	esac
}

# also PACKAGE: what it only recommends and we cannot do without.
also() {
	case $1 in
	gcc) echo libc6-dev ;;
	esac
}

has() { command -v "$1" >/dev/null 2>&1; }

# java_is_new_enough COMMAND
java_is_new_enough() {
	version=$("$1" -version 2>&1 | sed -n 's/.*version "\([0-9]*\)\.*\([0-9]*\).*/\1 \2/p' | sed -n 1p)
	major=${version%% *}
	[ "$major" = 1 ] && major=${version##* }
	[ -n "$major" ] && [ "$major" -ge 17 ]
}

# there TOOL: is it here and usable?
there() {
	case $1 in
	java)
		if [ -n "${JAVA_HOME:-}" ]; then
			[ -x "$JAVA_HOME/bin/java" ] && java_is_new_enough "$JAVA_HOME/bin/java"
		else
			has java && java_is_new_enough java
		fi
		;;
	node) node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null ;;
	python) python3 -c 'import sys, ensurepip, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null ;;
	chromium) has chromium || has chromium-browser || has google-chrome ;;
	*) has "$1" ;;
	esac
}

missing() {
	set -- "$1" "${2:-}" $(packages "$1")
	echo "need: $1 is missing ($(why "$1"))${2:+: $2}; on Debian or Ubuntu: apt-get install $3" >&2
}

updated=no
update() {
	[ $updated = yes ] && return
	updated=yes
	echo "need: apt-get update" >&2
	apt-get -qq -o DPkg::Lock::Timeout=300 update >&2 || :
}

# install TOOL
install() {
	update
	for package in $(packages "$1"); do
		apt-cache show "$package" >/dev/null 2>&1 || continue
		echo "need: $1 is missing, installing $package" >&2
		if said=$(DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
			-o DPkg::Lock::Timeout=300 install "$package" $(also "$package") 2>&1); then
			return 0
		fi
		missing "$1" "$(printf '%s\n' "$said" | sed -n 's/^E: //p' | sed -n 1p)"
		return 1
	done
	missing "$1" 'this system has no package for it'
	return 1
}

[ $# -gt 0 ] || usage
for tool in "$@"; do
	why "$tool" >/dev/null || usage
done

failed=0
for tool in "$@"; do
	there "$tool" && continue
	if has apt-get && has apt-cache && [ "$(id -u 2>/dev/null)" = 0 ]; then
		install "$tool" || { failed=1; continue; }
		there "$tool" && continue
		missing "$tool" 'installed, but still not usable (JAVA_HOME or PATH?)'
	else
		missing "$tool"
	fi
	failed=1
done
exit $failed
