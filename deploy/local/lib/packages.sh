# What Debian and Ubuntu must provide: the one list of it.
# shellcheck shell=bash

# Each package, and what shows that it is there. A look at files rather than at dpkg's list takes
# any other package that brings the same.
declare -Ar PACKAGES=(
    [g++]='program g++' [binutils]='program ld' [libc6-dev]='header stdio.h'
    [git]='program git' [curl]='program curl'
    [libpq-dev]='header postgresql/libpq-fe.h'
    [librabbitmq-dev]='header amqp.h'
    [libhiredis-dev]='header hiredis/hiredis.h'
    [libcurl4-openssl-dev]='header curl/curl.h'
    [libmicrohttpd-dev]='header microhttpd.h'
    [libwebsockets-dev]='header libwebsockets.h'
    [libsodium-dev]='header sodium.h'
    [zlib1g-dev]='header zlib.h'
    [libprotobuf-c-dev]='header protobuf-c/protobuf-c.h'
    [postgresql]='file /usr/lib/postgresql/*/bin/postgres'
    [rabbitmq-server]='file /usr/lib/rabbitmq/bin/rabbitmq-server'
    [redis-server]='program redis-server'
)

is_there() {
    case $1 in
        program) command -v "$2" >/dev/null ;;
        header)
            compgen -G "/usr/include/$2" >/dev/null ||
                compgen -G "/usr/include/*-linux-gnu/$2" >/dev/null
            ;;
        file) compgen -G "$2" >/dev/null ;;
    esac
}

missing_packages() {
    local package evidence
    for package in "${!PACKAGES[@]}"; do
        read -ra evidence <<<"${PACKAGES[$package]}"
        is_there "${evidence[@]}" || echo "$package"
    done | sort
}

install_packages() {
    local missing sudo=()
    mapfile -t missing < <(missing_packages)
    if ((${#missing[@]} == 0)); then
        say "All libraries and servers are installed."
        return
    fi
    command -v apt-get >/dev/null || fail "these are missing, and there is no apt to install them" \
        "with: ${missing[*]}. Docker needs none of them: docker-compose up --build"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || fail "these packages are missing: ${missing[*]}. Install" \
            "them as root, or use Docker, which needs none of them: docker-compose up --build"
        sudo=(sudo)
    fi
    say "Installing with apt: ${missing[*]}"
    say "(Where the system starts PostgreSQL, RabbitMQ or Redis as services, Volley does not use them.)"
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive
        apt-get -q -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=300)
    "${apt[@]}" update || fail "apt-get update failed; see above."
    "${apt[@]}" install -y --no-install-recommends "${missing[@]}" || fail "apt-get failed; see above."
    mapfile -t missing < <(missing_packages)
    ((${#missing[@]} == 0)) || fail "apt-get left these out: ${missing[*]}."
}
