package import Desk
package import Trading

/// An exit's row.
struct MemoryExit {
    let exit: PositionExit
    let key: String
    let bodyHash: [UInt8]
}

extension MemoryStore: ExitStore {
    package func askToExit(_ request: ExitRequest) async throws(StoreFailure) -> ExitAsked {
        let now = clock.now()
        return try transact("askToExit") { state in
            let earlier = state.exits.values.first {
                $0.exit.user == request.user && $0.key == request.idempotencyKey
            }
            if let earlier {
                return earlier.bodyHash == request.bodyHash
                    ? .repeated(earlier.exit) : .conflict(earlier.exit.id)
            }
            switch request.scope {
            case .client(let id):
                guard state.clients[id]?.client.trader == request.trader else { return .notFound }
            case .instrument(let id):
                guard state.instruments[id] != nil else { return .notFound }
            case .everything: break
            }
            let exit = PositionExit(
                id: ExitID(state.nextID()),
                scope: request.scope,
                trader: request.trader,
                user: request.user,
                product: request.product,
                state: .cancelling,
                cancellation: nil,
                sales: [],
                askedAt: now,
                endedAt: nil
            )
            state.exits[exit.id] = MemoryExit(
                exit: exit,
                key: request.idempotencyKey,
                bodyHash: request.bodyHash
            )
            return .created(exit)
        }
    }

    package func positionExit(_ id: ExitID) async throws(StoreFailure) -> PositionExit? {
        try transact("positionExit") { $0.exits[id]?.exit }
    }

    package func positionExits(of trader: TraderID?, before: ExitID?, limit: Int)
        async throws(StoreFailure) -> [PositionExit]
    {
        try transact("positionExits") { state in
            let found = state.exits.values.map(\.exit).filter { exit in
                trader.map { exit.trader == $0 } != false && before.map { exit.id < $0 } != false
            }
            return Array(found.sorted { $0.id > $1.id }.prefix(limit))
        }
    }

    package func openExits(limit: Int) async throws(StoreFailure) -> [PositionExit] {
        try transact("openExits") { state in
            let found = state.exits.values.map(\.exit).filter { $0.state != .complete }
            return Array(found.sorted { $0.id < $1.id }.prefix(limit))
        }
    }

    package func lots(of exit: PositionExit) async throws(StoreFailure) -> [ExitLot] {
        try transact("lots") { state in state.lots(of: exit) }
    }

    package func note(_ cancellation: CancellationID, of exit: ExitID) async throws(StoreFailure) {
        try transact("noteExitCancel") { state in
            guard state.exits[exit] != nil else { return }
            state.exits[exit]?.change(cancellation: cancellation)
        }
    }

    package func note(_ sales: [TaskID], of exit: ExitID) async throws(StoreFailure) {
        let now = clock.now()
        try transact("noteExitSales") { state in
            guard let known = state.exits[exit]?.exit else { return }
            let earlier = state.trades.values.filter {
                $0.submission.idempotencyKey.hasPrefix("exit \(exit) ")
            }
            let sales = Set(sales + known.sales + earlier.map(\.id)).sorted()
            guard known.state == .cancelling || sales != known.sales else { return }
            state.exits[exit]?.change(
                state: sales.isEmpty ? .complete : .selling,
                sales: sales,
                endedAt: .some(sales.isEmpty ? now : nil)
            )
        }
    }

    package func complete(_ exit: ExitID) async throws(StoreFailure) {
        let now = clock.now()
        try transact("completeExit") { state in
            guard state.exits[exit]?.exit.state == .selling else { return }
            state.exits[exit]?.change(state: .complete, endedAt: .some(now))
        }
    }
}

extension MemoryState {
    fileprivate func lots(of exit: PositionExit) -> [ExitLot] {
        let keys = Set(clients.values.flatMap(\.holdings.keys))
        return keys.sorted().compactMap { key in
            if case .instrument(let only) = exit.scope, only != key.instrument { return nil }
            if let product = exit.product, product.heldAs != key.product { return nil }
            let holders = clients.values.filter { client in
                if case .client(let only) = exit.scope, only != client.client.id { return false }
                return client.client.trader == exit.trader
                    && (client.holdings[key]?.free ?? .zero) > .zero
            }
            guard !holders.isEmpty, let row = instruments[key.instrument] else { return nil }
            return ExitLot(
                terms: OrderTerms(
                    instrument: row.instrument,
                    side: .sell,
                    type: .market,
                    product: exit.product ?? key.product,
                    validity: .day,
                    price: nil,
                    trigger: nil
                ),
                clients: holders.map(\.client.id).sorted()
            )
        }
    }
}

extension MemoryExit {
    fileprivate mutating func change(
        state: ExitState? = nil,
        cancellation: CancellationID? = nil,
        sales: [TaskID]? = nil,
        endedAt: Timestamp?? = nil
    ) {
        self = MemoryExit(
            exit: PositionExit(
                id: exit.id,
                scope: exit.scope,
                trader: exit.trader,
                user: exit.user,
                product: exit.product,
                state: state ?? exit.state,
                cancellation: exit.cancellation ?? cancellation,
                sales: sales ?? exit.sales,
                askedAt: exit.askedAt,
                endedAt: endedAt ?? exit.endedAt
            ),
            key: key,
            bodyHash: bodyHash
        )
    }
}
