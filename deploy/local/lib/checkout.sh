# Where the source is, and where the local stack keeps its data.
# shellcheck shell=bash

CHECKOUT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd -P)

# Whether other users of this machine can reach a folder: each folder on the way lets them through.
# A folder that does not exist yet counts as open.
reachable_by_all() {
    local folder=$1
    while [ "$folder" != / ]; do
        if [ -d "$folder" ] && [ -z "$(find "$folder" -maxdepth 0 -perm -o=x)" ]; then
            return 1
        fi
        folder=$(dirname "$folder")
    done
}

# PostgreSQL refuses to run as root, so root's server runs as another user, who must be able to
# get to its files: a checkout under /root keeps its data elsewhere.
data_folder() {
    if [ -n "${VOLLEY_DATA:-}" ]; then
        realpath -m "$VOLLEY_DATA"
    elif [ "$(id -u)" -ne 0 ] || reachable_by_all "$CHECKOUT"; then
        echo "$CHECKOUT/.local"
    else
        echo "/var/tmp/volley-$(id -u)-$(printf '%s' "$CHECKOUT" | sha256sum | cut -c1-10)"
    fi
}

# Makes the data folder: others may pass through it, but not look around in it.
make_data_folder() {
    mkdir -p "$DATA"
    [ -O "$DATA" ] || fail "$DATA belongs to somebody else; set VOLLEY_DATA to another folder."
    chmod 711 "$DATA"
    mkdir -p "$DATA/run" "$DATA/log"
    chmod 700 "$DATA/run" "$DATA/log"
}

DATA=$(data_folder)
