package import Desk
import Trading

/// Messages as the bytes that travel: words and numbers, nothing secret.
///
/// `plan TASK` · `order LANE INTENT TASK BROKER ACCOUNT` · `doubt INTENT TASK BROKER ACCOUNT` ·
/// `cancel INTENT TASK BROKER ACCOUNT` · `modify INTENT TASK BROKER ACCOUNT` ·
/// `orders BROKER INTENT TASK ACCOUNT …` · `look BROKER INTENT TASK ACCOUNT …`; an absent account is
/// `-`.
package enum MessageText {
    /// The message as bytes.
    static func encode(_ message: QueueMessage) -> [UInt8] { Array(text(message).utf8) }

    /// The message as a line to be read.
    package static func text(_ message: QueueMessage) -> String {
        switch message {
        case .plan(let task): "plan \(task)"
        case .order(let job, let small), .orderLater(let job, let small, _):
            "order \(small ? "small" : "large") \(job.intent) \(job.task) "
                + "\(job.broker.rawValue) \(account(job))"
        case .doubt(let job):
            "doubt \(job.intent) \(job.task) \(job.broker.rawValue) \(account(job))"
        case .cancel(let job):
            "cancel \(job.intent) \(job.task) \(job.broker.rawValue) \(account(job))"
        case .modify(let job):
            "modify \(job.intent) \(job.task) \(job.broker.rawValue) \(account(job))"
        case .orders(let broker, let jobs), .ordersLater(let broker, let jobs, _):
            list("orders", broker, jobs)
        case .look(let broker, let jobs): list("look", broker, jobs)
        }
    }

    private static func list(_ word: String, _ broker: BrokerName, _ jobs: [OrderJob]) -> String {
        jobs.reduce(into: "\(word) \(broker.rawValue)") { text, job in
            text += " \(job.intent) \(job.task) \(account(job))"
        }
    }

    /// The message; nil where the bytes are none of ours.
    package static func decode(_ bytes: [UInt8]) -> QueueMessage? {
        let words = bytes.split(separator: UInt8(ascii: " ")).map {
            String(decoding: $0, as: UTF8.self)
        }
        switch words.first {
        case "plan" where words.count == 2:
            return Int64(words[1]).map { .plan(TaskID($0)) }
        case "order" where words.count == 6:
            guard ["small", "large"].contains(words[1]),
                let broker = BrokerName(rawValue: words[4]),
                let job = job(words[2], words[3], broker, words[5])
            else { return nil }
            return .order(job, small: words[1] == "small")
        case "doubt" where words.count == 5, "cancel" where words.count == 5,
            "modify" where words.count == 5:
            guard let broker = BrokerName(rawValue: words[3]),
                let job = job(words[1], words[2], broker, words[4])
            else { return nil }
            switch words[0] {
            case "doubt": return .doubt(job)
            case "cancel": return .cancel(job)
            default: return .modify(job)
            }
        case "look" where words.count >= 5 && words.count % 3 == 2:
            return jobs(words).map { .look($0, $1) }
        case "orders" where words.count >= 5 && words.count % 3 == 2:
            return jobs(words).map { .orders($0, $1) }
        default:
            return nil
        }
    }

    private static func jobs(_ words: [String]) -> (BrokerName, [OrderJob])? {
        guard let broker = BrokerName(rawValue: words[1]) else { return nil }
        var jobs: [OrderJob] = []
        for start in stride(from: 2, to: words.count, by: 3) {
            guard let job = job(words[start], words[start + 1], broker, words[start + 2]) else {
                return nil
            }
            jobs.append(job)
        }
        return (broker, jobs)
    }

    private static func account(_ job: OrderJob) -> String { job.account?.description ?? "-" }

    private static func job(
        _ intent: String,
        _ task: String,
        _ broker: BrokerName,
        _ account: String
    ) -> OrderJob? {
        guard let intent = Int64(intent), let task = Int64(task),
            account == "-" || Int64(account) != nil
        else { return nil }
        return OrderJob(
            intent: IntentID(intent),
            task: TaskID(task),
            broker: broker,
            account: Int64(account).map { AccountID($0) }
        )
    }
}
