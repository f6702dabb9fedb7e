import Desk
import Testing
import Trading

/// What every broker's conditional orders must do, driven against the sandbox.
@Suite("Conditional orders: conformance", .timeLimit(.minutes(20)))
struct ConditionalConformanceTests {
    @Test(
        "One that is placed waits, and the list shows it as it was sent",
        arguments: ConditionalCase.all
    )
    func waits(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let answer = await floor.broker.place(attempt)
            let id = try #require(answer.brokerOrderID, "\(answer)")
            let order = LiveConditional(attempt: attempt, brokerID: id)
            let report = try await floor.broker.look(order)
            #expect(report.status == .waiting)
            #expect(report.content == attempt.terms.content(code: Sample.listing.code))
            let list = try await floor.broker.conditionalOrders(like: attempt)
            #expect(kind.search(attempt)(list, known: []) == .found(report))
            // What is known to be of another intent is not taken for this one.
            if !kind.declared.showsReferences {
                #expect(kind.search(attempt)(list, known: [id]) == .absent)
            }
        }
    }

    @Test("It fires once its price is reached, and not twice", arguments: ConditionalCase.all)
    func fires(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let before = try await floor.broker.orders(attempt.session).count
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = LiveConditional(attempt: attempt, brokerID: id)
            if kind.kind == .bracket {
                try await floor.price("RELIANCE", "2940.00")
                #expect(try await floor.broker.look(order).status == .entered)
                try await floor.price("RELIANCE", "3000.00")
            } else {
                try await floor.price("RELIANCE", "2900.00")
            }
            #expect(try await floor.broker.look(order).status == .triggered)
            // There and back again: what has fired is over, and so is its other leg.
            try await floor.price("RELIANCE", "3010.00")
            try await floor.price("RELIANCE", "2890.00")
            let sent = try await floor.broker.orders(attempt.session).count - before
            #expect(sent == (kind.kind == .bracket ? 2 : 1))
        }
    }

    @Test(
        "What came of it is found in the account's book, and nothing else",
        arguments: ConditionalCase.all
    )
    func isFound(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let before = Set(
                try await floor.broker.orders(attempt.session).map(\.brokerOrderID)
            )
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = LiveConditional(attempt: attempt, brokerID: id)
            func found(_ report: ConditionalReport) async throws -> [OrderReport] {
                let search = FiredSearch(
                    terms: attempt.terms,
                    code: Sample.listing.code,
                    reference: attempt.reference,
                    named: report.orders,
                    namesAll: kind.declared.namesOrders,
                    hasFired: report.status == .triggered,
                    since: attempt.startedAt,
                    firedAt: report.firedAt,
                    mayCarryReference: floor.broker.conditionalTraits.firedMayCarryReferences
                )
                let book = try await floor.broker.orders(attempt.session)
                let finding = search(book, booked: [], known: before, mark: "XYZ")
                guard case .found(let reports) = finding else {
                    Issue.record("\(finding)")
                    return []
                }
                return reports
            }
            if kind.kind == .bracket {
                try await floor.price("RELIANCE", "2940.00")
                let entries = try await found(try await floor.broker.look(order))
                #expect(entries.map(\.particulars?.side) == [.buy])
                try await floor.price("RELIANCE", "3000.00")
            } else {
                #expect(try await found(try await floor.broker.look(order)).isEmpty)
                try await floor.price("RELIANCE", "2900.00")
            }
            let orders = try await found(try await floor.broker.look(order))
            let all = Set(try await floor.broker.orders(attempt.session).map(\.brokerOrderID))
            #expect(Set(orders.map(\.brokerOrderID)) == all.subtracting(before))
            #expect(orders.count == (kind.kind == .bracket ? 2 : 1))
            #expect(orders.allSatisfy { $0.particulars?.code == Sample.listing.code })
        }
    }

    @Test(
        "Where the broker says when it fired, an order like it of a minute before is not taken",
        arguments: ConditionalCase.all.filter { $0.kind != .bracket && !$0.declared.namesOrders }
    )
    func isToldFromItsTwin(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let before = Set(
                try await floor.broker.orders(attempt.session).map(\.brokerOrderID)
            )
            // Somebody places by hand what will come of it, and a minute passes.
            let terms = Sample.terms(
                attempt.terms.side,
                price: attempt.terms.side == .buy ? "2900.00" : "3000.00",
                product: kind.product
            )
            // Only Groww asks everybody for a reference.
            let name = kind.broker == .groww ? "HAND0000101" : ""
            let hand = Sample.attempt(name, terms: terms, session: attempt.session)
            let twin = try #require(await floor.broker.place(hand).brokerOrderID)
            floor.clock.advance(seconds: 90)
            try await floor.price(
                "RELIANCE",
                attempt.terms.side == .buy ? "2900.00" : "3000.00"
            )
            let report = try await floor.broker.look(
                LiveConditional(attempt: attempt, brokerID: id)
            )
            #expect(report.status == .triggered)
            let search = FiredSearch(
                terms: attempt.terms,
                code: Sample.listing.code,
                reference: attempt.reference,
                named: report.orders,
                namesAll: false,
                hasFired: true,
                since: attempt.startedAt,
                firedAt: report.firedAt,
                mayCarryReference: floor.broker.conditionalTraits.firedMayCarryReferences
            )
            let book = try await floor.broker.orders(attempt.session)
            let finding = search(book, booked: [], known: before, mark: "XYZ", scope: .part)
            guard report.firedAt != nil else {
                #expect(finding == .ambiguous(2))
                return
            }
            guard case .found(let orders) = finding else {
                Issue.record("\(finding)")
                return
            }
            #expect(orders.count == 1 && orders.first?.brokerOrderID != twin)
        }
    }

    @Test("Quantity and prices can be changed while it waits", arguments: ConditionalCase.all)
    func changes(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = LiveConditional(attempt: attempt, brokerID: id)
            let changed = kind.terms(quantity: 4, moved: true)
            try await floor.broker.modify(order, to: changed)
            // Said twice it is the same.
            try await floor.broker.modify(order, to: changed)
            let report = try await floor.broker.look(order)
            #expect(report.content == changed.content(code: Sample.listing.code))
            #expect(report.status == .waiting)
        }
    }

    @Test("A cancelled one fires no more", arguments: ConditionalCase.all)
    func cancels(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let before = try await floor.broker.orders(attempt.session)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = LiveConditional(attempt: attempt, brokerID: id)
            try await floor.broker.cancel(order)
            #expect(try await floor.broker.look(order).status == .cancelled)
            try await floor.price("RELIANCE", "3010.00")
            try await floor.price("RELIANCE", "2890.00")
            let after = try await floor.broker.orders(attempt.session)
            #expect(after.filter { $0.status == .filled }.count == before.count)
        }
    }

    @Test("Exits of a bracket can be cancelled after its entry", arguments: ConditionalCase.all)
    func cancelsExits(_ kind: ConditionalCase) async throws {
        guard kind.kind == .bracket else { return }
        try await kind.visit { floor in
            let attempt = kind.attempt(floor)
            let id = try #require(await floor.broker.place(attempt).brokerOrderID)
            let order = LiveConditional(attempt: attempt, brokerID: id)
            try await floor.price("RELIANCE", "2940.00")
            #expect(try await floor.broker.look(order).status == .entered)
            try await floor.broker.cancel(order)
            #expect(try await floor.broker.look(order).status == .cancelled)
            try await floor.price("RELIANCE", "3010.00")
            #expect(try await floor.broker.orders(attempt.session).count == 1)
        }
    }

    @Test("Past its deadline nothing is sent", arguments: ConditionalCase.all)
    func deadline(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor async throws in
            let attempt = kind.attempt(floor)
            let answer = await floor.broker.place(attempt, sendBefore: .now - .seconds(1))
            #expect(answer.isNotSent)
            #expect(try await floor.broker.conditionalOrders(like: attempt).isEmpty)
        }
    }

    @Test(
        "A session that has ended is a refusal, or nothing was sent",
        arguments: ConditionalCase.all
    )
    func sessionEnded(_ kind: ConditionalCase) async throws {
        try await kind.visit { floor in
            let answer = await floor.broker.place(kind.attempt(floor, token: "WRONG"))
            switch answer {
            case .refused(let reason, _): #expect(reason == .sessionExpired)
            // A read that must come before the send has said so already.
            case .notSent: break
            case .accepted, .unanswered, .withheld, .claimed: Issue.record("\(answer)")
            }
        }
    }
}
