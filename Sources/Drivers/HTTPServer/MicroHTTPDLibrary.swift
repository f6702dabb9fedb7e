import CMicroHTTPD

/// The library that this driver is linked with.
package enum MicroHTTPDLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        String(cString: MHD_get_version())
    }
}
