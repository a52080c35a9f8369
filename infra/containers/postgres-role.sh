#!/usr/bin/env bash
# Run once, when PostgreSQL makes its data folder: a role for Waymark that is no superuser (it can read no file and run
# no program), and no way in for the superuser but from inside the container.
set -euo pipefail
psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set password="$POSTGRES_PASSWORD" <<'SQL'
CREATE ROLE waymark LOGIN PASSWORD :'password';
GRANT pg_monitor TO waymark;
CREATE DATABASE waymark OWNER waymark;
ALTER ROLE CURRENT_USER PASSWORD NULL;
SQL
