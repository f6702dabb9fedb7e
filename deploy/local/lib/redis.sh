# A private Redis: a cache, so it keeps nothing on disk and refuses to grow without bound.
# shellcheck shell=bash

start_redis() {
    local folder=$DATA/redis
    is_running redis && { say "Redis is running."; return; }
    mkdir -p "$folder"
    chmod 700 "$folder"
    (
        umask 077
        cat >"$folder/redis.conf" <<END
bind 127.0.0.1
port $(port_of redis)
requirepass $REDIS_PASSWORD
maxmemory 256mb
maxmemory-policy noeviction
save ""
appendonly no
dir "$folder"
END
    )
    start_process redis redis-server "$folder/redis.conf"
    await_process redis 30 redis_answers
    say "Redis listens on 127.0.0.1:$(port_of redis)."
}

redis_answers() {
    [ "$(REDISCLI_AUTH=$REDIS_PASSWORD redis-cli -h 127.0.0.1 -p "$(port_of redis)" ping)" = PONG ]
}

redis_url() { echo "redis://:$REDIS_PASSWORD@127.0.0.1:$(port_of redis)/0"; }

stop_redis() { stop_process redis; }
