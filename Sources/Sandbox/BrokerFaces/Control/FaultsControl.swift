import HTTPServer
import JSON

extension ControlFace {
    var faultRoutes: [HTTPRoute] {
        [
            route("POST", "/faults") { request throws(ControlRefusal) in
                let items = try Self.list("faults", request)
                let rules = try items.map { item throws(ControlRefusal) in try Self.rule(item) }
                let ids = floor.enter { world, _ in
                    rules.map { rule in
                        world.faults.add { id in rule.numbered(id) }
                    }
                }
                return Self.done { writer in
                    writer.key("ids")
                    writer.beginArray()
                    for id in ids { writer.integer(id) }
                    writer.endArray()
                }
            },
            route("GET", "/faults") { _ throws(ControlRefusal) in
                let rules = floor.enter { world, _ in world.faults.rules }
                return Self.done { writer in
                    writer.key("faults")
                    writer.beginArray()
                    for rule in rules { Self.write(rule, &writer) }
                    writer.endArray()
                }
            },
            route("DELETE", "/faults") { _ throws(ControlRefusal) in
                floor.enter { world, _ in world.faults.removeAll() }
                return Self.done { $0.field("status", "cleared") }
            },
            route("DELETE", "/faults/{id}") { request throws(ControlRefusal) in
                let id = request.pathParameters["id"].flatMap { Int($0) } ?? 0
                let isKnown = floor.enter { world, _ in world.faults.remove(id) }
                guard isKnown else { throw ControlRefusal("no such fault", status: 404) }
                return Self.done { $0.field("status", "cleared") }
            },
        ]
    }

    private static func rule(_ item: JSONValue) throws(ControlRefusal) -> FaultRule {
        let word = try item.text("kind")
        guard let kind = FaultKind(rawValue: word) else {
            let known = FaultKind.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlRefusal("kind \(word) is not one of \(known)")
        }
        var rule = FaultRule(id: 0, kind: kind)
        rule.face = try item.optionalText("face")
        rule.account = try item.optionalText("account")
        rule.path = try item.optionalText("path")
        rule.method = try item.optionalText("method")
        rule.probabilityPercent = try item.optionalWhole("probability_percent") ?? 100
        rule.timesLeft = try item.optionalWhole("times").map { Int($0) }
        rule.milliseconds = try item.optionalWhole("milliseconds")
        rule.status = try item.optionalWhole("status").map { Int($0) }
        rule.code = try item.optionalText("code")
        rule.isPlacingOnly = try item.optionalFlag("placing") ?? false
        rule.isCancellingOnly = try item.optionalFlag("cancelling") ?? false
        guard (0...100).contains(rule.probabilityPercent), rule.timesLeft ?? 1 > 0 else {
            throw ControlRefusal("probability_percent must be 0 to 100, times above 0")
        }
        if let milliseconds = rule.milliseconds, milliseconds.magnitude > 86_400_000 {
            throw ControlRefusal("milliseconds must be a day at most")
        }
        guard (200...599).contains(rule.status ?? 400) else {
            throw ControlRefusal("status must be 200 to 599")
        }
        return rule
    }

    private static func write(_ rule: FaultRule, _ writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", rule.id)
        writer.field("kind", rule.kind.rawValue)
        writer.fieldOrNull("face", rule.face)
        writer.fieldOrNull("account", rule.account)
        writer.fieldOrNull("path", rule.path)
        writer.fieldOrNull("method", rule.method)
        writer.field("probability_percent", rule.probabilityPercent)
        writer.fieldOrNull("times_left", rule.timesLeft)
        writer.fieldOrNull("milliseconds", rule.milliseconds)
        writer.fieldOrNull("status", rule.status)
        writer.fieldOrNull("code", rule.code)
        writer.field("placing", rule.isPlacingOnly)
        writer.field("cancelling", rule.isCancellingOnly)
        writer.field("drawn", rule.drawn)
        writer.endObject()
    }
}
