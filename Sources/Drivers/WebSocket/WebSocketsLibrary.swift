import CWebSockets

/// The library that this driver is linked with.
package enum WebSocketsLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        String(cString: cws_version())
    }
}
