#!/usr/bin/env bash
# Builds the container image out of dist/ (npm run build), the Node that came with npm ci, and a base image.
# Usage: build.sh IMAGE [BASE]      further options for podman in PODMAN_OPTIONS
set -euo pipefail
image=${1:?usage: build.sh IMAGE [BASE]}
base=${2:-localhost/olmirror-base:latest}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$here/../..
node=${NODE_BINARY:-$top/node_modules/node/bin/node}
[ -e "${DIST:-$top/dist}/olmirror.js" ] || { echo "there is no dist/: run npm run build" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/olmirror"
cp -rL "${DIST:-$top/dist}" "$work/olmirror/dist"
rm -rf "$work/olmirror/dist/types"
cp "$top/LICENSE" "$top/package.json" "$work/olmirror/"
cp "$node" "$work/node"
cp "$here/Containerfile" "$here/gitconfig" "$work/"
chmod -R u=rwX,go=rX "$work"
# shellcheck disable=SC2086
podman ${PODMAN_OPTIONS:-} build --pull=never --format=oci --isolation=chroot --network=host \
  --timestamp="${SOURCE_DATE_EPOCH:-0}" --build-arg "BASE=$base" --tag "$image" "$work"
