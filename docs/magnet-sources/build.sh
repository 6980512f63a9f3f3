#!/bin/sh
# Regenerates the files behind the forms from the sources in this folder.
# Needs chromium, the Liberation fonts, and Python with openpyxl.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
magnets=$here/../../content/magnets

pdf() {
  profile=$(mktemp -d)
  chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
    --disable-background-networking --disable-component-update --disable-sync \
    --user-data-dir="$profile" --no-pdf-header-footer \
    --print-to-pdf="$magnets/$1/$1.pdf" "file://$here/$1.html"
  rm -rf "$profile"
}

pdf playbook
pdf form-checklist
python3 "$here/campaign-planner.py" "$magnets/campaign-planner/campaign-planner.xlsx"
