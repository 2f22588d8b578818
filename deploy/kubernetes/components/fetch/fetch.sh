#!/bin/sh
# Brings the clone in the state volume to the commit of REF, whatever was left there.
set -eu
if [ ! -d /state/clone/.git ]; then
  rm -rf /state/clone.new
  git clone --quiet --branch "$REF" "$REMOTE" /state/clone.new
  mv /state/clone.new /state/clone
fi
cd /state/clone
git fetch --quiet "$REMOTE" "$REF"
git reset --quiet --hard FETCH_HEAD
git clean --quiet -ffdx
git log -1 --format='%h %s'
