# A private PostgreSQL: own folder, own port, loopback only, password always.
# shellcheck shell=bash

# The newest version that is installed.
postgresql_programs() {
    local folder
    folder=$(find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
    [ -n "$folder" ] || folder=$(pg_config --bindir 2>/dev/null) || fail "PostgreSQL is not installed."
    echo "$folder"
}

# Runs a command as the user who owns the database's files: PostgreSQL refuses to be root.
as_postgresql_user() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"
    else
        "$@"
    fi
}

# start_postgresql [SETTING=VALUE…]
start_postgresql() {
    local folder=$DATA/postgresql programs setting options=()
    is_running postgresql && { say "PostgreSQL is running."; return; }
    programs=$(postgresql_programs)
    if [ ! -s "$folder/data/PG_VERSION" ]; then
        make_postgresql_cluster "$folder" "$programs"
    fi
    for setting in "$@"; do options+=(-c "$setting"); done
    local launch=("$programs/postgres" -D "$folder/data" -p "$(port_of postgresql)"
        -c listen_addresses=127.0.0.1 -c unix_socket_directories=
        -c max_connections=400 -c "shared_buffers=$(postgresql_buffers)MB" -c max_wal_size=8GB
        -c checkpoint_timeout=15min -c wal_compression=lz4 -c jit=off
        -c log_checkpoints=off "${options[@]}")
    if [ "$(id -u)" -eq 0 ]; then
        launch=(setpriv --reuid=postgres --regid=postgres --init-groups -- "${launch[@]}")
    fi
    # The working folder must be one that the server's user can read.
    start_process postgresql env -C / LC_ALL=C "${launch[@]}"
    await_process postgresql 60 "$programs/pg_isready" -q -h 127.0.0.1 -p "$(port_of postgresql)"
    say "PostgreSQL listens on 127.0.0.1:$(port_of postgresql)."
}

# An eighth of the memory, in MB, 128 to 2048: what a day's orders change should fit.
postgresql_buffers() {
    local megabytes
    megabytes=$(awk '/^MemTotal:/ { print int($2 / 8192) }' /proc/meminfo)
    echo $((megabytes < 128 ? 128 : megabytes > 2048 ? 2048 : megabytes))
}

make_postgresql_cluster() {
    local folder=$1 programs=$2 password=$1/password
    say "Making a database cluster in $folder."
    rm -rf "$folder"
    mkdir -m 700 "$folder"
    (umask 077 && echo "$POSTGRESQL_PASSWORD" >"$password")
    if [ "$(id -u)" -eq 0 ]; then chown -R postgres: "$folder"; fi
    (
        cd / && as_postgresql_user env LC_ALL=C "$programs/initdb" -D "$folder/data" -U volley \
            --auth=scram-sha-256 --pwfile="$password" --encoding=UTF8 --locale=C
    ) >>"$DATA/log/postgresql.log" 2>&1 || { show_log postgresql; fail "initdb failed."; }
    rm -f "$password"
}

# make_database NAME: makes it if it is not there.
make_database() {
    local psql=("$(postgresql_programs)/psql" -X -q -t -A -h 127.0.0.1 -p "$(port_of postgresql)"
        -U volley -d postgres -v ON_ERROR_STOP=1)
    local there
    there=$(PGPASSWORD=$POSTGRESQL_PASSWORD "${psql[@]}" \
        -c "SELECT 1 FROM pg_database WHERE datname = '$1'")
    if [ -z "$there" ]; then
        PGPASSWORD=$POSTGRESQL_PASSWORD "${psql[@]}" -c "CREATE DATABASE $1"
    fi
}

postgresql_url() {
    echo "postgresql://volley:$POSTGRESQL_PASSWORD@127.0.0.1:$(port_of postgresql)/$1"
}

# INT is PostgreSQL's fast shutdown; TERM would wait for every client to leave.
stop_postgresql() { stop_process postgresql INT 60; }
