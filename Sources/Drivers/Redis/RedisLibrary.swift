import CHiredis

/// The library that this driver is linked with.
package enum RedisLibrary {
    /// Its version, as it tells at run time: hiredis tells none, so that of its headers.
    package static var version: String {
        "\(HIREDIS_MAJOR).\(HIREDIS_MINOR).\(HIREDIS_PATCH)"
    }
}
