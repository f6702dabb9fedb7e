import Desk
import Trading

@testable import Dhan
@testable import Groww
@testable import Upstox
@testable import Zerodha

// Whole lists, as tests look at them.

extension InstrumentMaster {
    func listings() async throws(BrokerFailure) -> [InstrumentListing] { try await list().all() }
}

extension DhanInstruments {
    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        try list(bytes).all()
    }
}

extension GrowwInstruments {
    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        try list(bytes).all()
    }
}

extension UpstoxInstruments {
    static func parse(_ bytes: [UInt8]) throws(BrokerFailure) -> [InstrumentListing] {
        try list(bytes).all()
    }
}

extension ZerodhaInstruments {
    static func parse(_ bytes: [UInt8], _ exchange: ExchangeName) throws(BrokerFailure)
        -> [InstrumentListing]
    {
        try list(bytes, exchange).all()
    }
}
