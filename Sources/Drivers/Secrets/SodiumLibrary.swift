import CSodium

/// The library that this driver is linked with.
package enum SodiumLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        String(cString: sodium_version_string())
    }
}
