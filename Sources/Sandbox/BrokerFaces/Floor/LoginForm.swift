/// Stands in for a broker's login page: asks who logs in, which the real one proves by passwords.
enum LoginForm {
    /// A page that comes back with all of `query` and with the client's number under `field`.
    static func page(
        at broker: String,
        asking field: String,
        keeping query: [(name: String, value: String)]
    ) -> FaceReply {
        let kept = query.map {
            "<input type=hidden name=\"\(escaped($0.name))\" value=\"\(escaped($0.value))\">"
        }
        let html = """
            <!doctype html>
            <html lang="en"><head><meta charset="utf-8"><title>Simulated login</title></head>
            <body><h1>Simulated login at \(escaped(broker))</h1>
            <form>\(kept.joined())
            <label>Client number <input name="\(escaped(field))" autofocus required></label>
            <button>Log in</button></form></body></html>

            """
        return FaceReply(Array(html.utf8), contentType: "text/html; charset=utf-8")
    }

    /// Sends the browser on with what the broker adds to the app's address.
    static func redirect(to target: String, with query: String) -> FaceReply {
        var reply = FaceReply(status: 302, [], contentType: "text/html")
        reply.headers = [("Location", target + (target.contains("?") ? "&" : "?") + query)]
        return reply
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;")
            .replacing(">", with: "&gt;").replacing("\"", with: "&quot;")
    }
}
