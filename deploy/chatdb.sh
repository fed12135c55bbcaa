# Read by backup.sh and restore.sh: where the database is, for the tools of Postgres.
# From ConnectionStrings__chatdb (as the processes have it), or else from PGHOST, PGPORT, PGUSER, PGPASSWORD and PGDATABASE.

if [ -n "${ConnectionStrings__chatdb:-}" ]; then
  IFS=';' read -r -a pairs <<<"$ConnectionStrings__chatdb"
  for pair in "${pairs[@]}"; do
    key=$(tr '[:upper:]' '[:lower:]' <<<"${pair%%=*}" | tr -d ' ')
    value=${pair#*=}
    case $key in
      host | server) export PGHOST=$value ;;
      port) export PGPORT=$value ;;
      username | userid | user) export PGUSER=$value ;;
      password) export PGPASSWORD=$value ;;
      database) export PGDATABASE=$value ;;
      sslmode) PGSSLMODE=$(tr '[:upper:]' '[:lower:]' <<<"$value") && export PGSSLMODE ;;
    esac
  done
fi
if [ -z "${PGDATABASE:-}" ]; then
  echo "Which database? Set ConnectionStrings__chatdb, or PGHOST, PGUSER, PGPASSWORD and PGDATABASE." >&2
  exit 2
fi
