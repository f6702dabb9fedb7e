import CCurl

/// The library that this driver is linked with.
package enum CurlLibrary {
    /// Its version, as it tells at run time, and those of what it stands on.
    package static var version: String {
        String(cString: curl_version())
    }
}
