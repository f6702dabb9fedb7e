import Exchange
import HTTPServer
import WebSocket

/// One broker's API over the simulated exchange, written from the broker's documents.
///
/// A face is made of this, its routes, and one line in `Faces.all`.
protocol BrokerFace: Sendable {
    /// The broker's own errors.
    associatedtype Refusal: FaceRefusal

    /// As accounts, faults and the ledger name it.
    static var name: String { get }
    /// Where its paths begin, such as `/dhan/v2`.
    static var root: String { get }
    /// Where orders are placed, root and all.
    static var placing: String { get }
    /// What an account may call.
    static var limits: FaceLimits { get }

    var floor: Floor { get }
    var routes: [HTTPRoute] { get }

    init(floor: Floor)

    /// Who a call says it is from; nil where it shows no token.
    func caller(_ request: HTTPServerRequest, _ fields: FlatObject?) -> Caller?

    /// What reaches no route.
    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse

    /// Takes an order-update connection; closes it at the end. It begins below the face's name.
    func serve(_ connection: WebSocketConnection) async

    /// The broker's words for what every broker refuses.
    static func refusal(_ common: CommonRefusal) -> Refusal

    /// The id that the broker gives to the order of this number.
    static func orderID(_ number: Int) -> String

    /// The body of the postback that an order's change brings; nil where there is none.
    static func postback(_ update: OrderUpdate, orderIDBase: Int) -> [UInt8]?

    /// What is sent to the app of this key once its owner has answered; nil where nothing is.
    static func answer(
        _ key: String,
        isApproved: Bool,
        _ world: inout World,
        _ now: Moment
    ) -> Letter?
}

extension BrokerFace {
    static func orderID(_ number: Int) -> String { String(number) }

    static func postback(_ update: OrderUpdate, orderIDBase: Int) -> [UInt8]? { nil }

    static func answer(
        _ key: String,
        isApproved: Bool,
        _ world: inout World,
        _ now: Moment
    ) -> Letter? { nil }

    func serve(_ connection: WebSocketConnection) async { await connection.close(code: 1008) }
}

/// An error in a broker's own shape.
protocol FaceRefusal: Error {
    var reply: FaceReply { get }
}

/// What every broker refuses in words of its own, by its rules or by an injected fault.
enum CommonRefusal: Sendable {
    case authentication
    case tooManyCalls
    /// The call comes from an address that the account does not allow.
    case wrongAddress
    case internalError
    /// 400, as brokers answer when the order may be placed all the same.
    case orderTimedOut
    /// The order is not taken, says a body under status 200.
    case orderRefusedWith200
    /// A fault's own status and code.
    case injected(status: Int, code: String)
}

/// Who calls: by name where the broker's calls have one, and by token.
struct Caller: Sendable {
    var client: String?
    let token: String
}

/// How many calls an account may make, by the class of a call.
struct FaceLimits: Sendable {
    let orders: RateWindows
    let quotes: RateWindows
    let others: RateWindows
}

/// Which limit a call counts against.
enum CallClass: Sendable {
    case order, quote, other
}
