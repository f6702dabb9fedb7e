import Desk
import HTTPServer
import Trading

extension WebAPI {
    /// Server-sent events of one bulk trade: a `status` event at once and whenever something changed.
    ///
    /// With `?until=complete` the stream ends with a `complete` event once every order is placed,
    /// refused or skipped; else it goes on, since fills come later.
    var events: [HTTPRoute] {
        [
            route("GET", "/api/v1/bulk-trades/{id}/events", isPolled: true) {
                try await bulkTradeEvents($0)
            }
        ]
    }

    private static let quietHeartbeat: Duration = .seconds(1)
    private static let pause: Duration = .milliseconds(100)

    private func bulkTradeEvents(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        let trade = try await visibleTrade(request)
        let stopsWhenComplete = request.query("until") == "complete"
        return HTTPServerResponse(
            status: 200,
            headers: [
                ("Content-Type", "text/event-stream"), ("Cache-Control", "no-cache"),
                ("X-Accel-Buffering", "no"),
            ],
            body: .stream { writer in
                try await stream(trade, stopsWhenComplete, to: writer)
            }
        )
    }

    private func stream(_ trade: BulkTrade, _ stopsWhenComplete: Bool, to writer: HTTPBodyWriter)
        async throws
    {
        var lastTag = ""
        for await _ in ticks(trade.id) {
            let copy = try await progress.status(of: trade)
            let isComplete = copy.state.isOver
            if copy.tag != lastTag {
                lastTag = copy.tag
                try await writer.write(Self.event("status", copy))
            } else {
                // Also how a peer that has gone is noticed.
                try await writer.write(Array(": still here\n\n".utf8))
            }
            if isComplete, stopsWhenComplete {
                try await writer.write(Self.event("complete", copy))
                return
            }
            // Bells come with every commit of every worker; nobody reads that fast.
            try await clock.sleep(for: Self.pause)
        }
    }

    /// The bell of the task, and a tick a second for when bells are lost.
    private func ticks(_ task: TaskID) -> AsyncStream<Void> {
        let bells = progress.bells(task)
        return AsyncStream(bufferingPolicy: .bufferingNewest(1)) { continuation in
            continuation.yield()
            // Lives exactly as long as the stream's reader: ended in onTermination.
            let ringing = Task {
                await withDiscardingTaskGroup { group in
                    group.addTask {
                        for await _ in bells { continuation.yield() }
                    }
                    group.addTask { [clock] in
                        while (try? await clock.sleep(for: Self.quietHeartbeat)) != nil {
                            continuation.yield()
                        }
                    }
                }
            }
            continuation.onTermination = { _ in ringing.cancel() }
        }
    }

    private static func event(_ name: String, _ copy: TaskProgressReader.Copy) -> [UInt8] {
        Array("event: \(name)\nid: \(copy.tag.filter { $0 != "\"" })\ndata: ".utf8) + copy.body
            + Array("\n\n".utf8)
    }
}
