import Testing

@testable import RabbitMQ

struct RabbitMQPartsTests {
    @Test(arguments: [
        ("amqp://h", "h", 5672, "guest", "guest", "/"),
        ("amqp://u:p%40ss@[::1]:99/", "::1", 99, "u", "p@ss", "/"),
        ("amqps://u:a:b@h/my%2Fhost?heartbeat=5", "h", 5671, "u", "a:b", "my/host"),
    ])
    func `A URL tells where and as whom`(
        url: String,
        host: String,
        port: Int,
        user: String,
        password: String,
        virtualHost: String
    ) throws {
        let configuration = try RabbitConfiguration(url: url)
        #expect(configuration.host == host)
        #expect(configuration.port == port)
        #expect(configuration.user == user)
        #expect(configuration.password == password)
        #expect(configuration.virtualHost == virtualHost)
        #expect((configuration.tls != nil) == url.hasPrefix("amqps"))
        #expect(!"\(configuration)\(String(reflecting: configuration))".contains("a:b"))
    }

    @Test(arguments: [
        "", "host", "http://h", "amqp://", "amqp://h:0", "amqp://h:x", "amqp://h/%zz",
        "amqp://h?heartbeat=0", "amqp://h?heartbeat=-1", "amqp://h?colour=red",
        "amqps://h?certfile=a", "amqps://h?verify=perhaps", "amqp://s3cret:s3cret@h:99999",
    ])
    func `A URL that cannot be read is refused without showing it`(url: String) {
        let error = #expect(throws: RabbitError.self) { try RabbitConfiguration(url: url) }
        guard case .invalidURL(let reason) = error else {
            Issue.record("not refused as a URL")
            return
        }
        #expect(!reason.contains("s3cret"))
    }

    @Test func `TLS verifies unless told otherwise`() throws {
        let plain = try RabbitConfiguration(url: "amqps://h")
        #expect(plain.tls?.verifies == true)
        let told = try RabbitConfiguration(url: "amqps://h?verify=verify_none&cacert=/a/b.pem")
        #expect(told.tls?.verifies == false)
        #expect(told.tls?.authorities == "/a/b.pem")
    }

    /// Against a model that answers to a server: every tag once, and all before a joined one.
    @Test(arguments: 0..<50)
    func `Whatever the order of answers, the server hears of each tag once`(seed: Int) {
        var random = Steps(state: UInt64(seed))
        var tags = OutstandingTags()
        var outstanding: Set<UInt64> = []
        var wanted: Set<UInt64> = []
        var last: UInt64 = 0
        for _ in 0..<3000 {
            switch random.next(below: 5) {
            case 0, 1:
                last += 1
                let isNext = tags.deliver(last)
                #expect(isNext)
                outstanding.insert(last)
            case 2:
                let tag = random.next(below: last + 2)
                tags.acknowledge(tag)
                if outstanding.contains(tag) { wanted.insert(tag) }
            case 3:
                let tag = random.next(below: last + 2)
                let isMine = outstanding.contains(tag) && !wanted.contains(tag)
                let isAnswered = tags.answer(tag)
                #expect(isAnswered == isMine)
                if isMine { outstanding.remove(tag) }
            default:
                for answer in tags.takeAcknowledgements() {
                    #expect(outstanding.contains(answer.tag))
                    let covered: Set<UInt64> =
                        answer.multiple ? outstanding.filter { $0 <= answer.tag } : [answer.tag]
                    #expect(covered.isSubset(of: wanted))
                    outstanding.subtract(covered)
                    wanted.subtract(covered)
                }
                #expect(wanted.isEmpty)
            }
        }
        let skipsOne = tags.deliver(last + 2)
        #expect(!skipsOne)
    }

    @Test func `Acknowledging a run from the front is one answer`() {
        var tags = OutstandingTags()
        for tag: UInt64 in 1...100 { _ = tags.deliver(tag) }
        for tag: UInt64 in (1...60).reversed() { tags.acknowledge(tag) }
        tags.acknowledge(80)
        let answers = tags.takeAcknowledgements()
        #expect(answers == [.init(tag: 60, multiple: true), .init(tag: 80, multiple: false)])
    }

    /// Each call is answered once, with what the server said of each of its messages.
    @Test(arguments: 0..<30)
    func `Confirms, alone or joined, in any order, settle each message once`(seed: Int) async {
        var random = Steps(state: UInt64(seed) &+ 1000)
        let count = 1 + Int(random.next(below: 6000))
        let steps = random
        let outcomes = await withCheckedContinuation { answer in
            var random = steps
            let messages = Array(repeating: RabbitMessage(routingKey: "q", body: []), count: count)
            let call = PublishCall(
                PublishRequest(messages: messages, askedAt: .now, answer: answer),
                meters: nil
            )
            var window = ConfirmWindow()
            for index in 0..<count {
                window.append(call, index: index, at: .now)
                call.advance()
                if index % 7 == 3 {
                    #expect(window.markReturned(UInt64(index + 1), code: 312, text: "no"))
                }
            }
            let isFuture = window.settle(UInt64(count + 1), multiple: false, taken: true)
            #expect(!isFuture)
            // Refusals stand alone; confirms come joined now and then.
            for index in stride(from: 5, to: count, by: 11) {
                let isKnown = window.settle(UInt64(index + 1), multiple: false, taken: false)
                #expect(isKnown)
            }
            while window.count > 0 {
                let tag = 1 + random.next(below: UInt64(count))
                let isLast = window.count < 50
                let multiple = random.next(below: 40) == 0 || isLast
                let last = isLast ? UInt64(count) : tag
                let isKnown = window.settle(last, multiple: multiple, taken: true)
                #expect(isKnown)
            }
            #expect(window.oldest == nil)
        }
        for (index, outcome) in outcomes.enumerated() {
            let expected: PublishOutcome =
                index % 7 == 3
                ? .returned(code: 312, text: "no") : index % 11 == 5 ? .refused : .confirmed
            #expect(outcome == expected)
        }
    }

    @Test func `A lost connection leaves what was not written as not sent`() async {
        let outcomes = await withCheckedContinuation { answer in
            let messages = Array(repeating: RabbitMessage(routingKey: "q", body: []), count: 4)
            let call = PublishCall(
                PublishRequest(messages: messages, askedAt: .now, answer: answer),
                meters: nil
            )
            var window = ConfirmWindow()
            for index in 0..<3 {
                window.append(call, index: index, at: .now)
                call.advance()
            }
            let isKnown = window.settle(2, multiple: false, taken: true)
            #expect(isKnown)
            #expect(window.markReturned(3, code: 312, text: "no"))
            window.abandon()
            #expect(window.count == 0 && window.nextTag == 1)
            call.giveUp()
        }
        #expect(outcomes == [.unknown, .confirmed, .returned(code: 312, text: "no"), .notSent])
    }
}

/// Repeatable random numbers.
private struct Steps {
    var state: UInt64

    mutating func next(below limit: UInt64) -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state >> 33) % limit
    }
}
