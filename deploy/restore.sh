#!/usr/bin/env bash
# Restores a backup into an empty database:  deploy/restore.sh chat.dump
# All of it or nothing. The processes that start on it need the same DataProtection:Key (or certificate).
set -euo pipefail

file=${1:?"usage: restore.sh FILE"}
. "$(dirname "$0")/chatdb.sh"

pg_restore --list "$file" >/dev/null
tables=$(psql --no-psqlrc --tuples-only --no-align --set=ON_ERROR_STOP=1 --command "SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'")
if [ "$tables" != 0 ]; then
  echo "The database '$PGDATABASE' is not empty ($tables tables); restore into a new one: createdb NAME" >&2
  exit 2
fi
pg_restore --exit-on-error --single-transaction --no-owner --no-privileges --dbname="$PGDATABASE" "$file"
# The planner knows nothing of the rows yet, and the first minutes would be slow.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --command "ANALYZE"
echo "Restored into '$PGDATABASE'. Start the processes on it; what waited for an answer is answered now."
