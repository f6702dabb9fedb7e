import BrokerKit
import Desk

/// Where the ticker is, which serves both order changes and prices (kite.md §7).
enum ZerodhaTicker {
    /// The address with key and token in its query; nil where the session has no such pair.
    static func address(_ url: String, of session: BrokerSession) -> String? {
        let pair = session.token.reveal().split(separator: ":", maxSplits: 1).map(String.init)
        guard pair.count == 2 else { return nil }
        var query = FormBody()
        query.field("api_key", pair[0])
        query.field("access_token", pair[1])
        return (url.hasSuffix("/") ? url : url + "/") + "?" + query.text
    }
}
