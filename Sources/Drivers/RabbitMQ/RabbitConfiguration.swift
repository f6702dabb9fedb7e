import Blocking

/// Where RabbitMQ is, as whom to log in, and how long to wait for what.
///
/// `amqp://user:password@host:port/vhost?heartbeat=30`, or `amqps://` with `cacert=`, `certfile=`,
/// `keyfile=` (paths) and `verify=verify_none`. A percent sign escapes; an empty vhost is `/`.
package struct RabbitConfiguration: Sendable, CustomStringConvertible {
    /// TLS, if the scheme is `amqps`.
    package struct TLS: Sendable {
        /// Certificates of the authorities that are believed; librabbitmq knows no default.
        package var authorities = "/etc/ssl/certs/ca-certificates.crt"
        /// Our own certificate and its key, where the server wants to see one.
        package var certificate: String?
        package var key: String?
        /// Whether the server must prove that it is the host of the URL.
        package var verifies = true
    }

    package let host: String
    package let port: Int
    package let user: String
    let password: String
    package let virtualHost: String
    package var tls: TLS?
    /// Shown in RabbitMQ's management and logs.
    package var connectionName = "volley"
    /// How often both sides show that they live; two missed ones end the connection.
    package var heartbeat: Duration = .seconds(30)
    /// Limit for connecting the socket.
    package var connectTimeout: Duration = .seconds(2)
    /// Limit for logging in.
    package var loginTimeout: Duration = .seconds(3)
    /// Limit for a call with an answer, such as a declaration.
    package var callTimeout: Duration = .seconds(15)
    /// How long the server may take to read nothing at all of what is written to it.
    package var stallTimeout: Duration = .seconds(5)
    /// How long a message waits for a connection before it counts as not sent.
    package var publishWait: Duration = .seconds(2)
    /// How long the server may take to confirm a message before the connection counts as dead.
    package var confirmTimeout: Duration = .seconds(30)
    /// How many messages may be unconfirmed at once on a connection.
    package var maximumUnconfirmed = 8192
    /// How many messages may wait to be written; further ones are not sent at once.
    package var maximumWaiting = 200_000
    /// How long closing waits for confirms.
    package var closeGrace: Duration = .seconds(5)

    /// - Throws: ``RabbitError/invalidURL(_:)``.
    package init(url text: String) throws(RabbitError) {
        let url: ServerURL
        do { url = try ServerURL(text) } catch { throw .invalidURL(error.reason) }
        switch url.scheme {
        case "amqp": tls = nil
        case "amqps": tls = TLS()
        default: throw .invalidURL("the scheme is neither amqp nor amqps")
        }
        host = url.host
        port = url.port ?? (tls == nil ? 5672 : 5671)
        user = url.user ?? "guest"
        password = url.password ?? "guest"
        virtualHost = url.path.flatMap { $0.isEmpty ? nil : $0 } ?? "/"
        for (name, value) in url.query { try set(name, to: value) }
        guard (tls?.certificate == nil) == (tls?.key == nil) else {
            throw .invalidURL("certfile and keyfile go together")
        }
    }

    package var description: String {
        "\(tls == nil ? "amqp" : "amqps")://\(user)@\(host):\(port)/\(virtualHost)"
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "_") || byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z")
    }

    private mutating func set(_ name: String, to value: String) throws(RabbitError) {
        switch name {
        case "heartbeat":
            guard let seconds = UInt16(value), seconds > 0 else {
                throw .invalidURL("heartbeat is not a number of seconds above 0")
            }
            heartbeat = .seconds(Int(seconds))
        case "cacert", "cacertfile": tls?.authorities = value
        case "certfile": tls?.certificate = value
        case "keyfile": tls?.key = value
        case "verify":
            guard value == "verify_peer" || value == "verify_none" else {
                throw .invalidURL("verify is neither verify_peer nor verify_none")
            }
            tls?.verifies = value == "verify_peer"
        default:
            // In a URL that was put together wrongly even a password may stand here.
            let isName = name.utf8.count <= 30 && name.utf8.allSatisfy(Self.isOfName)
            throw .invalidURL(isName ? "unknown setting \(name)" : "unknown setting")
        }
    }
}

extension RabbitConfiguration: CustomReflectable {
    /// Hides the password from dumps.
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
