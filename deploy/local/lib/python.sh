# Python environments with packages from PyPI, for what compares Volley with other people's code.
# shellcheck shell=bash

# python_environment FOLDER PACKAGE...: fails where Python's venv or PyPI cannot be had.
python_environment() {
    local folder=$1
    shift
    if ! python3 -m venv "$folder"; then
        # Debian keeps this part of Python in a package of its own.
        rm -rf "$folder"
        [ "$(id -u)" -eq 0 ] && timeout 120 apt-get install -y --no-install-recommends python3-venv &&
            python3 -m venv "$folder" || return 1
    fi
    timeout 400 "$folder/bin/pip" install --quiet --disable-pip-version-check --retries 1 --timeout 30 "$@"
}
