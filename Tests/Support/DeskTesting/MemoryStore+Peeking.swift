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
                [DueKind.live, .doubt, .forgotten, .cancel].compactMap { state.dueAt(row, $0) }
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
}
