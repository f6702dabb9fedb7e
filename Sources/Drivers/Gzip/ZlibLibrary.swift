import CZlib

/// The library that this driver is linked with.
package enum ZlibLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        String(cString: zlibVersion())
    }
}
