#!/usr/bin/env bash
# Written by `hub ci cloudflare`: builds and checks the site, which Cloudflare Pages publishes. Previews ask search engines to stay
# away. Build command: `bash {{folder}}cloudflare-build.sh`; output folder: `{{folder}}public`.
#
# Cloudflare Pages has no schedules for builds: make a deploy hook (Settings > Builds), and let any scheduler call it with
# `curl -X POST` and its address. Every day, in UTC: {{daily}}
{{#next}}
# And on {{next}}, when the site changes by itself: {{cron}}
{{/next}}
# It keeps no cache that hub could use between builds; every build renders all pages.
set -euo pipefail
cd "$(dirname "$0")"
{{#folder}}
cd "{{dir}}"
{{/folder}}

version={{version}}
releases=https://github.com/{{from}}/releases/download
branch=main

name="hub-$version-x86_64-unknown-linux-musl"
place="$(mktemp -d)"
for file in SHA256SUMS "$name.tar.gz"; do
  curl -fsSL --retry 4 -o "$place/$file" "$releases/v$version/$file"
done
(cd "$place" && grep -F " $name.tar.gz" SHA256SUMS | sha256sum -c - && tar -xzf "$name.tar.gz" --strip-components=1 "$name/hub")

if [ "$CF_PAGES_BRANCH" = "$branch" ]; then
  "$place/hub" check
  "$place/hub" build --strict
else
  "$place/hub" build --env preview --base-url "$CF_PAGES_URL"
  "$place/hub" check --env preview --base-url "$CF_PAGES_URL"
fi
