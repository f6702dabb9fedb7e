# The settings of the running stack, as export lines.
# shellcheck shell=bash

write_environment() {
    local api sandbox broker
    api=http://127.0.0.1:$(port_of api)
    sandbox=http://127.0.0.1:$(port_of sandbox)
    (
        umask 077
        {
            setting VOLLEY_DATABASE_URL "$(postgresql_url volley)"
            setting VOLLEY_AMQP_URL "$(rabbitmq_url)"
            setting VOLLEY_REDIS_URL "$(redis_url)"
            setting VOLLEY_LISTEN "127.0.0.1:$(port_of api)"
            setting VOLLEY_SECRET_KEY_FILE "$DATA/secret.key"
            setting VOLLEY_MIGRATIONS "$CHECKOUT/migrations"
            setting VOLLEY_DHAN_URL "$sandbox/dhan/v2"
            setting VOLLEY_DHAN_STREAM_URL "ws://127.0.0.1:$(port_of sandbox-stream)"
            setting VOLLEY_ZERODHA_URL "$sandbox/kite"
            setting VOLLEY_ZERODHA_STREAM_URL "ws://127.0.0.1:$(port_of sandbox-stream)/kite"
            setting VOLLEY_UPSTOX_URL "$sandbox/upstox"
            setting VOLLEY_UPSTOX_STREAM_URL "ws://127.0.0.1:$(port_of sandbox)/upstox"
            setting VOLLEY_DHAN_FEED_URL "ws://127.0.0.1:$(port_of sandbox-stream)"
            setting VOLLEY_ZERODHA_FEED_URL "ws://127.0.0.1:$(port_of sandbox-stream)/kite"
            setting VOLLEY_UPSTOX_FEED_URL "ws://127.0.0.1:$(port_of sandbox)/upstox"
            setting VOLLEY_GROWW_URL "$sandbox/groww/v1"
            setting VOLLEY_GROWW_STREAM_URL "ws://127.0.0.1:$(port_of sandbox-stream)/groww"
            setting VOLLEY_GROWW_FEED_URL "ws://127.0.0.1:$(port_of sandbox-stream)/groww"
            # What the simulated brokers know us by; any name will do there, but for Zerodha's secret.
            setting VOLLEY_PUBLIC_URL "$api"
            for broker in DHAN ZERODHA UPSTOX; do
                setting "VOLLEY_${broker}_APP_KEY" demo
                setting "VOLLEY_${broker}_APP_SECRET" secret
            done
            setting VOLLEY_POSTBACK_URL "$api/postbacks"
            setting VOLLEY_MARKET_HOURS "${VOLLEY_MARKET_HOURS:-always}"
            setting VOLLEY_LOG_LEVEL "${VOLLEY_LOG_LEVEL:-info}"
            setting VOLLEY_API_URL "$api"
            setting VOLLEY_SANDBOX_URL "$sandbox"
            setting VOLLEY_ADMIN_EMAIL admin@volley.example
            setting VOLLEY_ADMIN_PASSWORD "$ADMIN_PASSWORD"
            setting VOLLEY_TRADER_EMAIL trader@volley.example
            setting VOLLEY_TRADER_PASSWORD "$TRADER_PASSWORD"
            # shellcheck disable=SC2016
            printf 'export PATH=%q:"$PATH"\n' "$PROGRAMS"
        } >"$DATA/env.new"
        mv "$DATA/env.new" "$DATA/env"
    )
    # shellcheck disable=SC1091
    . "$DATA/env"
}

setting() { printf 'export %s=%q\n' "$1" "$2"; }
