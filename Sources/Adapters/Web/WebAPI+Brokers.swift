import Desk
import HTTPServer
import JSON
import Trading

extension WebAPI {
    /// What each broker can do, its limits, and how it answers.
    var brokerRoutes: [HTTPRoute] {
        [route("GET", "/api/v1/brokers") { try await listBrokers($0) }]
    }

    /// How long a worker's word on a broker's answers counts.
    private static let healthAge: Duration = .seconds(15)

    private func listBrokers(_ request: HTTPServerRequest) async throws -> HTTPServerResponse {
        _ = try await authentication.caller(request)
        let told = await brokerHealth.told(maximumAge: Self.healthAge)
        return .json { body in
            body.beginObject()
            body.key("brokers")
            body.beginArray()
            for traits in brokers {
                body.broker(traits, told.map { $0.filter { $0.broker == traits.name } })
            }
            body.endArray()
            body.endObject()
        }
    }
}

extension JSONWriter {
    fileprivate mutating func broker(_ traits: BrokerTraits, _ told: [BrokerHealth]?) {
        beginObject()
        field("broker", traits.name.rawValue)
        health(told)
        key("can")
        beginObject()
        for capability in BrokerCapability.allCases {
            field(capability.rawValue, capability.provision(by: traits).rawValue)
        }
        endObject()
        if let conditional = traits.conditional {
            key("conditional_holds")
            beginObject()
            for kind in ConditionalKind.allCases where conditional.kinds[kind] != nil {
                field(kind.rawValue, conditional.holds(kind).rawValue)
            }
            endObject()
        }
        words("products", traits.products.map(\.rawValue))
        words("order_types", traits.orderTypes.map(\.rawValue))
        words("look_ups", traits.lookUps.map(\.rawValue))
        field("reference_length", traits.referenceLength)
        field("refuses_duplicates", traits.refusesDuplicates)
        field("visibility_lag_seconds", traits.visibilityLag.components.seconds)
        limits("order_limits", traits.orderLimits)
        limits("cancel_limits", traits.cancelLimits)
        limits("read_limits", traits.readLimits)
        limits("quote_limits", traits.quoteLimits)
        endObject()
    }

    /// `unknown` where no worker has called the broker lately, or nobody can be asked.
    private mutating func health(_ told: [BrokerHealth]?) {
        let told = told ?? []
        let answered = told.compactMap(\.lastAnswer).max()
        let silent = told.compactMap(\.lastSilence).max()
        let state =
            if told.contains(where: \.isResting) {
                "resting"
            } else if let silent, answered.map({ $0 < silent }) ?? true {
                "silent"
            } else {
                answered == nil ? "unknown" : "answering"
            }
        key("health")
        beginObject()
        field("state", state)
        field("workers", told.count)
        field("workers_resting", told.count { $0.isResting })
        fieldOrNull("last_answer_at", answered.map(TimestampText.text))
        fieldOrNull("last_silence_at", silent.map(TimestampText.text))
        endObject()
    }

    private mutating func words(_ name: String, _ words: [String]) {
        key(name)
        beginArray()
        for word in words.sorted() { string(word) }
        endArray()
    }

    private mutating func limits(_ name: String, _ limits: [RateLimit]) {
        key(name)
        beginArray()
        for limit in limits {
            beginObject()
            field("calls", limit.calls)
            field("seconds", limit.seconds)
            endObject()
        }
        endArray()
    }
}
