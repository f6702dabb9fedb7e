import Desk
import HTTPClient
import Testing
import Trading

@testable import Wiring

/// What `GET /api/v1/brokers` says that a broker does by itself, held against what is wired for it.
@Suite("What brokers are said to do")
struct BrokerClaimTests {
    /// Whether there is code for what a broker may do natively; left out is what every adapter must
    /// have, by the port, and what the brokers' own suite drives.
    private static func code(_ line: BrokerLine, _ place: BrokerPlace, _ client: HTTPClient)
        -> [BrokerCapability: Bool]
    {
        let door = BrokerDoor(
            place: place,
            timeout: .seconds(1),
            client: client,
            cancelClient: client
        )
        let adapter = line.adapter(door)
        let services = adapter.services
        let login = line.login?(LoginGate(place: place, client: client))
        let kinds = (adapter as? any ConditionalOrders)?.conditionalTraits.kinds ?? [:]
        return [
            .orderUpdates: line.hints != nil || line.stream != nil,
            .marketFeed: line.feed != nil,
            .gtt: kinds[.single] != nil,
            .oco: kinds[.oneCancelsOther] != nil,
            .bracket: kinds[.bracket] != nil,
            .profile: services.profile != nil,
            .margins: services.margins != nil,
            .charges: services.charges != nil,
            .ledger: services.ledger != nil,
            .tradeHistory: services.tradeHistory != nil,
            .saleAuthorization: services.sales != nil,
            .killSwitch: services.killSwitch != nil,
            .profitExit: services.profitExit != nil,
            .addresses: services.addresses != nil,
            .convertPosition: services.conversion != nil,
            .nativeExit: services.exit != nil,
            .profitReport: services.profitReport != nil,
            .loginRequest: login?.requests != nil,
            .ownApp: login?.ownApps != nil,
            .logOut: services.sessionEnd != nil,
            .sessionRenewal: services.renewal != nil,
            .payments: services.payments != nil,
            .auctions: services.auctions != nil,
            .depth: services.depth != nil,
        ]
    }

    /// Of the port itself, or done by Volley at every broker.
    private static let others: Set<BrokerCapability> = [
        .place, .modify, .cancel, .cancelAll, .exitAll, .lookUp, .slicing, .quotes, .holdings,
        .positions, .funds, .sessionCheck,
    ]

    @Test("No claim is without code, and no code without a claim", arguments: BrokerName.allCases)
    func claims(_ name: BrokerName) async throws {
        guard let line = BrokerLine.all.first(where: { $0.name == name }) else {
            #expect(name == .paper, "\(name.rawValue) is wired")
            return
        }
        let settings = try Settings(environment: Environment.good) { _ in "app" }
        let place = try #require(settings.brokers[name])
        let client = HTTPClient()
        let code = Self.code(line, place, client)
        await client.close()
        #expect(Set(code.keys).union(Self.others) == Set(BrokerCapability.allCases))
        for (capability, isThere) in code {
            let isClaimed = capability.provision(by: line.traits) == .native
            #expect(isClaimed == isThere, "\(name.rawValue): \(capability.rawValue)")
        }
        // A push is claimed by its own name.
        let abilities = line.traits.abilities
        #expect(abilities.contains(.postbacks) == (line.hints != nil))
        #expect(abilities.contains(.orderStream) == (line.stream != nil))
        // What is claimed of conditional orders is the adapter's own.
        #expect((line.traits.conditional == nil) == (code[.gtt] == false))
    }
}
