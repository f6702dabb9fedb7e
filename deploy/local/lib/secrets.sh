# Passwords and keys of a local stack: made once, kept in files that only their owner can read.
# shellcheck shell=bash

random_word() { head -c 18 /dev/urandom | base64 | tr '+/' 'ab'; }

# Sets POSTGRESQL_PASSWORD, RABBITMQ_PASSWORD, REDIS_PASSWORD, ADMIN_PASSWORD, TRADER_PASSWORD.
load_secrets() {
    local file=$DATA/secrets name
    if [ ! -s "$file" ]; then
        (
            umask 077
            for name in POSTGRESQL RABBITMQ REDIS ADMIN TRADER; do
                echo "${name}_PASSWORD=$(random_word)"
            done >"$file.new"
            head -c 32 /dev/urandom | base64 >"$DATA/secret.key"
            mv "$file.new" "$file"
        )
    fi
    # shellcheck disable=SC1090
    . "$file"
}
