import HTTPServer
import JSON

extension ControlFace {
    /// What a broker's developer console is for: where logins lead to.
    var appRoutes: [HTTPRoute] {
        [
            route("POST", "/apps") { request throws(ControlRefusal) in
                let items = try Self.list("apps", request)
                let entries = try items.map { item throws(ControlRefusal) in
                    let face = try item.text("face")
                    guard Faces.named(face) != nil else {
                        throw ControlRefusal("face \(face) is not simulated")
                    }
                    return (face, try item.text("redirect_url"))
                }
                floor.enter { world, _ in
                    for (face, url) in entries { world.redirects[face] = url }
                }
                return Self.done { $0.field("apps", entries.count) }
            }
        ]
    }
}
