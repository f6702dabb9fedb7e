package import Trading

extension ExecuteOrder {
    /// Does all orders of one message at once, each by itself.
    ///
    /// - Returns: messages for those that must wait; empty where none must.
    /// - Throws: the first failure, when all have ended: nothing that was begun is broken off. The
    ///   message must come again, and those that are done will be found so.
    package func callAsFunction(_ broker: BrokerName, _ jobs: [OrderJob]) async throws
        -> [QueueMessage]
    {
        let ended = await withTaskGroup(of: Ended.self) { group in
            for job in jobs {
                group.addTask {
                    do { return Ended(job: job, ending: .success(try await self(job))) } catch {
                        return Ended(job: job, ending: .failure(error))
                    }
                }
            }
            return await group.reduce(into: [Ended]()) { $0.append($1) }
        }
        var (soon, late) = (Waiting(), Waiting())
        for one in ended.sorted(by: { $0.job.intent < $1.job.intent }) {
            guard case .later(let wait) = try one.ending.get() else { continue }
            if wait > QueueMessage.longWait {
                late.add(one.job, wait)
            } else {
                soon.add(one.job, wait)
            }
        }
        return [soon, late].compactMap { waiting in
            waiting.jobs.isEmpty ? nil : .ordersLater(broker, waiting.jobs, waiting.longest)
        }
    }

    /// An order with its ending, and no tuple of its place in the message and its ending: in release
    /// builds of Swift 6.3.1 such places came back beyond the message's end.
    private struct Ended: Sendable {
        let job: OrderJob
        let ending: Result<Ending, any Error>
    }

    private struct Waiting {
        var jobs: [OrderJob] = []
        var longest = Duration.zero

        mutating func add(_ job: OrderJob, _ wait: Duration) {
            jobs.append(job)
            longest = max(longest, wait)
        }
    }
}
