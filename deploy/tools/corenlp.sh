#!/bin/sh
# corenlp.sh: trains a model of names, and measures it beside Stanford CoreNLP on the same
# texts in the same run. The arguments are those of services/enrich/cmd/train-names:
#
#   deploy/tools/corenlp.sh -vectors VECTORS -test FILE[,FILE] FILE...
#
# Maven fetches CoreNLP (about 500 MB) once into .local/corenlp; it needs Java and 4 GB of
# memory. Nothing else needs it.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
jars=$root/.local/corenlp

[ $# -gt 0 ] || {
	echo "usage: deploy/tools/corenlp.sh -vectors VECTORS -test FILE[,FILE] FILE..." >&2
	exit 2
}
if [ ! -f "$jars/complete" ]; then
	mvn --quiet --batch-mode -f "$root/deploy/tools/corenlp/pom.xml" dependency:copy-dependencies -DoutputDirectory="$jars" || {
		echo "corenlp: Maven can't fetch Stanford CoreNLP; its settings say where it asks (mvn help:effective-settings)" >&2
		exit 1
	}
	: >"$jars/complete"
fi
names=$(mktemp)
trap 'rm -f "$names"' EXIT
trap 'exit 1' HUP INT TERM
"${GO:-go}" build -C "$root/services/enrich" -o "$names" ./cmd/train-names # files are named from here
"$names" -corenlp "$jars" "$@"
