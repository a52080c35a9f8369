#!/usr/bin/env bash
# Make the data folder at the first start, as the public image does (POSTGRES_…, /docker-entrypoint-initdb.d), and
# become PostgreSQL. A start that was cut off in between begins anew.
set -euo pipefail
if [ ! -e "$PGDATA" ]; then
    rm -rf "$PGDATA.unfinished"
    initdb --pgdata="$PGDATA.unfinished" --username="${POSTGRES_USER:=postgres}" --pwfile=<(echo "$POSTGRES_PASSWORD") \
        --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-instructions
    echo 'host all all all scram-sha-256' >> "$PGDATA.unfinished/pg_hba.conf"
    pg_ctl --pgdata="$PGDATA.unfinished" --wait --options="-c listen_addresses='' -c unix_socket_directories=$PGHOST" start
    export POSTGRES_USER POSTGRES_PASSWORD
    if [ "${POSTGRES_DB:-postgres}" != postgres ]; then createdb --username="$POSTGRES_USER" "$POSTGRES_DB"; fi
    for script in /docker-entrypoint-initdb.d/*.sh; do
        if [ -e "$script" ]; then bash "$script"; fi
    done
    pg_ctl --pgdata="$PGDATA.unfinished" --wait --mode=fast stop
    mv "$PGDATA.unfinished" "$PGDATA"
fi
exec postgres -D "$PGDATA" -c listen_addresses='*' -c unix_socket_directories="$PGHOST" "$@"
