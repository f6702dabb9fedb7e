import Exchange
import HTTPServer
import JSON

extension ControlFace {
    var clockRoutes: [HTTPRoute] {
        [
            route("GET", "/clock") { _ throws(ControlRefusal) in clock() },
            route("POST", "/clock") { request throws(ControlRefusal) in
                let body = try Self.body(request)
                if let now = body["now"] {
                    // Null puts the clock back; left out, it stays as it is.
                    let moment = try body.optionalMoment("now")
                    if !now.isNull || moment == nil { floor.setClock(moment) }
                }
                if let word = try body.optionalText("market") {
                    guard let hours = TradingHours(word: word) else {
                        throw ControlRefusal("market must be open, closed or exchange")
                    }
                    floor.enter { world, now in world.exchange.setHours(hours, at: now) }
                }
                floor.tick()
                return clock()
            },
            route("GET", "/latency") { _ throws(ControlRefusal) in latency() },
            route("POST", "/latency") { request throws(ControlRefusal) in
                let body = try Self.body(request)
                let milliseconds = try body.optionalWhole("milliseconds") ?? 0
                let jitter = try body.optionalWhole("jitter_milliseconds") ?? 0
                guard (0...600_000).contains(milliseconds), (0...600_000).contains(jitter) else {
                    throw ControlRefusal("milliseconds must be 0 to 600000")
                }
                floor.enter { world, _ in
                    world.latencyMilliseconds = milliseconds
                    world.jitterMilliseconds = jitter
                }
                return latency()
            },
        ]
    }

    private func clock() -> HTTPServerResponse {
        let (now, hours, isOpen) = floor.enter { world, now in
            (now, world.exchange.hours, world.exchange.isOpen(at: now))
        }
        return Self.done { writer in
            writer.field("market", hours.word)
            writer.field("open", isOpen)
            writer.field("now", now.rfc3339)
        }
    }

    private func latency() -> HTTPServerResponse {
        let (milliseconds, jitter) = floor.enter { world, _ in
            (world.latencyMilliseconds, world.jitterMilliseconds)
        }
        return Self.done { writer in
            writer.field("milliseconds", milliseconds)
            writer.field("jitter_milliseconds", jitter)
        }
    }
}
