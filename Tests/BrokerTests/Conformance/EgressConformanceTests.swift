import Desk
import JSON
import Testing
import Trading

/// Orders leave from the account's own address, and the broker takes them from no other.
@Suite("Egress conformance", .timeLimit(.minutes(20)))
struct EgressConformanceTests {
    private static let own = "127.0.0.2"
    private static let second = "127.0.0.3"
    private static let stranger = "127.0.0.4"

    @Test(
        "An order is taken from a registered address, and from no other",
        arguments: BrokerUnderTest.outside
    )
    func onlyFromThere(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.register(Self.own, Self.second)
            let sample = try await outside.claimed()
            var taken = 0
            for (number, egress) in [Self.own, Self.second, Self.stranger, nil].enumerated() {
                let attempt = sample.leaving(from: egress, as: "VTST\(200_000 + number)")
                let answer = await outside.broker.place(attempt)
                if egress == Self.own || egress == Self.second {
                    taken += 1
                    #expect(OutcomeClass(answer) == .accepted, "\(egress ?? "any"): \(answer)")
                } else {
                    // The broker's no is proof at each of the four: the money need not wait.
                    #expect(OutcomeClass(answer) == .refused, "\(egress ?? "any"): \(answer)")
                }
                #expect(try await outside.ledger().count == taken)
            }
        }
    }

    @Test("A cancel leaves from the account's address too", arguments: BrokerUnderTest.outside)
    func cancels(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.register(Self.own, Self.second)
            let sample = try await outside.claimed()
            let attempt = sample.leaving(from: Self.own, as: "VTST300000")
            let id = try #require(await outside.broker.place(attempt).brokerOrderID)
            let wrong = sample.leaving(from: Self.stranger, as: "VTST300000")
            await #expect(throws: BrokerFailure.self) {
                try await outside.broker.cancel(Sample.live(wrong, id))
            }
            #expect(try await outside.broker.look(Sample.live(attempt, id)).0.status == .open)
            try await outside.broker.cancel(Sample.live(attempt, id))
            #expect(try await outside.broker.look(Sample.live(attempt, id)).0.status == .cancelled)
        }
    }

    @Test(
        "From an address that this machine lacks nothing leaves at all",
        arguments: BrokerUnderTest.outside
    )
    func nothingLeaves(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            let sample = try await outside.claimed()
            let attempt = sample.leaving(from: "203.0.113.7", as: "VTST400000")
            let answer = await outside.broker.place(attempt)
            #expect(OutcomeClass(answer) == .notSent, "\(answer)")
            #expect(try await outside.placements() == 0)
        }
    }

    @Test(
        "What the broker has on its list is told, and changed there",
        arguments: [
            BrokerUnderTest.dhan, .upstox,
        ]
    )
    func list(_ kind: BrokerUnderTest) async throws {
        try await Outside.visit(kind) { outside in
            try await outside.register(Self.own, Self.second)
            let source = try #require(outside.broker.services.addresses)
            let session = outside.session().leaving(from: Self.own)
            let list = try await source.addresses(session)
            #expect(list.registered == [Self.own, Self.second])
            #expect(list.standing(of: session).standing == .registered)
            let elsewhere = session.leaving(from: Self.stranger)
            #expect(list.standing(of: elsewhere).standing == .notRegistered)
            let change = try await source.register(
                primary: Self.stranger,
                secondary: nil,
                session
            )
            #expect(change.list.registered == [Self.stranger, Self.second])
            // Upstox ends every session with it, Dhan none.
            #expect(change.endsSessions == (kind == .upstox))
            if kind == .upstox { try await outside.renewToken() }
            let order = try await outside.claimed().leaving(from: Self.stranger, as: "VTST500000")
            #expect(OutcomeClass(await outside.broker.place(order)) == .accepted)
            // Once in a week, says the broker.
            await #expect(throws: BrokerFailure.self) {
                _ = try await source.register(primary: Self.own, secondary: nil, session)
            }
        }
    }
}

extension Outside {
    /// Gives the account these addresses at the broker.
    fileprivate func register(_ first: String, _ second: String) async throws {
        try await ask(
            "POST",
            "/accounts",
            """
            {"client_id":"\(Self.client)","token":"\(Self.token)","allowed_ip":"\(first)",
            "second_ip":"\(second)","face":"\(broker.traits.name.rawValue)"}
            """
        )
    }

    /// The client has logged in anew: the broker's list stays as it is.
    fileprivate func renewToken() async throws {
        try await ask(
            "POST",
            "/accounts",
            """
            {"client_id":"\(Self.client)","token":"\(Self.token)","allowed_ip":"127.0.0.4",
            "second_ip":"127.0.0.3","face":"\(broker.traits.name.rawValue)"}
            """
        )
    }
}

extension BrokerSession {
    fileprivate func leaving(from egress: String?) -> BrokerSession {
        BrokerSession(
            account: account,
            brokerClientID: brokerClientID,
            token: token,
            egress: egress,
            instrument: instrument
        )
    }
}

extension Attempt {
    fileprivate func leaving(from egress: String?, as reference: String) -> Attempt {
        Attempt(
            job: job,
            number: number,
            reference: reference,
            fence: fence,
            terms: terms,
            quantity: quantity,
            sizingPrice: sizingPrice,
            session: session.leaving(from: egress),
            owner: owner
        )
    }
}
