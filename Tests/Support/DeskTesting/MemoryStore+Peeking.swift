package import Desk
package import Trading

/// A look into the tables past the ports: for tests that check what is stored.
extension MemoryStore {
    /// One intent with what only the store knows of it.
    package struct StoredOrder: Sendable {
        package let intent: OrderIntent
        /// Shares that are reserved for it.
        package let reserved: Quantity
        package let attempts: Int16
        /// Its kind, prices and quantity as its changes have left them.
        package let shape: OrderShape?
        package let sentAt: Timestamp?
        /// When somebody wished it cancelled first.
        package let wishedAt: Timestamp?
        /// Whether somebody still does.
        package let isWished: Bool

        /// Our references of all attempts.
        package var references: [String] {
            guard attempts > 0 else { return [] }
            return (1...attempts).map {
                BrokerReference.make(intent.id, attempt: $0, mark: MemoryStore.mark)
            }
        }
    }

    /// All intents in the order of ids.
    package var storedOrders: [StoredOrder] {
        look { state in
            state.intents.values.sorted { $0.id < $1.id }.map { row in
                StoredOrder(
                    intent: row.intent,
                    reserved: row.reserved,
                    attempts: row.attempts,
                    shape: state.terms(of: row).map { OrderShape($0, quantity: row.quantity) },
                    sentAt: row.sentAt,
                    wishedAt: row.wishedAt,
                    isWished: row.cancelWish != nil
                )
            }
        }
    }

    /// All bulk trades in the order of ids.
    package var storedTrades: [BulkTrade] {
        look { $0.trades.values.map(\.trade).sorted { $0.id < $1.id } }
    }

    /// All changes of orders, in the order of ids.
    package var storedModifications: [Modification] {
        look { state in
            state.modifications.values.sorted { $0.id < $1.id }
                .compactMap { state.modification($0) }
        }
    }

    /// All exits, in the order of ids.
    package var storedExits: [PositionExit] {
        look { $0.exits.values.map(\.exit).sorted { $0.id < $1.id } }
    }

    /// A client's shares of an instrument, of what was bought as a product.
    package func holding(
        of client: ClientID,
        in instrument: InstrumentID,
        as product: Product = .delivery
    ) -> Holding {
        let key = ShareKey(instrument, boughtAs: product)
        return look { $0.clients[client]?.holdings[key] ?? Holding() }
    }

    /// How many messages wait in the outbox.
    package var outboxCount: Int { look { $0.outbox.count } }

    /// When a sweep finds something to do next; nil: as things stand, never.
    package var nextSweep: Timestamp? {
        let now = clock.now()
        return look { state in
            let dues = state.intents.values.flatMap { row in
                [DueKind.live, .doubt, .forgotten, .cancel, .modification]
                    .compactMap { state.dueAt(row, $0) }
            }
            let isOver = state.trades.values.contains {
                $0.state == .running && !state.waits($0.id)
            }
            return isOver ? now : dues.min()
        }
    }

    /// What a claim would answer now, with nothing written: the defect of a sender that does not
    /// wait for its commit.
    package func previewClaim(_ requests: [ClaimRequest], lease: Lease) -> [Claim] {
        let now = clock.now()
        return look { state in
            var copy = state
            return requests.map {
                copy.claim($0, until: now.advanced(by: lease.duration), now: now)
            }
        }
    }

    /// Forgets which orders repairs took: the defect of one that does not write that down.
    package func forgetRepairs() { look { $0.repairs = [:] } }

    /// Cuts the orders of these claims once more: the defect of a claim that does not know that the
    /// slices are there.
    package func repeatSlices(of claims: [Claim]) {
        let now = clock.now()
        look { state in
            for case .send(let attempt) in claims {
                for slice in attempt.slices { state.repeatSlice(slice.intent, now: now) }
            }
        }
    }
}

extension MemoryState {
    fileprivate mutating func repeatSlice(_ id: IntentID, now: Timestamp) {
        guard let known = intents[id] else { return }
        var row = MemoryIntent(
            id: IntentID(nextID()),
            task: known.task,
            client: known.client,
            broker: known.broker,
            account: known.account,
            state: .ready,
            updatedAt: now
        )
        row.leg = known.leg
        row.dueAt = now
        (row.ownQuantity, row.isSlice) = (known.ownQuantity, true)
        intents[row.id] = row
    }
}
