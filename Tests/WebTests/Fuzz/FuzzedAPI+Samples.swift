import Desk
import DeskTesting
import Trading

@testable import Web

extension FuzzedAPI {
    /// One request or more for every route, about clients and trades that are there.
    static func samples(_ world: WebWorld) async throws -> [Sample] {
        let (task, jobs) = try await world.plannedTrade(3)
        try await world.finish(jobs)
        let client = world.store.addClient("Z1", of: world.traderID, broker: .zerodha)
        let account = try await world.store.client(client)?.accounts.first?.id
        let accounts = "/api/v1/clients/\(client)/broker-accounts"
        let login = accounts + "/\(account?.description ?? "1")"
        let intent = jobs.first?.intent.description ?? "1"
        return identity + clients("\(client)") + trades("\(task)", "\(client)") + orders(intent)
            + reads("\(client)") + [
                Sample(
                    method: "PUT",
                    path: accounts,
                    body: """
                        {"broker":"dhan","broker_client_id":"1000000007","access_token":"T",
                        "session_ends":"2026-11-23T09:15:00+05:30","egress":"192.0.2.7"}
                        """
                ),
                Sample(method: "DELETE", path: login),
                Sample(method: "POST", path: login + "/login-link"),
                Sample(method: "POST", path: login + "/renew-session"),
                Sample(
                    method: "POST",
                    path: login + "/login",
                    body: #"{"code":"123456","api_key":"key"}"#
                ),
                Sample(
                    method: "POST",
                    path: login + "/login",
                    body: #"{"approved":true,"api_key":"key","api_secret":"secret"}"#
                ),
                Sample(
                    method: "PUT",
                    path: login + "/app",
                    body: #"{"api_key":"key","api_secret":"secret"}"#
                ),
                Sample(method: "POST", path: login + "/login-request"),
                Sample(method: "POST", path: login + "/logout", body: #"{"reason":"lost"}"#),
                Sample(method: "POST", path: "/broker-logins/upstox/notify", body: "usual 1 token"),
                Sample(
                    method: "GET",
                    path: "/broker-logins/zerodha/callback",
                    query: [("state", "a.b.c"), ("request_token", "R"), ("status", "success")]
                ),
                Sample(
                    method: "POST",
                    path: "/postbacks/dhan",
                    body: #"{"orderId":"1","correlationId":"VABC123","orderStatus":"TRADED"}"#
                ),
            ]
    }

    private static var identity: [Sample] {
        [
            Sample(
                method: "POST",
                path: "/api/v1/login",
                body: #"{"email":"trader@example.com","password":"correct horse battery"}"#
            ),
            Sample(method: "GET", path: "/api/v1/me"),
            Sample(method: "POST", path: "/api/v1/api-keys", body: #"{"name":"robot"}"#),
            Sample(method: "GET", path: "/api/v1/api-keys"),
            Sample(method: "DELETE", path: "/api/v1/api-keys/1"),
            Sample(
                method: "POST",
                path: "/api/v1/users",
                body: """
                    {"email":"new@example.com","name":"New","role":"trader",
                    "password":"another long password","trader_id":1,"client_id":1}
                    """
            ),
            Sample(method: "GET", path: "/api/v1/users"),
            Sample(method: "GET", path: "/api/v1/settings"),
            Sample(
                method: "PATCH",
                path: "/api/v1/settings",
                body: #"{"usual_percent":"25","trader_id":1}"#
            ),
        ]
    }

    private static func clients(_ client: String) -> [Sample] {
        [
            Sample(
                method: "POST",
                path: "/api/v1/clients",
                query: [("trader_id", "1")],
                body: """
                    {"code":"C77","name":"Asha Rao","capital":"100000.50","email":"a@example.com",
                    "status":"active","usual_percent":"12.5","groups":["gold","mumbai"]}
                    """
            ),
            Sample(
                method: "GET",
                path: "/api/v1/clients",
                query: [("limit", "50"), ("after", "1"), ("status", "active"), ("q", "a")]
            ),
            Sample(method: "GET", path: "/api/v1/clients/\(client)"),
            Sample(
                method: "PATCH",
                path: "/api/v1/clients/\(client)",
                body: #"{"name":"Asha","capital":"90000.00","groups":["gold"],"version":1}"#
            ),
            Sample(method: "DELETE", path: "/api/v1/clients/999999"),
            Sample(
                method: "POST",
                path: "/api/v1/clients/import",
                query: [("all_or_nothing", "true")],
                body: """
                    code,name,capital,email,status,usual_percent,groups,broker,broker_client_id,\
                    access_token,session_ends
                    I1,Asha,100000.00,a@example.com,active,25,gold;mumbai,dhan,1000000011,TOKEN,\
                    2026-11-23T09:15:00+05:30
                    I2,"Rao, Bina",5000,,,,,,,,
                    """,
                type: "text/csv"
            ),
        ]
    }

    private static func trades(_ task: String, _ client: String) -> [Sample] {
        [
            Sample(method: "POST", path: "/api/v1/bulk-trades", body: WebWorld.buy),
            Sample(
                method: "POST",
                path: "/api/v1/bulk-trades",
                query: [("trader_id", "1")],
                body: """
                    {"symbol":"RELIANCE","exchange":"NSE","side":"BUY","order_type":"LIMIT",
                    "product":"DELIVERY","validity":"DAY","price":"2950.50","percent":"12.5",
                    "clients":[1,2,"\(client)"],"on_doubt":{"policy":"ask"}}
                    """
            ),
            Sample(
                method: "POST",
                path: "/api/v1/bulk-trades",
                body: """
                    {"symbol":"RELIANCE","side":"SELL","order_type":"STOP_LIMIT","price":100,
                    "trigger_price":101.05,"quantity":"7","cap_percent":"5","group":"gold"}
                    """
            ),
            Sample(
                method: "GET",
                path: "/api/v1/bulk-trades",
                query: [("limit", "10"), ("before", "9"), ("state", "complete")]
            ),
            Sample(method: "GET", path: "/api/v1/bulk-trades/\(task)"),
            Sample(
                method: "GET",
                path: "/api/v1/bulk-trades/\(task)/events",
                query: [("until", "complete")]
            ),
            Sample(
                method: "GET",
                path: "/api/v1/bulk-trades/\(task)/results",
                query: [("limit", "2"), ("after", "1"), ("state", "success"), ("client_id", "1")]
            ),
            Sample(method: "GET", path: "/api/v1/bulk-trades/\(task)/pnl", query: [("limit", "2")]),
            Sample(
                method: "POST",
                path: "/api/v1/bulk-trades/\(task)/cancel",
                body: #"{"reason":"the price has run away"}"#
            ),
            // No symbol that exists: what is accepted would be waited for.
            Sample(
                method: "POST",
                path: "/api/admin/execute-order",
                body: """
                    {"symbol":"NOSUCH","transactionType":"BUY","orderType":"LIMIT",
                    "productType":"MIS","price":10.5,"quantity":3,"triggerPrice":null}
                    """
            ),
        ]
    }

    private static func orders(_ intent: String) -> [Sample] {
        [
            Sample(method: "GET", path: "/api/v1/orders/unknown", query: [("after", "1")]),
            Sample(
                method: "POST",
                path: "/api/v1/orders/\(intent)/cancel",
                body: #"{"reason":"a mistake"}"#
            ),
            Sample(
                method: "POST",
                path: "/api/v1/orders/\(intent)/decision",
                body: #"{"decision":"not_placed","reason":"seen in the book","attempt":1}"#
            ),
            Sample(
                method: "POST",
                path: "/api/v1/cancels",
                body: """
                    {"scope":{"symbol":"RELIANCE","side":"BUY","clients":[1,2],"group":"gold"},
                    "reason":"stop","all":true,"broker":"dhan"}
                    """
            ),
            Sample(method: "GET", path: "/api/v1/cancels", query: [("limit", "3")]),
            Sample(method: "GET", path: "/api/v1/cancels/1", query: [("limit", "3")]),
            Sample(
                method: "POST",
                path: "/api/v1/halts",
                body: #"{"scope":"client","client_id":1,"broker":"dhan","reason":"a test"}"#
            ),
            Sample(
                method: "DELETE",
                path: "/api/v1/halts",
                body: #"{"scope":"client","client_id":1,"reason":"over"}"#
            ),
        ]
    }

    private static func reads(_ client: String) -> [Sample] {
        let days: [(name: String, value: String)] = [("from", "2026-11-20"), ("to", "2026-11-21")]
        return [
            Sample(method: "GET", path: "/healthz"), Sample(method: "GET", path: "/readyz"),
            Sample(method: "GET", path: "/metrics"), Sample(method: "GET", path: "/openapi.json"),
            Sample(method: "GET", path: "/api/v1/halts"),
            Sample(method: "GET", path: "/api/v1/brokers"),
            Sample(
                method: "GET",
                path: "/api/v1/readiness",
                query: [("broker", "dhan"), ("state", "ready"), ("after", "1"), ("limit", "5")]
            ),
            Sample(
                method: "GET",
                path: "/api/v1/reconciliation",
                query: [("state", "open"), ("after", "1"), ("client_id", "1")]
            ),
            Sample(
                method: "GET",
                path: "/api/v1/instruments",
                query: [("q", "REL"), ("exchange", "NSE"), ("limit", "5")]
            ),
            Sample(
                method: "GET",
                path: "/api/v1/audit",
                query: days + [("action", "CLIENT_CREATED"), ("user_id", "1"), ("before", "9")]
            ),
            Sample(method: "GET", path: "/api/v1/audit.csv", query: days),
            Sample(method: "GET", path: "/api/v1/clients/\(client)/portfolio"),
            Sample(
                method: "GET",
                path: "/api/v1/clients/\(client)/transactions",
                query: days + [("limit", "5"), ("after", "1")]
            ),
            Sample(method: "GET", path: "/api/v1/portfolio", query: [("limit", "5")]),
        ]
    }
}
