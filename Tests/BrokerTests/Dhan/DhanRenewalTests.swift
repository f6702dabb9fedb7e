import Desk
import Dhan
import HTTPClient
import HTTPServer
import Testing
import Trading

/// New tokens for old at Dhan: which are renewed, and what answers mean.
@Suite("Dhan: renewal of tokens", .timeLimit(.minutes(20)))
struct DhanRenewalTests {
    @Test("A web-made token is renewed again and again; each new one ends the one before")
    func renewed() async throws {
        try await LoginUnderTest.dhan.visit { floor in
            let service = try #require(floor.adapter.services.renewal)
            var token = "TESTTOKEN"
            for _ in 0..<2 {
                let old = Sample.session(token: token)
                let given = try await service.renew(old)
                #expect(given.owners == [Sample.client])
                let ends = try #require(given.ends)
                #expect(ends > floor.floor.clock.now())
                token = given.token.reveal()
                _ = try await floor.adapter.check(Sample.session(token: token))
                // An order that is on its way with the old token is refused, and nothing is booked.
                let late = await floor.adapter.place(
                    Sample.attempt(session: old),
                    sendBefore: .now.advanced(by: .seconds(60))
                )
                guard case .refused(.sessionExpired, _) = late else {
                    Issue.record("\(late)")
                    return
                }
                let failed = await failure { () async throws(BrokerFailure) in
                    try await service.renew(old)
                }
                #expect(failed?.isSessionEnded == true)
            }
        }
    }

    @Test("A token that is over is not renewed, nor one that a login has given")
    func refused() async throws {
        try await LoginUnderTest.dhan.visit { floor in
            let service = try #require(floor.adapter.services.renewal)
            let given = try await floor.login().session(from: floor.proof())
            let session = Sample.session(token: given.token.reveal())
            let failed = await failure { () async throws(BrokerFailure) in
                try await service.renew(session)
            }
            guard case .refused(let code, _) = failed else {
                Issue.record("\(String(describing: failed))")
                return
            }
            #expect(code == "DH-905")
            // It is good all the same.
            _ = try await floor.adapter.check(session)
            floor.floor.clock.advance(seconds: 86_401)
            let ended = await failure { () async throws(BrokerFailure) in
                try await service.renew(session)
            }
            #expect(ended?.isSessionEnded == true)
        }
    }

    @Test("Where the one verb is not known, the other one is tried; nothing else is tried twice")
    func verbs() async throws {
        let token = Canned(
            #"{"dhanClientId":"1000000001","token":"T2","expiryTime":"2026-11-24T10:00:00"}"#
        )
        try await CannedDhan.visit(["POST /RenewToken": token]) { broker, canned in
            let given = try await broker.renew(Sample.session())
            #expect(given.token == Secret("T2") && given.ends != nil)
            #expect(canned.requests.map(\.method) == ["POST"])
        }
        for answer in [
            Canned("", status: 502), .init("<html>"), .init("{}"),
            .init(#"{"errorCode":"DH-909","errorMessage":"backend"}"#, status: 500),
        ] {
            let answers = ["GET /RenewToken": answer, "POST /RenewToken": token]
            try await CannedDhan.visit(answers) { broker, canned in
                let failed = await failure { () async throws(BrokerFailure) in
                    try await broker.renew(Sample.session())
                }
                guard case .unreachable = failed else {
                    Issue.record("\(answer): \(String(describing: failed))")
                    return
                }
                #expect(canned.requests.map(\.method) == ["GET"])
            }
        }
        let no = Canned(#"{"status":"error","message":"not of the web"}"#)
        try await CannedDhan.visit(["GET /RenewToken": no]) { broker, _ in
            let failed = await failure { () async throws(BrokerFailure) in
                try await broker.renew(Sample.session())
            }
            #expect(failed == .refused(code: "error", words: "not of the web"))
        }
    }
}
