import CPostgres

/// The library that this driver is linked with.
package enum PostgresLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        // 150018 is 15.18.
        let number = PQlibVersion()
        return "\(number / 10_000).\(number % 10_000)"
    }
}
