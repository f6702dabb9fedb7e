import Exchange
import HTTPServer

/// The way of every call into a face: who calls, what is spoiled, whether the limits allow it.
extension BrokerFace {
    typealias Work = @Sendable (FaceCall, inout World) throws(Refusal) -> FaceReply

    /// A route below the face's root for callers with a token.
    ///
    /// Faults can be set for placements and cancels by what they are, whatever their paths.
    func route(
        _ method: String,
        _ path: String,
        _ callClass: CallClass = .other,
        isPlacing: Bool = false,
        isCancelling: Bool = false,
        _ work: @escaping Work
    ) -> HTTPRoute {
        let entry = FaceEntry(
            name: method + " " + path,
            callClass: callClass,
            isPlacing: isPlacing,
            isCancelling: isCancelling
        )
        // No work waits, but for the lock, and none takes long.
        return HTTPRoute(method, Self.root + path, startsAtOnce: true) { request in
            await answer(request, entry, work)
        }
    }

    private func answer(
        _ request: HTTPServerRequest,
        _ entry: FaceEntry,
        _ work: Work
    ) async -> HTTPServerResponse {
        var outcome = CallOutcome<Self>(reply: Self.refusal(.authentication).reply)
        // Read before the lock is taken: it is the longest part of a placement.
        let fields = request.body.isEmpty ? nil : FlatObject(request.body)
        floor.enter { world, now in
            world.calls.note(Self.name, entry.name, isPlacing: entry.isPlacing)
            do throws(Refusal) {
                let account = try identify(request, fields, &world, at: now)
                let call = FaceCall(
                    request: request,
                    fields: fields,
                    account: account,
                    now: now,
                    orderIDBase: floor.orderIDBase,
                    fault: draw(request, account, entry, &world)
                )
                outcome.fault = call.fault
                if entry.callClass == .order { outcome.pause = world.pauseForOrderCall() }
                if call.fault.answer?.kind.preventsBooking == true { return }
                try admit(request, account, entry.callClass, &world, now)
                outcome.reply = try work(call, &world)
            } catch {
                outcome.reply = error.reply
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
    ) throws(Refusal) -> Int {
        guard let caller = caller(request, fields),
            let account = world.account(of: caller, at: Self.self, now)
        else { throw Self.refusal(.authentication) }
        return account
    }

    private func draw(
        _ request: HTTPServerRequest,
        _ account: Int,
        _ entry: FaceEntry,
        _ world: inout World
    ) -> FaultPlan.Draw {
        if world.faults.rules.isEmpty { return FaultPlan.Draw() }
        return world.faults.draw(
            for: FaultedCall(
                face: Self.name,
                account: world.clients[account].client,
                method: request.method,
                path: String(request.path.dropFirst(Self.root.count)),
                isPlacing: entry.isPlacing,
                isCancelling: entry.isCancelling
            )
        )
    }

    /// The rules on addresses and rates.
    private func admit(
        _ request: HTTPServerRequest,
        _ account: Int,
        _ callClass: CallClass,
        _ world: inout World,
        _ now: Moment
    ) throws(Refusal) {
        if callClass == .order, !world.clients[account].mayOrder(from: request.remoteAddress) {
            throw Self.refusal(.wrongAddress)
        }
        guard world.keepsLimits else { return }
        let isAdmitted =
            switch callClass {
            case .order: world.clients[account].orderWindows.admit(at: now)
            case .quote: world.clients[account].quoteWindows.admit(at: now)
            case .other: world.clients[account].otherWindows.admit(at: now)
            }
        if !isAdmitted { throw Self.refusal(.tooManyCalls) }
    }
}

/// What is known of a call by its route alone.
private struct FaceEntry: Sendable {
    let name: String
    let callClass: CallClass
    let isPlacing: Bool
    let isCancelling: Bool
}
