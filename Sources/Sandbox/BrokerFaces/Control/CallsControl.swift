import HTTPServer
import JSON

/// What came in over the wire, so that a test can tell once from twice where nothing was booked.
extension ControlFace {
    var callRoutes: [HTTPRoute] {
        [
            route("GET", "/calls") { _ throws(ControlRefusal) in
                let log = floor.enter { world, _ in world.calls }
                return Self.done { writer in
                    writer.field("placements", log.placements)
                    writer.key("calls")
                    writer.beginArray()
                    for (name, count) in log.counts.sorted(by: { $0.key.call < $1.key.call }) {
                        writer.beginObject()
                        writer.field("face", name.face)
                        writer.field("call", name.call)
                        writer.field("count", count)
                        writer.endObject()
                    }
                    writer.endArray()
                }
            },
            route("DELETE", "/calls") { _ throws(ControlRefusal) in
                floor.enter { world, _ in world.calls.clear() }
                return Self.done { $0.field("status", "cleared") }
            },
        ]
    }
}
