import Desk
import HTTPClient
import PostgresStore
import Telemetry
import Trading

/// What the leading scheduler does when it begins to lead, and then every morning before the market opens.
struct DailyDuties: Sendable {
    private let connections: Connections
    private let client: HTTPClient
    private let load: LoadInstruments

    init(_ connections: Connections, _ client: HTTPClient) {
        self.connections = connections
        self.client = client
        load = LoadInstruments(
            masters: BrokerSet.masters(connections.settings, client),
            store: connections.instruments
        )
    }

    /// Does them until cancelled; what fails is tried again within minutes, and then less often: a
    /// list that was refused will mostly be the same again.
    func run() async {
        var failures = 0
        while !Task.isCancelled {
            let succeeded = await once()
            failures = succeeded ? 0 : min(failures + 1, 5)
            let now = connections.clock.now()
            let morning = now.duration(to: Self.nextMorning(after: now))
            let wait = succeeded ? morning : min(morning, .seconds(60 << failures))
            guard (try? await connections.clock.sleep(for: wait)) != nil else { return }
        }
    }

    private func once() async -> Bool {
        var succeeded = true
        for (broker, result) in await load(by: Actor(user: nil)) {
            switch result {
            case .success(let changed):
                connections.logger.info(
                    "instruments are loaded",
                    [LogField("broker", broker.rawValue), LogField("changed", changed)]
                )
            case .failure(let error):
                succeeded = false
                connections.logger.warning(
                    "instruments could not be loaded",
                    [LogField("broker", broker.rawValue), LogField("cause", "\(error)")]
                )
            }
        }
        do {
            try await connections.audit.prepareMonths()
        } catch {
            succeeded = false
            connections.logger.warning(
                "the audit log could not be prepared",
                [LogField("cause", "\(error)")]
            )
        }
        return succeeded
    }

    /// 08:00 in India, when the brokers' files of the day are out and the market is closed.
    private static func nextMorning(after now: Timestamp) -> Timestamp {
        let today = CalendarDay(containing: now)
        let morning = today.time(8, 0)
        return morning > now ? morning : today.advanced(by: 1).time(8, 0)
    }
}
