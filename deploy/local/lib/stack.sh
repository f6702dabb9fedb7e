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
    rm -rf "$DATA/postgresql" "$DATA/rabbitmq" "$DATA/redis" "$DATA/demo"
}

# Removes what these scripts have made, and nothing else that may lie in a folder of the user's.
remove_everything() {
    remove_stored_data
    rm -rf "$DATA/run" "$DATA/log" "$DATA/sdk" "$DATA/ports" "$DATA/secrets" "$DATA/secret.key" "$DATA/env"
    if [ -d "$DATA/test" ]; then
        flock -n "$DATA/test/test.lock" rm -rf "$DATA/test" || say "A test run is under way: its data stays."
    fi
    rmdir --ignore-fail-on-non-empty "$DATA"
}
