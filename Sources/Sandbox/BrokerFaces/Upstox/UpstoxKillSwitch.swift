import Exchange
import HTTPServer
import JSON

/// The kill switch, segment by segment (upstox.md §6).
extension UpstoxFace {
    static let killSegments = [
        "NSE_EQ", "BSE_EQ", "NSE_FO", "BSE_FO", "NCD_FO", "BCD_FO", "MCX_FO", "NSE_COM",
    ]

    var killSwitchRoutes: [HTTPRoute] {
        [
            route("GET", "/v2/user/kill-switch") { call, world in
                Self.switches(world.clients[call.account])
            },
            route("POST", "/v2/user/kill-switch", .other, Self.setKillSwitch),
        ]
    }

    /// All or nothing.
    ///
    /// A stopped segment has its orders cancelled, and stays so for twelve hours.
    private static let setKillSwitch: Work = { call, world throws(UpstoxError) in
        guard let list = (try? JSONValue(parsing: call.request.body))?.array, !list.isEmpty else {
            throw .body
        }
        var stopped = world.clients[call.account].stoppedSegments
        for item in list {
            guard let name = item["segment"]?.string, killSegments.contains(name) else {
                throw UpstoxError(1186, "The segment is invalid")
            }
            switch item["action"]?.string {
            case "DISABLE":
                let isOpen = world.exchange.accounts[call.account].positions.contains { position in
                    position.value.net != 0 && segmentName(position.key.instrument, world) == name
                }
                if isOpen { throw UpstoxError(1184, "Close the open positions first") }
                stopped[name] = stopped[name] ?? call.now
            case "ENABLE":
                let cooling: Int64 = 12 * 3_600_000
                if let since = stopped[name], call.now < since.advanced(byMilliseconds: cooling) {
                    throw UpstoxError(1185, "The segment can be enabled after 12 hours")
                }
                stopped[name] = nil
            default: throw UpstoxError(1188, "The action is invalid")
            }
        }
        for order in call.book(world)
        where order.state.isOpen && stopped[segmentName(order.instrument, world)] != nil {
            // What the market fills in this very moment is not there to be cancelled.
            _ = try? world.exchange.cancel(order.number, at: call.now)
        }
        world.clients[call.account].stoppedSegments = stopped
        return switches(world.clients[call.account])
    }

    static func segmentName(_ instrument: Int, _ world: World) -> String {
        UpstoxWords.word(world.exchange.instrument(instrument).key.segment)
    }

    private static func switches(_ client: ClientState) -> FaceReply {
        success { writer in
            writer.beginArray()
            for name in killSegments {
                writer.beginObject()
                writer.field("segment", name)
                writer.field("segment_status", "ACTIVE")
                writer.field("kill_switch_enabled", client.stoppedSegments[name] != nil)
                writer.endObject()
            }
            writer.endArray()
        }
    }
}
