import Commands

/// `bench celery`: how many orders a second a Celery program of the usual kind executes on the same
/// servers, and how many times as many Volley does.
///
/// Celery does only the least for an order (`deploy/peers/celery_orders.py`), Volley all of it.
struct CeleryPeer: Measure {
    static let name = "celery"
    static let options = [
        NumberOption("clients", 10_000, 1...100_000), NumberOption("latency", 0, 0...60_000),
        NumberOption("workers", 1, 1...MeasuredStack.mostWorkers),
        // As many as were best on two cores, of 2, 4, 8 and 16.
        NumberOption("processes", 8, 1...64), NumberOption("orders", 2_000, 1...100_000),
        NumberOption("runs", 3, 1...100),
        // Who is compared with gets none.
        NumberOption("postbacks", 0, 0...1), NumberOption("seed", 42, 0...Int(Int32.max)),
    ]
    private static let sandbox = "sandbox-celery"
    private static let worker = "celery"

    private let numbers: Numbers
    let settings: MeasuredStack.Settings

    init(_ numbers: Numbers) {
        self.numbers = numbers
        settings = MeasuredStack.Settings(numbers)
    }

    func measure(_ stack: MeasuredStack) async throws -> [String] {
        let clients = numbers["clients"]
        let python = try await environment(stack) + "/bin/python"
        try await stack.load([MeasuredStack.Group(name: "all", count: clients)])
        let broker = try await stack.startBrokersApart(Self.sandbox)
        let books = try await MinimalBooks(stack, broker: broker)
        let peer = Peer(stack, books, python: python, broker: broker)
        try peer.start(processes: numbers["processes"])
        let runs = TradeRuns(try await Trades(stack), clients: clients)
        // A first, unmeasured one of each: connections, statements, memory.
        _ = try await peer.run(orders: min(numbers["orders"], 200))
        _ = try await runs.run(1)
        var celery: [Peer.Result] = []
        var volley: [TradeRuns.Result] = []
        // In turn: what else the machine has to do then bears on both.
        for _ in 0..<numbers["runs"] {
            celery.append(try await peer.run(orders: numbers["orders"]))
            volley += try await runs.run(1)
        }
        stack.processes.kill(Self.worker)
        MeasureCommand.say(Self.table(celery, volley).text)
        let ratio =
            Sample(volley.map(\.ordersPerSecond)).median
            / max(1, Sample(celery.map(\.ordersPerSecond)).median)
        MeasureCommand.say("Volley does \(ratio.text(1)) times as many orders a second")
        return TradeRuns.problems(volley, clients) + celery.compactMap(\.problem)
    }

    /// The folder of a Python that has Celery.
    private func environment(_ stack: MeasuredStack) async throws -> String {
        let (status, text) = try await stack.processes.command(
            [],
            environment: Surroundings.variables(),
            program: "deploy/peers/environment"
        )
        guard status == 0, let folder = text.split(separator: "\n").last else {
            throw Unusable(description: "Celery cannot be had here:\n\(text)")
        }
        return String(folder)
    }

    private static func table(_ celery: [Peer.Result], _ volley: [TradeRuns.Result]) -> Table {
        var table = Table(
            ["run", "Celery orders/s", "Volley orders/s", "ratio", "strangers' CPU %"],
            numeric: Set(0...4)
        )
        for (number, (peer, ours)) in zip(celery, volley).enumerated() {
            table.add([
                "\(number + 1)", peer.ordersPerSecond.text(), ours.ordersPerSecond.text(),
                (ours.ordersPerSecond / max(1, peer.ordersPerSecond)).text(1),
                (ours.answered.strangersPart(since: ours.before) * 100).text(),
            ])
        }
        return table
    }

    /// The Celery program: its worker, and orders for it.
    private struct Peer {
        /// What one round showed.
        struct Result {
            let orders: Int
            let seconds: Double
            let problem: String?

            var ordersPerSecond: Double { Double(orders) / max(seconds, 0.000_001) }
        }

        private let processes: RoleProcesses
        private let books: MinimalBooks
        private let python: String
        private let environment: [String: String]

        init(_ stack: MeasuredStack, _ books: MinimalBooks, python: String, broker: String) {
            processes = stack.processes
            self.books = books
            self.python = python
            environment = [
                "PATH": stack.direct["PATH"] ?? "",
                "PYTHONPATH": "deploy/peers", "PYTHONDONTWRITEBYTECODE": "1",
                "CELERY_ORDERS_AMQP": stack.direct["VOLLEY_AMQP_URL"] ?? "",
                "CELERY_ORDERS_REDIS": stack.direct["VOLLEY_REDIS_URL"] ?? "",
                "CELERY_ORDERS_DATABASE": stack.databaseURL,
                "CELERY_ORDERS_BROKER": broker,
            ]
        }

        func start(processes count: Int) throws {
            processes.add(
                CeleryPeer.worker,
                [
                    "-m", "celery", "-A", "celery_orders", "worker", "--pool", "prefork",
                    "--concurrency", "\(count)", "--loglevel", "warning",
                    "--without-gossip", "--without-mingle",
                ],
                environment: environment,
                program: python
            )
            try processes.start(CeleryPeer.worker)
        }

        /// So many orders, from the first publish to the last commit.
        func run(orders count: Int) async throws -> Result {
            let orders = try await books.prepare(orders: count)
            let began = ContinuousClock.now
            let (status, text) = try await processes.command(
                ["deploy/peers/celery_orders.py", "\(orders.lowerBound)", "\(count)"],
                environment: environment,
                program: python
            )
            guard status == 0 else {
                throw Unusable(description: "Celery took no orders:\n\(text)")
            }
            while try await books.recorded(orders) < count {
                guard ContinuousClock.now - began < .seconds(600),
                    processes.pid(CeleryPeer.worker) != nil
                else { throw Unusable(description: "Celery has not executed its orders") }
                try await Task.sleep(for: .milliseconds(50))
            }
            let seconds = began.duration(to: .now) / .seconds(1)
            return Result(
                orders: count,
                seconds: seconds,
                problem: try await books.problem(orders)
            )
        }
    }
}
