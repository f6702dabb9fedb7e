/// What keeps `Sources/Adapters/Brokers/ADDING.md` true: a broker is named where that page says, so that
/// another one needs no change anywhere else.
extension Rule {
    private static let places = [
        // Its adapter and its face.
        "Sources/Adapters/Brokers", "Sources/Sandbox",
        // Its line of wiring.
        "Sources/Programs/Wiring/BrokerLine.swift",
        // Its name, and what it charges.
        "Sources/Trading/Accounts/BrokerAccount.swift", "Sources/Trading/Costs",
        // Measures something of one of them.
        "Sources/Programs/bench",
    ]

    static let brokersByName = Rule(
        sentence: "Only its adapter, face, name, rates and wiring know a broker by name",
        broken: [
            Sample("Sources/Desk/Orders/Order.swift", "if order.broker == .dhan { return }"),
            Sample("Sources/Adapters/Web/Page.swift", "let a = ZerodhaBroker.declared"),
            Sample("Sources/Programs/Wiring/Worker.swift", "case .groww: 1"),
        ],
        kept: [
            Sample("Sources/Adapters/Brokers/Dhan/DhanBroker.swift", "let a = BrokerName.dhan"),
            Sample("Sources/Desk/Orders/Order.swift", "// as .upstox does"),
            Sample("Sources/Desk/Orders/Order.swift", "if order.broker == .paper { return }"),
            Sample("Tests/DeskTests/OrderTests.swift", "let a = BrokerName.dhan"),
        ]
    ) { file in
        guard file.isIn("Sources"),
            !places.contains(where: { file.path == $0 || file.isIn($0) })
        else { return [] }
        return file.places("names a broker", near: ["han", "erodha", "pstox", "roww"]) {
            $0.contains(/\.(dhan|zerodha|upstox|groww)\b|\b(Dhan|Zerodha|Upstox|Groww)[A-Z]/)
        }
    }
}
