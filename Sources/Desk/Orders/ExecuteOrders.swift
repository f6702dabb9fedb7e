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
        let endings = await withTaskGroup(of: (Int, Result<Ending, any Error>).self) { group in
            for (index, job) in jobs.enumerated() {
                group.addTask {
                    do { return (index, .success(try await self(job))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            var endings: [(Int, Result<Ending, any Error>)] = []
            for await ending in group { endings.append(ending) }
            return endings
        }
        var (soon, late) = (Waiting(), Waiting())
        for (index, ending) in endings.sorted(by: { $0.0 < $1.0 }) {
            guard case .later(let wait) = try ending.get() else { continue }
            if wait > QueueMessage.longWait {
                late.add(jobs[index], wait)
            } else {
                soon.add(jobs[index], wait)
            }
        }
        return [soon, late].compactMap { waiting in
            waiting.jobs.isEmpty ? nil : .ordersLater(broker, waiting.jobs, waiting.longest)
        }
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
