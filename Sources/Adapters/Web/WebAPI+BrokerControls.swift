import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What is changed of an account at its broker; each needs a reason, and all is audited.
    var brokerControls: [HTTPRoute] {
        let below = "/api/v1/clients/{id}/broker-accounts/{account}/"
        return [
            route("PUT", below + "kill-switch") { try await setKillSwitch($0) },
            route("PUT", below + "profit-exit") { try await setProfitExit($0) },
            route("DELETE", below + "profit-exit") { try await clearProfitExit($0) },
            route("DELETE", below + "positions") { try await exitPositions($0) },
            route("PUT", below + "addresses") { try await setAddresses($0) },
            route("POST", below + "convert-position") { try await convertPosition($0) },
            route("POST", below + "sale-authorization") { try await authorizeSale($0) },
            route("POST", below + "sale-authorization/pin") { try await sendPIN($0) },
        ]
    }

    /// Who does what to which account.
    struct Doing {
        let trader: TraderID
        let account: BrokerAccount
        let actor: Actor

        func action(
            _ kind: BrokerAction.Kind,
            _ reason: String,
            _ inputs: [(name: String, value: String)]
        ) -> BrokerAction {
            BrokerAction(kind, of: account, trader: trader, reason: reason, inputs: inputs)
        }
    }

    /// Clients change nothing at their brokers through here.
    func doing(_ request: HTTPServerRequest) async throws -> Doing {
        _ = try await authentication.caller(request, .admin, .trader)
        let (caller, details, account) = try await visibleAccount(request)
        return Doing(
            trader: details.client.trader,
            account: account,
            actor: Actor(user: caller.user, address: request.remoteAddress)
        )
    }

    private func setKillSwitch(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let on = fields.value("on")
        if on?.bool == nil { fields.refuse("on", "wrong_type", "on must be true or false.") }
        let segments = fields.texts("segments", limit: 20) ?? []
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let on = on?.bool, let reason else { throw Problem.notFound }
        let action = doing.action(
            .killSwitch,
            reason,
            [("on", "\(on)"), ("segments", segments.joined(separator: ","))]
        )
        return try await answering(doing.account.broker) { ask in
            let switches = try await ask.change(action, by: doing.actor, { $0.killSwitch }) {
                service,
                session throws(BrokerFailure) in
                try await service.setKillSwitch(on: on, segments: segments, session)
            }
            return .json { $0.killSwitches(switches) }
        }
    }

    private func setProfitExit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let profit = fields.money("profit", required: true)
        let loss = fields.money("loss", required: true)
        let words = fields.texts("products", limit: 2) ?? []
        let products = Set(words.compactMap { Product(rawValue: $0.uppercased()) })
        if products.isEmpty || !products.isSubset(of: [.intraday, .delivery]) {
            fields.refuse("products", "unknown_word", "products must name INTRADAY, CNC or both.")
        }
        let kills = fields.value("kill_switch")?.bool ?? false
        let reason = fields.text("reason", limit: 500)
        try fields.finish()
        guard let profit, let loss, let reason else { throw Problem.notFound }
        let rule = ProfitExitRule(
            profit: profit,
            loss: loss,
            products: products,
            killsAfter: kills
        )
        let action = doing.action(
            .profitExit,
            reason,
            [
                ("profit", profit.rupees), ("loss", loss.rupees),
                ("products", words.joined(separator: ",")), ("kill_switch", "\(kills)"),
            ]
        )
        return try await answering(doing.account.broker) { ask in
            try await ask.change(action, by: doing.actor, { $0.profitExit }) {
                service,
                session throws(BrokerFailure) in
                try await service.setProfitExit(rule, session)
            }
            return .json { $0.profitExit(rule) }
        }
    }

    private func clearProfitExit(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        let action = doing.action(.profitExit, try Self.reason(request), [("off", "true")])
        return try await answering(doing.account.broker) { ask in
            try await ask.change(action, by: doing.actor, { $0.profitExit }) {
                service,
                session throws(BrokerFailure) in
                try await service.clearProfitExit(session)
            }
            return .json { $0.profitExit(nil) }
        }
    }

    /// Of a request without a body.
    static func reason(_ request: HTTPServerRequest) throws(Problem) -> String {
        guard let reason = request.query("reason"), (1...500).contains(reason.utf8.count),
            !reason.hasControlCharacters
        else { throw Problem.invalid("reason", "required", "reason must be given in the query.") }
        return reason
    }

    private func setAddresses(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let primary = fields.text("primary", limit: 45)
        let secondary = fields.text("secondary", limit: 45, required: false)
        let reason = fields.text("reason", limit: 500)
        for (name, text) in [("primary", primary), ("secondary", secondary)] {
            guard let text else { continue }
            if case .address = EgressPlace(text) { continue }
            fields.refuse(name, "not_an_address", "\(name) must be an IPv4 or IPv6 address.")
        }
        if let primary, let secondary, EgressPlace.isSame(primary, secondary) {
            fields.refuse("secondary", "same_address", "The two addresses must differ.")
        }
        try fields.finish()
        guard let primary, let reason else { throw Problem.notFound }
        let action = doing.action(
            .addresses,
            reason,
            [("primary", primary), ("secondary", secondary ?? "as it was")]
        )
        return try await answering(doing.account.broker) { ask in
            let change = try await ask.change(action, by: doing.actor, { $0.addresses }) {
                service,
                session throws(BrokerFailure) in
                try await service.register(primary: primary, secondary: secondary, session)
            }
            if change.endsSessions { try await ask.endSession(of: doing.account) }
            return .json {
                $0.addresses(change.list, of: doing.account, endsSessions: change.endsSessions)
            }
        }
    }

    private func convertPosition(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let doing = try await doing(request)
        var fields = try Fields(of: request)
        let symbol = fields.text("symbol", limit: 50)
        let exchange = fields.word("exchange", ExchangeName.self, default: .nse)
        let side = fields.word("side", Side.self)
        let quantity = fields.quantity("quantity")
        let from = fields.word("from_product", Product.self)
        let to = fields.word("to_product", Product.self)
        let isOvernight = fields.value("overnight")?.bool ?? false
        let reason = fields.text("reason", limit: 500)
        if let from, from == to {
            fields.refuse("to_product", "same_product", "The two products must differ.")
        }
        try fields.finish()
        guard let symbol, let exchange, let side, let quantity, let from, let to, let reason
        else { throw Problem.notFound }
        return try await answering(doing.account.broker) { ask in
            let listing = try await ask.listing(symbol, at: exchange, of: doing.account)
            guard let listing else {
                throw Problem.invalid("symbol", "not_listed", "The broker does not list it.")
            }
            let conversion = Conversion(
                instrument: listing,
                side: side,
                quantity: quantity,
                from: from,
                to: to,
                isOvernight: isOvernight
            )
            let action = doing.action(
                .conversion,
                reason,
                [
                    ("symbol", symbol), ("quantity", "\(quantity.raw)"), ("side", side.rawValue),
                    ("from", from.rawValue), ("to", to.rawValue),
                ]
            )
            try await ask.change(action, by: doing.actor, { $0.conversion }) {
                service,
                session throws(BrokerFailure) in
                try await service.convert(conversion, session)
            }
            return .noContent
        }
    }
}
