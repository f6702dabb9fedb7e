import CRabbitMQ

/// The library that this driver is linked with.
package enum RabbitLibrary {
    /// Its version, as it tells at run time.
    package static var version: String {
        String(cString: amqp_version())
    }
}
