import Testing
import WebSocket

@Suite(
    "WebSocket: TLS",
    .timeLimit(.minutes(20)),
    .enabled(if: Command.exists("/usr/bin/openssl"), "needs /usr/bin/openssl")
)
struct WebSocketTLSTests {
    @Test("A certificate must be vouched for, and be for the name that was asked for")
    func verification() async throws {
        let certificate = try #require(await TestCertificate.make())
        try await servingWebSockets(
            configure: {
                $0.host = "0.0.0.0"
                $0.tls = .init(certificate: certificate.pem, key: certificate.key)
            },
            handler: echo
        ) { server, _ in
            var trusting = WebSocketOptions()
            trusting.certificateAuthorities = certificate.path
            for host in ["localhost", "127.0.0.1"] {
                let connection = try await WebSocketClient.connect(
                    url: "wss://\(host):\(server.port)/",
                    options: trusting
                )
                let message = WebSocketMessage.binary([UInt8](repeating: 3, count: 300_000))
                try await connection.send(message)
                #expect(try await connection.receive() == message)
                await connection.close()
            }
            let vouched = "wss://localhost:\(server.port)/"
            try await expectTLSRefusal(vouched, WebSocketOptions())
            // The server listens there too, but the certificate is not for that name.
            let misnamed = "wss://127.0.0.2:\(server.port)/"
            try await expectTLSRefusal(misnamed, trusting)
        }
        await certificate.remove()
    }

    @Test("Servers that start and stop do not disturb the handshakes of others")
    func undisturbed() async throws {
        let certificate = try #require(await TestCertificate.make())
        try await servingWebSockets(
            configure: { $0.tls = .init(certificate: certificate.pem, key: certificate.key) },
            handler: echo
        ) { server, _ in
            var trusting = WebSocketOptions()
            trusting.certificateAuthorities = certificate.path
            let options = trusting
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for _ in 0..<100 {
                        let connection = try await WebSocketClient.connect(
                            url: "wss://127.0.0.1:\(server.port)/",
                            options: options
                        )
                        await connection.close()
                    }
                }
                group.addTask {
                    while !Task.isCancelled {
                        try await servingWebSockets(handler: echo) { _, _ in }
                    }
                }
                try await group.next()
                group.cancelAll()
            }
        }
        await certificate.remove()
    }

    private func expectTLSRefusal(_ url: String, _ options: WebSocketOptions) async throws {
        let error = await #expect(throws: WebSocketError.self) {
            _ = try await WebSocketClient.connect(url: url, options: options)
        }
        guard case .cannotConnect(let reason) = error else {
            Issue.record("unexpected: \(String(describing: error))")
            return
        }
        #expect(reason.contains("SSL"), "\(reason)")
    }
}
