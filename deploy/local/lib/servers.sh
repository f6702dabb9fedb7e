# The three servers that Volley leans on, started and stopped together.
# shellcheck shell=bash

# start_servers [POSTGRESQL-SETTING…]
start_servers() {
    start_postgresql "$@"
    start_redis
    start_rabbitmq
}

stop_servers() {
    stop_rabbitmq
    stop_redis
    stop_postgresql
}
