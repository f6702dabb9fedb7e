import BrokerKit
package import Desk
import Dhan
import Groww
import HTTPClient
import Trading
import Upstox
import Zerodha

/// One broker as the programs need it: how its adapter is made, and what comes with it.
///
/// A broker is wired by one line in `all`; its settings, queues, streams, postbacks and daily
/// instrument list follow from it.
struct BrokerLine: Sendable {
    let traits: BrokerTraits
    /// Where the sandbox has its API, below its root.
    let sandboxPath: String
    /// Where orders go, by where the API is: some brokers have a host for them alone.
    var ordersURL: @Sendable (_ api: String) -> String = { $0 }
    /// Where the list of instruments is, by where the API is.
    let instrumentsURL: @Sendable (_ api: String) -> String
    let adapter: @Sendable (BrokerDoor) -> any Broker
    let instruments: @Sendable (_ client: HTTPClient, _ url: String) -> any InstrumentMaster
    /// Reads its postbacks; nil where it sends none.
    var hints: (@Sendable (BrokerPlace) -> any HintReader)?
    /// Its order stream at an address; nil where there is none that is followed.
    var stream: (@Sendable (_ url: String, BrokerPlace) -> any OrderStream)?
    /// Its market feed at an address; nil where it has none that serves.
    var feed: (@Sendable (_ url: String, BrokerPlace) -> any MarketFeed)?
    /// Instruments of one call for quotes, where these may be polled in place of a feed.
    var polledPerCall: Int?
    /// Where its login is, by where the API is.
    var loginURL: @Sendable (_ api: String) -> String = { $0 }
    /// How its clients log in; nil where tokens can only be brought.
    var login: (@Sendable (LoginGate) -> any BrokerLogin)?

    static let all: [BrokerLine] = [.dhan, .zerodha, .upstox, .groww]

    var name: BrokerName { traits.name }

    private static let dhan = BrokerLine(
        traits: DhanBroker.declared,
        sandboxPath: "/dhan/v2",
        instrumentsURL: { api in
            // A host of its own, but the sandbox has all on one.
            let file = "/api-data/api-scrip-master-detailed.csv"
            if api.contains("api.dhan.co") { return "https://images.dhan.co" + file }
            return (api.hasSuffix("/v2") ? String(api.dropLast(3)) : api) + file
        },
        adapter: { DhanBroker(calls: $0.orders, cancelling: $0.cancels) },
        instruments: { DhanInstruments(client: $0, url: $1) },
        hints: { _ in DhanHints() },
        stream: { url, _ in DhanOrderStream(url: url) },
        feed: { url, _ in FeedSocket(.dhan, room: DhanFeed.room, DhanFeed(url: url)) },
        loginURL: { api in
            // A host of its own, but the sandbox has all on one.
            if api.contains("api.dhan.co") { return "https://auth.dhan.co" }
            return api.hasSuffix("/v2") ? String(api.dropLast(3)) : api
        },
        login: { DhanLogin(calls: $0.pages, app: $0.place.app) }
    )

    private static let zerodha = BrokerLine(
        traits: ZerodhaBroker.declared,
        sandboxPath: "/kite",
        instrumentsURL: { $0 + "/instruments" },
        adapter: {
            ZerodhaBroker(calls: $0.orders, cancelling: $0.cancels, clock: SystemClock())
        },
        instruments: { ZerodhaInstruments(client: $0, url: $1) },
        hints: { ZerodhaHints(apiSecret: $0.postbackSecret) },
        stream: { url, _ in ZerodhaOrderStream(url: url) },
        feed: { url, _ in FeedSocket(.zerodha, room: ZerodhaFeed.room, ZerodhaFeed(url: url)) },
        loginURL: { $0.replacing("//api.kite.trade", with: "//kite.zerodha.com") },
        login: { ZerodhaLogin(calls: $0.calls, pages: $0.place.login, app: $0.place.app) }
    )

    private static let upstox = BrokerLine(
        traits: UpstoxBroker.declared,
        sandboxPath: "/upstox",
        ordersURL: { $0.replacing("//api.upstox.com", with: "//api-hft.upstox.com") },
        instrumentsURL: { api in
            let file = "/market-quote/instruments/exchange/complete.json.gz"
            return api.replacing("//api.upstox.com", with: "//assets.upstox.com") + file
        },
        adapter: {
            UpstoxBroker(
                hosts: UpstoxHosts(reads: $0.calls, orders: $0.orders),
                cancelling: UpstoxHosts(reads: $0.callsBesideOrders, orders: $0.cancels)
            )
        },
        instruments: { UpstoxInstruments(client: $0, url: $1) },
        hints: { _ in UpstoxHints() },
        stream: { url, _ in UpstoxOrderStream(url: url) },
        feed: { url, _ in FeedSocket(.upstox, room: UpstoxFeed.room, UpstoxFeed(url: url)) },
        login: { UpstoxLogin(calls: $0.calls, pages: $0.place.login, app: $0.place.app) }
    )

    private static let groww = BrokerLine(
        traits: GrowwBroker.declared,
        sandboxPath: "/groww/v1",
        instrumentsURL: { api in
            let file = "/instruments/instrument.csv"
            if api.contains("api.groww.in") { return "https://growwapi-assets.groww.in" + file }
            return (api.hasSuffix("/v1") ? String(api.dropLast(3)) : api) + file
        },
        adapter: { GrowwBroker(calls: $0.orders, cancelling: $0.cancels) },
        instruments: { GrowwInstruments(client: $0, url: $1) },
        stream: { GrowwOrderStream(url: $0, calls: $1.socketCalls) },
        feed: { url, place in
            let feed = GrowwFeed(url: url, calls: place.socketCalls)
            return FeedSocket(.groww, room: GrowwFeed.room, feed)
        },
        polledPerCall: 50,
        login: { GrowwLogin(calls: $0.calls, app: $0.place.app, clock: SystemClock()) }
    )
}

/// Where a broker is, as the settings say.
package struct BrokerPlace: Sendable {
    /// Its API's root, such as `https://api.dhan.co/v2`.
    package let api: String
    /// Where orders are placed and cancelled; mostly the same.
    package let orders: String
    package let instruments: String
    /// Where order updates come from; nil: only postbacks and look-ups tell of fills.
    package let stream: String?
    /// Where prices are streamed from; nil: they are asked for one by one.
    package let feed: String?
    /// What proves that postbacks are the broker's, where the broker signs them.
    package let postbackSecret: Secret?
    /// Where clients log in, without a slash at the end.
    package let login: String
    /// What the broker knows us by.
    package let app: LoginApp

    /// Calls to the API for leave to use a socket that is elsewhere.
    var socketCalls: BrokerCalls { BrokerCalls(base: api, client: HTTPClient()) }
}

/// A broker's place with connections for logins.
struct LoginGate: Sendable {
    let place: BrokerPlace
    let client: HTTPClient

    /// Somebody waits in front of a browser.
    private static let timeout: Duration = .seconds(20)

    /// Calls to the API.
    var calls: BrokerCalls { calls(place.api) }
    /// Calls to where the login pages are.
    var pages: BrokerCalls { calls(place.login) }

    private func calls(_ base: String) -> BrokerCalls {
        BrokerCalls(base: base, client: client, timeout: Self.timeout)
    }
}

/// A broker's place with connections to it.
struct BrokerDoor: Sendable {
    let place: BrokerPlace
    let timeout: Duration
    let client: HTTPClient
    /// Connections that no order or look can take.
    let cancelClient: HTTPClient

    /// Calls to the API.
    var calls: BrokerCalls { calls(place.api, client) }
    /// Calls to where orders are placed.
    var orders: BrokerCalls { calls(place.orders, client) }
    /// The same for cancels, and for reads that must not wait behind orders.
    var cancels: BrokerCalls { calls(place.orders, cancelClient) }
    var callsBesideOrders: BrokerCalls { calls(place.api, cancelClient) }

    private func calls(_ base: String, _ client: HTTPClient) -> BrokerCalls {
        BrokerCalls(base: base, client: client, timeout: timeout)
    }
}
