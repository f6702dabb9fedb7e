# The whole local stack: everything that run starts and stop stops.
# shellcheck shell=bash

# shellcheck source-path=SCRIPTDIR
LIBRARY=$(dirname "${BASH_SOURCE[0]}")
for part in say checkout ports processes secrets packages toolchain build postgresql rabbitmq \
    redis servers environment roles demo; do
    # shellcheck disable=SC1090
    . "$LIBRARY/$part.sh"
done

stop_stack() {
    stop_roles
    stop_servers
}

# Removes what the servers have stored; passwords and ports stay as they are.
remove_stored_data() {
    rm -rf "$DATA/postgresql" "$DATA/rabbitmq" "$DATA/redis" "$DATA/demo" "$DATA/users"
}
