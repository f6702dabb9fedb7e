package import Desk
package import Trading

extension MemoryStore: AlertStore {
    package func keep(_ found: [Alert], judged: [JudgedCondition])
        async throws(StoreFailure) -> [Alert]
    {
        let now = clock.now()
        return try transact("keep") { state in
            for condition in judged
            where !found.contains(where: {
                $0.kind == condition.kind && $0.client == condition.client
            }) {
                state.changeOpenAlert(condition.kind, condition.client) { $0.closed(at: now) }
            }
            return found.filter { alert in
                if state.changeOpenAlert(
                    alert.kind,
                    alert.client,
                    { $0.seen(as: alert, at: now) }
                ) {
                    return false
                }
                state.alerts.append(
                    StoredAlert(
                        id: state.nextID(),
                        alert: alert,
                        timesSeen: 1,
                        openedAt: now,
                        seenAt: now,
                        closedAt: nil,
                        acknowledgedAt: nil,
                        acknowledgedBy: nil
                    )
                )
                return true
            }
        }
    }

    package func alerts(_ query: AlertQuery) async throws(StoreFailure) -> [StoredAlert] {
        try transact("alerts") { state in
            let found = state.alerts.filter { row in
                query.trader.map { row.alert.trader == $0 } != false
                    && query.isOpen.map { (row.closedAt == nil) == $0 } != false
                    && query.before.map { row.id < $0 } != false
            }
            return Array(found.sorted { $0.id > $1.id }.prefix(query.limit))
        }
    }

    package func acknowledge(_ id: Int64, of trader: TraderID?, by actor: Actor)
        async throws(StoreFailure) -> StoredAlert?
    {
        let now = clock.now()
        return try transact("acknowledge") { state in
            guard
                let index = state.alerts.firstIndex(where: { row in
                    row.id == id && trader.map { row.alert.trader == $0 } != false
                })
            else { return nil }
            if state.alerts[index].acknowledgedAt == nil {
                state.alerts[index] = state.alerts[index].acknowledged(by: actor.user, at: now)
            }
            return state.alerts[index]
        }
    }
}

extension MemoryState {
    /// False where no such alert is open.
    @discardableResult
    fileprivate mutating func changeOpenAlert(
        _ kind: AlertKind,
        _ client: ClientID,
        _ change: (StoredAlert) -> StoredAlert
    ) -> Bool {
        guard
            let index = alerts.firstIndex(where: {
                $0.closedAt == nil && $0.alert.kind == kind && $0.alert.client == client
            })
        else { return false }
        alerts[index] = change(alerts[index])
        return true
    }
}

extension StoredAlert {
    fileprivate func closed(at now: Timestamp) -> StoredAlert {
        with(alert, timesSeen, seenAt: seenAt, closedAt: now, acknowledgedAt, acknowledgedBy)
    }

    fileprivate func seen(as alert: Alert, at now: Timestamp) -> StoredAlert {
        with(alert, timesSeen + 1, seenAt: now, closedAt: nil, acknowledgedAt, acknowledgedBy)
    }

    fileprivate func acknowledged(by user: UserID?, at now: Timestamp) -> StoredAlert {
        with(alert, timesSeen, seenAt: seenAt, closedAt: closedAt, now, user)
    }

    private func with(
        _ alert: Alert,
        _ timesSeen: Int,
        seenAt: Timestamp,
        closedAt: Timestamp?,
        _ acknowledgedAt: Timestamp?,
        _ acknowledgedBy: UserID?
    ) -> StoredAlert {
        StoredAlert(
            id: id,
            alert: alert,
            timesSeen: timesSeen,
            openedAt: openedAt,
            seenAt: seenAt,
            closedAt: closedAt,
            acknowledgedAt: acknowledgedAt,
            acknowledgedBy: acknowledgedBy
        )
    }
}
