import HTTPClient
import HTTPServer
import JSON

extension ControlFace {
    /// What a broker's developer console is for, where logins lead to; and the client's own hand.
    var appRoutes: [HTTPRoute] {
        [
            route("POST", "/apps") { request throws(ControlRefusal) in
                let entries = try Self.list("apps", request).map(AppEntry.init)
                floor.enter { world, _ in
                    for entry in entries { entry.enter(&world) }
                }
                return Self.done { $0.field("apps", entries.count) }
            },
            // The client approves in the broker's own app, or not, what an app asks for.
            route("POST", "/login-approvals") { request throws(ControlRefusal) in
                let body = try Self.body(request)
                let face = try Self.face(body)
                let key = try body.text("app_key")
                let isApproved = try body.optionalFlag("approve") ?? true
                let (isAsked, letter) = floor.enter { world, now in
                    let isAsked = world.apps[AppName(face: face.name, key: key)]?.isAsked
                    return (isAsked == true, face.answer(key, isApproved: isApproved, &world, now))
                }
                guard isAsked else {
                    throw ControlRefusal("app \(key) asks for nothing", status: 404)
                }
                if let letter { floor.postbacks.add(letter) }
                return Self.done { $0.field("sent", letter != nil) }
            },
        ]
    }

    fileprivate static func face(_ item: JSONValue) throws(ControlRefusal)
        -> any BrokerFace.Type
    {
        let name = try item.text("face")
        guard let face = Faces.named(name) else {
            throw ControlRefusal("face \(name) is not simulated")
        }
        return face
    }
}

/// One app: of all clients, with where its logins lead to; or a client's own.
private enum AppEntry {
    case redirect(face: String, url: String)
    case own(AppName, LoginApp)

    init(_ item: JSONValue) throws(ControlRefusal) {
        let face = try ControlFace.face(item).name
        guard let key = try item.optionalText("app_key") else {
            self = .redirect(face: face, url: try item.text("redirect_url"))
            return
        }
        let notifier = try item.optionalText("notifier_url")
        guard notifier.map(HTTPPoster.takes) ?? true else {
            throw ControlRefusal("notifier_url is not http:// and an address")
        }
        self = .own(
            AppName(face: face, key: key),
            LoginApp(
                client: try item.text("client_id"),
                secret: try item.optionalText("app_secret"),
                notifier: notifier,
                redirect: try item.optionalText("redirect_url")
            )
        )
    }

    func enter(_ world: inout World) {
        switch self {
        case .redirect(let face, let url): world.redirects[face] = url
        case .own(let name, let app): world.apps[name] = app
        }
    }
}
