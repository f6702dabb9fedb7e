import Gzip
import HTTPClient
import HTTPServer
import Postgres
import RabbitMQ
import Redis
import Secrets
import WebSocket

/// The C libraries that this program runs with, as the dynamic linker found them.
package enum LinkedLibraries {
    /// Names and versions, in the order of the names.
    package static var all: [(name: String, version: String)] {
        [
            ("hiredis", RedisLibrary.version), ("libcurl", CurlLibrary.version),
            ("libmicrohttpd", MicroHTTPDLibrary.version), ("libpq", PostgresLibrary.version),
            ("librabbitmq", RabbitLibrary.version), ("libsodium", SodiumLibrary.version),
            ("libwebsockets", WebSocketsLibrary.version), ("zlib", ZlibLibrary.version),
        ]
    }
}
