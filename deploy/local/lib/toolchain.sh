# The Swift toolchain: found, never installed behind anybody's back.
# shellcheck shell=bash

readonly SWIFT_NEEDED=6.3

# Puts a toolchain that is new enough in PATH, or ends the script saying how to get one.
find_swift() {
    local folder version found=
    for folder in "" "$HOME/.local/share/swiftly/bin" /opt/swift/usr/bin /usr/local/swift/usr/bin; do
        version=$(swift_version "${folder:+$folder/}swift") || continue
        if [ "$(printf '%s\n' "$SWIFT_NEEDED" "$version" | sort -V | head -n 1)" = "$SWIFT_NEEDED" ]; then
            [ -z "$folder" ] || PATH=$folder:$PATH
            say "Swift $version: $(command -v swift)"
            return
        fi
        found=" (found: $version)"
    done
    cat >&2 <<END

Volley is built with Swift $SWIFT_NEEDED or newer, which is not installed$found.

  To get it for yourself alone (https://www.swift.org/install/linux/):

      curl -O https://download.swift.org/swiftly/linux/swiftly-$(uname -m).tar.gz
      tar -xzf swiftly-$(uname -m).tar.gz
      ./swiftly init
      . ~/.local/share/swiftly/env.sh

  Or, with Docker alone and no toolchain on this machine:

      docker-compose up --build

END
    exit 1
}

swift_version() {
    local line
    line=$("$1" --version 2>/dev/null) || return 1
    [[ $line =~ Swift\ version\ ([0-9.]+) ]] && echo "${BASH_REMATCH[1]}"
}
