#!/usr/bin/env bash
# Makes the base of the container out of Debian packages, where no container registry is at hand: skopeo, git,
# ssh, a shell, certificates, and the libraries they need. Nothing is installed on this machine and no root is needed.
# Usage: make-base.sh OUT.tar      then: podman import OUT.tar localhost/olmirror-base
set -euo pipefail
out=$(realpath -m "${1:?usage: make-base.sh OUT.tar}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root

wanted='base-files ca-certificates dash git libstdc++6 openssh-client skopeo'
# What the packages ask for and none of these programs loads: installers, perl scripts of git, gpg's own programs,
# the network and disks of containers that are run.
spared='adduser|auxfiles|containernetworking-.*|debconf|debianutils|dirmngr|dmsetup|dpkg|git-man|gnupg.*|golang-.*|gpg.*'
spared+='|init-system-helpers|iptables|libaudit.*|libdb5.3|liberror-perl|libfile-find-rule-perl|libgdbm.*|libip[46]tc2|libksba8'
spared+='|libmnl0|libncursesw6|libnetfilter-.*|libnfnetlink0|libnftnl11|libnpth0|libnumber-compare-perl|libpam.*|libperl.*|libsemanage.*'
spared+='|libsepol2|libsqlite3-0|libtext-glob-perl|libxtables12|lsb-base|mawk|netbase|openssl|passwd|perl.*|pinentry-.*|readline-common'
spared+='|sysvinit-utils|tar|usr-is-merged|usrmerge'

# As on a machine on which nothing is installed, so that all that is needed is named.
# shellcheck disable=SC2086
names=$(apt-get -o Dir::State::status=/dev/null -o Debug::NoLocking=1 -o APT::Install-Recommends=false \
  --simulate install $wanted | awk '$1 == "Inst" { print $2 }' | grep -vxE "$spared" | sort)
[ -n "$names" ] || { echo "apt-get knows none of the packages: run apt-get update" >&2; exit 1; }

mkdir -p "$work/packages" "$root"/usr/{bin,sbin,lib,lib64} "$root/var/lib/dpkg/status.d"
for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
(cd "$work/packages" && xargs apt-get -o APT::Sandbox::User=root download --quiet --quiet <<<"$names")
for package in "$work"/packages/*.deb; do
  dpkg-deb --fsys-tarfile "$package" | tar -x -C "$root" --keep-directory-symlink --no-same-owner \
    --exclude='./usr/share/doc/*/*' --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='./usr/share/bash-completion' \
    --exclude='./usr/share/lintian' --exclude='./usr/lib/*/perl*' --exclude='./usr/share/perl*'
  # Scanners look here for what an image is made of.
  dpkg-deb --field "$package" >"$root/var/lib/dpkg/status.d/$(dpkg-deb --field "$package" Package)"
done
# `git pull` and the like are perl or shell for people; what is left of git is compiled.
find "$root/usr/lib/git-core" -type f -exec grep -lI '^#!.*perl' {} + | xargs --no-run-if-empty rm --
rm -rf "$root"/usr/share/{gitweb,git-core/contrib} "$root"/etc/{cron*,init.d,logrotate.d,profile.d}
mkdir -p "$root/etc/ssl/certs"
cat "$root"/usr/share/ca-certificates/mozilla/*.crt >"$root/etc/ssl/certs/ca-certificates.crt"
ln -sf dash "$root/usr/bin/sh"
printf 'root:x:0:0:root:/root:/bin/sh\nolmirror:x:1001:0:olmirror:/var/lib/olmirror:/bin/sh\n' >"$root/etc/passwd"
printf 'root:x:0:\n' >"$root/etc/group"
# Writable by group 0, of which OpenShift makes every user a member, whatever its number.
mkdir -p "$root/var/lib/olmirror" "$root/state" "$root/tmp"
chmod 0775 "$root/var/lib/olmirror" "$root/state"
chmod 1777 "$root/tmp"

tar -C "$root" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@${SOURCE_DATE_EPOCH:-0}" -cf "$out" .
printf '%s: %s packages, %s MB\n' "$out" "$(wc -w <<<"$names")" $(($(stat -c %s "$out") / 1000000))
