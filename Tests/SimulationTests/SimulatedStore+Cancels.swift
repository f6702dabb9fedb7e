import Desk
import DeskTesting
import Trading

extension SimulatedStore: CancelStore {
    func askToCancel(_ request: CancelRequest) async throws(StoreFailure) -> CancelAsked {
        let asked = try await transact("askToCancel") { store async throws(StoreFailure) in
            try await store.askToCancel(request)
        }
        process.tell("is asked to cancel \(request.scope)")
        return asked
    }

    func note(_ outcomes: [CancelOutcome]) async throws(StoreFailure) {
        try await transact("note") { store async throws(StoreFailure) in
            try await store.note(outcomes)
        }
        for outcome in outcomes {
            process.tell("notes of the cancel of \(outcome.job.intent): \(outcome.answer)")
        }
    }

    func openCancels() async throws(StoreFailure) -> [OpenCancels] {
        try await tables.openCancels()
    }

    func cancellation(_ id: CancellationID) async throws(StoreFailure) -> Cancellation? {
        try await tables.cancellation(id)
    }

    func cancellations(of trader: TraderID?, before: CancellationID?, limit: Int)
        async throws(StoreFailure) -> [CancellationHead]
    {
        try await tables.cancellations(of: trader, before: before, limit: limit)
    }

    func cancelledOrders(_ id: CancellationID, _ page: CancelPage)
        async throws(StoreFailure) -> [CancelledOrder]
    {
        try await tables.cancelledOrders(id, page)
    }
}
