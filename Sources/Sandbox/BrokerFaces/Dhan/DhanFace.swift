import Exchange
import HTTPServer
import JSON

/// Dhan's REST API (dhan.md), over the simulated exchange.
struct DhanFace: Sendable {
    static let name = "dhan"
    static let root = "/dhan/v2"

    /// Which limit a call counts against.
    enum Class: Sendable {
        case order, quote, other
    }

    typealias Work = @Sendable (DhanCall, inout World) throws(DhanError) -> DhanReply

    let floor: Floor

    var routes: [HTTPRoute] {
        orderRoutes + portfolioRoutes + fundRoutes + quoteRoutes + controlRoutes + statementRoutes
            + instrumentRoutes + loginRoutes
    }

    /// A route below `/dhan/v2` for callers with a token.
    func route(
        _ method: String,
        _ path: String,
        _ callClass: Class = .other,
        isPlacing: Bool = false,
        _ work: @escaping Work
    ) -> HTTPRoute {
        let name = method + " " + path
        // No work waits, but for the lock, and none takes long.
        return HTTPRoute(method, Self.root + path, startsAtOnce: true) { request in
            await answer(request, name, callClass, isPlacing, work)
        }
    }

    private func answer(
        _ request: HTTPServerRequest,
        _ name: String,
        _ callClass: Class,
        _ isPlacing: Bool,
        _ work: Work
    ) async -> HTTPServerResponse {
        var outcome = DhanOutcome(reply: DhanReply(.authentication))
        // Read before the lock is taken: it is the longest part of a placement.
        let fields = request.body.isEmpty ? nil : FlatObject(request.body)
        floor.enter { world, now in
            world.calls.note(Self.name, name, isPlacing: isPlacing)
            do throws(DhanError) {
                let account = try identify(request, fields, &world, at: now)
                let call = DhanCall(
                    request: request,
                    fields: fields,
                    account: account,
                    now: now,
                    orderIDBase: floor.orderIDBase,
                    fault: draw(request, account, isPlacing, &world)
                )
                outcome.fault = call.fault
                if callClass == .order { outcome.pause = world.pauseForOrderCall() }
                if call.fault.answer?.kind.preventsBooking == true { return }
                try admit(request, account, callClass, &world, now)
                outcome.reply = try work(call, &world)
            } catch {
                outcome.reply = DhanReply(error)
            }
        }
        return await outcome.response()
    }

    /// The account of a call; creates it where the door is open to all.
    private func identify(
        _ request: HTTPServerRequest,
        _ fields: FlatObject?,
        _ world: inout World,
        at now: Moment
    ) throws(DhanError) -> Int {
        guard let token = request.header("access-token"), !token.isEmpty else {
            throw .authentication
        }
        let named = request.header("client-id") ?? request.header("dhanclientid")
        let client = named ?? fields?.text("dhanClientId")
        if world.isOpenToAll {
            return world.open(face: Self.name, client: client ?? token, token: token)
        }
        let known =
            client.map { world.account(face: Self.name, client: $0) } ?? world.byToken[token]
        guard let account = known, world.clients[account].hasValid(token, at: now) else {
            throw .authentication
        }
        return account
    }

    private func draw(
        _ request: HTTPServerRequest,
        _ account: Int,
        _ isPlacing: Bool,
        _ world: inout World
    ) -> FaultPlan.Draw {
        if world.faults.rules.isEmpty { return FaultPlan.Draw() }
        return world.faults.draw(
            for: FaultedCall(
                face: Self.name,
                account: world.clients[account].client,
                method: request.method,
                path: String(request.path.dropFirst(Self.root.count)),
                isPlacing: isPlacing
            )
        )
    }

    /// The rules on addresses and rates.
    private func admit(
        _ request: HTTPServerRequest,
        _ account: Int,
        _ callClass: Class,
        _ world: inout World,
        _ now: Moment
    ) throws(DhanError) {
        if callClass == .order, !world.clients[account].mayOrder(from: request.remoteAddress) {
            throw .invalidIP
        }
        guard world.keepsLimits else { return }
        let isAdmitted =
            switch callClass {
            case .order: world.clients[account].orderWindows.admit(at: now)
            case .quote: world.clients[account].quoteWindows.admit(at: now)
            case .other: world.clients[account].otherWindows.admit(at: now)
            }
        if !isAdmitted { throw .tooManyCalls }
    }

    /// What reaches no route gets the shape of Dhan's Spring server.
    ///
    /// Unknown paths, and also those that are not simulated yet: super, forever and conditional
    /// orders, P&L exit, option chains and charts.
    func fallback(_ request: HTTPServerRequest, _ refusal: HTTPRefusal) -> HTTPServerResponse {
        let words =
            switch refusal {
            case .malformed: "Bad Request"
            case .notFound: "Not Found"
            case .methodNotAllowed: "Method Not Allowed"
            case .bodyTooLarge: "Payload Too Large"
            }
        let now = floor.enter { _, now in now }
        let isDhan = request.path.hasPrefix("/dhan/")
        return DhanReply(status: refusal.status) { writer in
            writer.beginObject()
            writer.field("timestamp", now.rfc3339)
            writer.field("status", refusal.status)
            writer.field("error", words)
            writer.field("path", isDhan ? String(request.path.dropFirst(5)) : request.path)
            writer.endObject()
        }
        .response
    }
}
