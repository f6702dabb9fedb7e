# A private RabbitMQ: own node, own cookie, own port mapper, everything on loopback.
# shellcheck shell=bash

# The server itself: the script of that name in PATH is Debian's, which switches to its own user.
rabbitmq_program() {
    local program=/usr/lib/rabbitmq/bin/rabbitmq-server
    [ -x "$program" ] || program=$(command -v rabbitmq-server) || fail "RabbitMQ is not installed."
    echo "$program"
}

start_rabbitmq() {
    local folder=$DATA/rabbitmq
    is_running rabbitmq && { say "RabbitMQ is running."; return; }
    if ! is_running epmd; then
        start_process epmd epmd -address 127.0.0.1 -port "$(port_of epmd)"
    fi
    mkdir -p "$folder/conf.d"
    chmod 700 "$folder"
    write_rabbitmq_settings "$folder"
    local loopback='-kernel inet_dist_use_interface {127,0,0,1}'
    # A machine with few cores has better work for them than Erlang's busy waiting.
    local idle='+sbwt none +sbwtdcpu none +sbwtdio none'
    local environment=(
        HOME="$folder"
        ERL_EPMD_ADDRESS=127.0.0.1 ERL_EPMD_PORT="$(port_of epmd)"
        RABBITMQ_NODENAME=volley@localhost
        RABBITMQ_DIST_PORT="$(port_of rabbitmq-peers)"
        RABBITMQ_CONF_ENV_FILE=/dev/null
        RABBITMQ_CONFIG_FILE="$CHECKOUT/deploy/rabbitmq.conf"
        RABBITMQ_CONFIG_FILES="$folder/conf.d"
        RABBITMQ_ADVANCED_CONFIG_FILE="$folder/none.config"
        RABBITMQ_ENABLED_PLUGINS_FILE="$folder/plugins"
        RABBITMQ_MNESIA_BASE="$folder/data" RABBITMQ_LOG_BASE="$folder/log"
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="$loopback $idle"
        # With this the script becomes the server, so that the pid is the server's own.
        RUNNING_UNDER_SYSTEMD=true
    )
    # In its own folder, where it leaves what it writes when it is killed at a bad moment.
    start_process rabbitmq env -C "$folder" "${environment[@]}" "$(rabbitmq_program)"
    await_process rabbitmq 120 rabbitmq_answers
    say "RabbitMQ listens on 127.0.0.1:$(port_of rabbitmq)."
}

write_rabbitmq_settings() {
    echo '[].' >"$1/plugins"
    (
        umask 077
        cat >"$1/conf.d/10-local.conf" <<END
listeners.tcp.1 = 127.0.0.1:$(port_of rabbitmq)
default_user = volley
default_pass = $RABBITMQ_PASSWORD
default_vhost = volley
log.console = true
log.console.level = warning
log.file = false
END
    )
}

# It answers an AMQP greeting only once it has finished starting.
rabbitmq_answers() {
    local first
    (
        exec 3<>"/dev/tcp/127.0.0.1/$(port_of rabbitmq)" || exit 1
        printf 'AMQP\0\0\11\1' >&3
        # Connection.Start comes in a method frame, whose first byte is 1.
        first=$(head -c 1 <&3 | od -An -tu1)
        [ "${first// /}" = 1 ]
    ) 2>/dev/null
}

rabbitmq_url() { echo "amqp://volley:$RABBITMQ_PASSWORD@127.0.0.1:$(port_of rabbitmq)/volley"; }

stop_rabbitmq() {
    stop_process rabbitmq TERM 60
    stop_process epmd
}
