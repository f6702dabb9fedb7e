import Glibc
import HTTPClient
import Testing

/// Runs a program to its end, or leaves it running.
private struct Child {
    let process: pid_t

    init?(_ arguments: [String]) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for descriptor in 0...2 as ClosedRange<CInt> {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
        }
        var copies = arguments.map { strdup($0) } + [nil]
        defer { for copy in copies { free(copy) } }
        var process = pid_t()
        guard posix_spawnp(&process, arguments[0], &actions, nil, &copies, environ) == 0 else {
            return nil
        }
        self.process = process
    }

    func hasSucceeded() -> Bool {
        var status: CInt = 0
        return waitpid(process, &status, 0) == process && status == 0
    }

    func stop() {
        kill(process, SIGKILL)
        _ = hasSucceeded()
    }
}

/// A TLS server of OpenSSL's on a loopback port, with a certificate of its own making.
private struct TLSServer {
    let folder: String
    let port: Int
    let child: Child
    var certificate: String { folder + "/certificate.pem" }

    init() throws {
        var template = Array("/tmp/volley-tls-XXXXXX".utf8CString)
        let made = try #require(mkdtemp(&template))
        folder = String(cString: made)
        let made2 = Child([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
            "subjectAltName=DNS:localhost", "-keyout", folder + "/key.pem", "-out",
            folder + "/certificate.pem",
        ])
        try #require(made2?.hasSucceeded() == true, "openssl made no certificate")
        // A port that was free a moment ago; nothing is asked of it before it answers.
        let finder = RawServer { _ in }
        port = finder.port
        finder.stop()
        child = try #require(
            Child([
                "openssl", "s_server", "-quiet", "-www", "-accept", "127.0.0.1:\(port)", "-key",
                folder + "/key.pem", "-cert", folder + "/certificate.pem",
            ])
        )
    }

    func stop() {
        child.stop()
        for name in ["/key.pem", "/certificate.pem", ""] { remove(folder + name) }
    }
}

@Suite("HTTP client: TLS", .timeLimit(.minutes(20)))
struct HTTPClientTLSTests {
    private func outcome(
        _ configuration: HTTPClientConfiguration,
        _ url: String
    ) async -> Result<HTTPResponse, HTTPFailure> {
        let client = HTTPClient(configuration)
        let result: Result<HTTPResponse, HTTPFailure>
        do { result = .success(try await client.send(HTTPRequest(method: "GET", url: url))) } catch
        {
            result = .failure(error)
        }
        await client.close()
        return result
    }

    @Test("Only a server that proves its name by a trusted certificate gets the request")
    func trust() async throws {
        let server = try TLSServer()
        defer { server.stop() }
        let url = "https://localhost:\(server.port)/"
        let trusting = HTTPClientConfiguration(caFile: server.certificate)
        // The server needs a moment to start; until then it refuses, which is "not sent".
        var first = await outcome(trusting, url)
        for _ in 0..<600 {
            guard case .failure(.notSent) = first else { break }
            try await Task.sleep(for: .milliseconds(50))
            first = await outcome(trusting, url)
        }
        guard case .success(let response) = first else {
            Issue.record("no answer over TLS: \(first)")
            return
        }
        #expect(response.status == 200)
        #expect(String(decoding: response.body, as: UTF8.self).contains("TLSv1.3"))
        let distrusted = await outcome(HTTPClientConfiguration(), url)
        let misnamed = await outcome(trusting, "https://127.0.0.1:\(server.port)/")
        for result in [distrusted, misnamed] {
            guard case .failure(.notSent) = result else {
                Issue.record("a server without proof was spoken to: \(result)")
                continue
            }
        }
        guard case .success = await outcome(HTTPClientConfiguration(verifyTLS: false), url) else {
            Issue.record("the sandbox's setting still asks for proof")
            return
        }
    }
}
