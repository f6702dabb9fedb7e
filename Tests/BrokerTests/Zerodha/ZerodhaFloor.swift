import BrokerKit
import Desk
import HTTPClient
import Trading
import Zerodha

/// A floor with Zerodha's adapter.
typealias ZerodhaFloor = BrokerFloor<ZerodhaBroker>

extension ZerodhaFloor {
    /// A key and a token, as the Authorization header joins them.
    static var pair: String { "testkey:TESTTOKEN" }

    static var reliance: BrokerInstrument {
        BrokerInstrument(instrument: Sample.instrument.id, segment: "NSE", code: "RELIANCE")
    }

    static func session(token: String = "testkey:TESTTOKEN") -> BrokerSession {
        Sample.session(token: token, instrument: reliance)
    }

    static func attempt(
        _ reference: String = "VTST0000000000000101",
        terms: OrderTerms = Sample.terms(),
        quantity: Int64 = 5
    ) -> Attempt {
        Sample.attempt(reference, terms: terms, quantity: quantity, session: session())
    }

    static func visit(
        account: String =
            #"{"face":"zerodha","client_id":"1000000001","token":"testkey:TESTTOKEN"}"#,
        limits: Bool = false,
        _ body: (ZerodhaFloor) async throws -> Void
    ) async throws {
        try await visit(
            account: account,
            limits: limits,
            make: { root, http in
                let calls = BrokerCalls(base: root + "/kite", client: http, timeout: .seconds(60))
                return ZerodhaBroker(calls: calls, clock: HandClock())
            },
            body
        )
    }
}
