import BrokerFaces
import JSON
import Testing

/// Dhan's limits, counted in calendar windows on the sandbox's clock.
@Suite struct RateLimitTests {
    @Test func `eleven order calls in one second are one too many, and reads are not counted`()
        async throws
    {
        try await limited { guest, clock in
            for _ in 0..<10 {
                let taken = try await guest.place()
                #expect(taken.status == 200)
            }
            let answer = try await guest.place()
            #expect(answer.status == 429 && answer.code == "DH-904")
            #expect(try await guest.dhan("DELETE", "/orders/1").status == 429)
            #expect(try await guest.dhan("GET", "/orders").status == 200)
            clock.advance(seconds: 1)
            #expect(try await guest.place().status == 200)
            #expect(try await guest.booked() == 11)
        }
    }

    @Test func `the window is the calendar's: ten at its end and ten at the next one's begin`()
        async throws
    {
        let clock = HandClock(1_795_149_000_999_999)
        try await limited(clock) { guest, clock in
            for _ in 0..<2 {
                for _ in 0..<10 {
                    let taken = try await guest.place()
                    #expect(taken.status == 200)
                }
                let refused = try await guest.place()
                #expect(refused.status == 429)
                clock.advance(seconds: 1)
            }
        }
    }

    @Test func `250 in a minute and 1,000 in an hour are the most`() async throws {
        try await limited { guest, clock in
            var taken: [Int] = []
            for _ in 0..<5 { taken.append(try await placedInAMinute(guest, clock)) }
            #expect(taken == [250, 250, 250, 250, 0])
            clock.advance(seconds: 3_600)
            let later = try await guest.place()
            #expect(later.status == 200)
        }
    }

    @Test func `each account has windows of its own`() async throws {
        let accounts = """
            {"accounts":[{"client_id":"1000000001","token":"TESTTOKEN"},
            {"client_id":"1000000002","token":"OTHER"}]}
            """
        try await limited(account: accounts) { guest, _ in
            for _ in 0..<10 { _ = try await guest.place() }
            #expect(try await guest.place().status == 429)
            let other = try await guest.send(
                "POST",
                "/dhan/v2/orders",
                headers: [(name: "access-token", value: "OTHER")],
                DhanBody(client: "1000000002").json
            )
            #expect(other.status == 200)
        }
    }

    @Test func `quotes may be asked for once a second`() async throws {
        try await limited { guest, clock in
            let body = #"{"NSE_EQ":[1333],"dhanClientId":"1000000001"}"#
            let first = try await guest.dhan("POST", "/marketfeed/ltp", body)
            let second = try await guest.dhan("POST", "/marketfeed/quote", body)
            clock.advance(seconds: 1)
            let third = try await guest.dhan("POST", "/marketfeed/quote", body)
            #expect([first, second, third].map(\.status) == [200, 429, 200])
        }
    }

    /// Places ten a second for a minute of the hand's clock; gives how many were taken.
    private func placedInAMinute(_ guest: SandboxGuest, _ clock: HandClock) async throws -> Int {
        var taken = 0
        for _ in 0..<60 {
            for _ in 0..<5 where try await guest.place().status == 200 { taken += 1 }
            clock.advance(seconds: 1)
        }
        return taken
    }

    private func limited(
        _ clock: HandClock = HandClock(),
        account: String = #"{"client_id":"1000000001","token":"TESTTOKEN"}"#,
        _ body: (SandboxGuest, HandClock) async throws -> Void
    ) async throws {
        var configuration = SandboxConfiguration.ephemeral
        configuration.clock = { clock.now }
        try await SandboxGuest.visit(configuration, account: account) { guest in
            try await body(guest, clock)
        }
    }
}
