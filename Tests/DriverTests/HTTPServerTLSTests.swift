import HTTPServer
import Testing

@Suite(
    "HTTP server: TLS, seen by curl",
    .timeLimit(.minutes(20)),
    .enabled(
        if: Command.exists("/usr/bin/openssl") && Command.exists("/usr/bin/curl"),
        "needs /usr/bin/openssl and /usr/bin/curl"
    )
)
struct HTTPServerTLSTests {
    @Test("A server with a certificate answers over TLS, and to nothing else")
    func tls() async throws {
        let certificate = try #require(await TestCertificate.make())
        let routes = [
            HTTPRoute("POST", "/echo") { request in
                HTTPServerResponse(status: 200, body: .bytes(request.body))
            },
            HTTPRoute("GET", "/stream") { _ in
                HTTPServerResponse(
                    status: 200,
                    body: .stream { writer in
                        for count in 0..<3 {
                            try await writer.write(Array("piece \(count)\n".utf8))
                            await Task.yield()
                        }
                    }
                )
            },
        ]
        try await serving(
            routes,
            configure: { $0.tls = .init(certificate: certificate.pem, key: certificate.key) }
        ) { server in
            let curl = ["/usr/bin/curl", "-s", "--cacert", certificate.path, "--max-time", "60"]
            let base = "https://localhost:\(server.port)"
            let echoed = await Command().run(curl + ["-d", "hello", base + "/echo"])
            #expect(echoed?.output == "hello")
            let streamed = await Command().run(curl + [base + "/stream"])
            #expect(streamed?.output == "piece 0\npiece 1\npiece 2\n")
            let plain = await Command().run(curl + ["http://localhost:\(server.port)/echo"])
            #expect(plain?.status != 0)
            #expect(plain?.output == "")
        }
        await certificate.remove()
    }
}

/// A self-signed certificate for `localhost`, in a folder of its own.
struct TestCertificate {
    let folder: String
    let pem: String
    let key: String
    var path: String { folder + "/certificate.pem" }

    static func make() async -> TestCertificate? {
        let command = Command()
        let made = await command.run(["/bin/mktemp", "-d"])
        guard let folder = made?.output.split(separator: "\n").first.map(String.init) else {
            return nil
        }
        let request = await command.run([
            "/usr/bin/openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-days", "30", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", folder + "/key.pem",
            "-out", folder + "/certificate.pem",
        ])
        guard request?.status == 0,
            let pem = await command.run(["/bin/cat", folder + "/certificate.pem"])?.output,
            let key = await command.run(["/bin/cat", folder + "/key.pem"])?.output
        else { return nil }
        return TestCertificate(folder: folder, pem: pem, key: key)
    }

    func remove() async {
        _ = await Command().run(["/bin/rm", "-r", folder])
    }
}
