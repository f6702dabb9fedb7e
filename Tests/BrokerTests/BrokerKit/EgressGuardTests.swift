import BrokerKit
import Desk
import DeskTesting
import HTTPClient
import HTTPServer
import Synchronization
import Testing
import Trading

/// Whether a way out is there, looked at seldom and by one at a time.
@Suite("Egress guard", .timeLimit(.minutes(2)))
struct EgressGuardTests {
    @Test("This machine's addresses are there, others are not, and no packet is needed to know")
    func addresses() async {
        let client = HTTPClient()
        let egress = EgressGuard(client: client)
        for own in ["127.0.0.1", "127.0.0.2", "127.8.9.10"] {
            #expect(await egress.obstacle(.address(own)) == nil, "\(own)")
        }
        // A documentation address, which no machine has.
        let obstacle = await egress.obstacle(.address("203.0.113.7"))
        #expect(obstacle?.contains("203.0.113.7") == true)
        await client.close()
    }

    @Test("A proxy is there that takes a connection, and its password is told to nobody")
    func proxies() async throws {
        let server = HTTPServer(HTTPServerConfiguration(port: 0), routes: [])
        try server.start()
        let port = server.port
        let client = HTTPClient()
        let place = EgressPlace.proxy("http://user:sesame@127.0.0.1:\(port)")
        #expect(await EgressGuard(client: client).obstacle(place) == nil)
        await server.stop(grace: .seconds(5))
        let obstacle = try #require(await EgressGuard(client: client).obstacle(place))
        #expect(obstacle.contains("127.0.0.1:\(port)") && !obstacle.contains("sesame"))
        await client.close()
    }

    @Test("What was found is believed for a while, a good thing longer than a bad one")
    func remembered() async {
        let start = ContinuousClock.now
        let passed = Mutex(Duration.zero)
        let looks = Mutex(0)
        let answer = Mutex<String?>("gone")
        let egress = EgressGuard(
            good: .seconds(60),
            bad: .seconds(5),
            now: { start + passed.withLock(\.self) }
        ) { _ in
            looks.withLock { $0 += 1 }
            return answer.withLock { $0 }
        }
        let place = EgressPlace.address("127.0.0.2")
        for _ in 0..<3 { #expect(await egress.obstacle(place) == "gone") }
        #expect(looks.withLock { $0 } == 1)
        passed.withLock { $0 += .seconds(6) }
        answer.withLock { $0 = nil }
        #expect(await egress.obstacle(place) == nil)
        passed.withLock { $0 += .seconds(59) }
        #expect(await egress.obstacle(place) == nil)
        #expect(looks.withLock { $0 } == 2)
        passed.withLock { $0 += .seconds(2) }
        answer.withLock { $0 = "gone again" }
        #expect(await egress.obstacle(place) == "gone again")
        #expect(looks.withLock { $0 } == 3)
    }

    @Test("Of many who ask at once one looks, and all hear what it found")
    func oneLooks() async {
        let looks = Mutex(0)
        let latch = Latch()
        let egress = EgressGuard { _ in
            looks.withLock { $0 += 1 }
            await latch.pass()
            return "gone"
        }
        await withTaskGroup(of: String?.self) { group in
            for _ in 0..<200 { group.addTask { await egress.obstacle(.address("127.0.0.2")) } }
            latch.open()
            for await answer in group { #expect(answer == "gone") }
        }
        #expect(looks.withLock { $0 } == 1)
    }
}
