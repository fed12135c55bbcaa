#!/usr/bin/env bash
# Backs the database up while everything goes on:  deploy/backup.sh chat.dump
# The dump is one moment of the whole database, the key ring included. docs/backup.md says what else belongs in a backup.
set -euo pipefail

file=${1:?"usage: backup.sh FILE"}
. "$(dirname "$0")/chatdb.sh"

# Messages, and secrets that are encrypted with the key ring beside them: nobody else's business.
umask 077
trap 'rm -f "$file.partial"' EXIT
pg_dump --format=custom --no-owner --no-privileges --file="$file.partial"
# A dump that cannot be read is none.
tables=$(pg_restore --list "$file.partial" | grep -c ' TABLE DATA ')
mv "$file.partial" "$file"
echo "$file: $tables tables, $(du -h "$file" | cut -f1)."
if [ -z "${DataProtection__Key:-}${DataProtection__CertificatePath:-}" ]; then
  echo "Keep DataProtection:Key (or the certificate) elsewhere, if the processes have one: without it the secrets in this backup cannot be read."
fi
