#!/bin/sh
# python.sh FOLDER REQUIREMENTS...: a virtual environment with these packages. Each is held to
# the hashes in its file; none is built here. What was in the folder goes.
set -eu

folder=$1
shift
files=
for file in "$@"; do files="$files -r $file"; done

rm -rf "$folder"
python3 -m venv "$folder"
# shellcheck disable=SC2086 # one word per file
"$folder/bin/python" -m pip --quiet --disable-pip-version-check --no-input install \
	--require-hashes --no-deps --only-binary :all: $files || {
	echo "python: the packages of $* can't be had; pip's settings say where it asks (pip config list)" >&2
	exit 1
}
