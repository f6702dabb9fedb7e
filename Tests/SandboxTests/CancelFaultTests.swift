import BrokerFaces
import HTTPClient
import JSON
import Testing

/// Faults of cancels: what the caller sees, and whether the order is cancelled all the same.
@Suite struct CancelFaultTests {
    @Test(
        arguments: [
            ("delay", 202, "CANCELLED"), ("drop_after_booking", nil, "CANCELLED"),
            ("drop_before_booking", nil, "PENDING"), ("reset", nil, "CANCELLED"),
            ("reset_mid_body", nil, "CANCELLED"), ("status_429", 429, "PENDING"),
            ("status_500", 500, "PENDING"), ("status_503", 503, "PENDING"),
            ("status_504_but_placed", 504, "CANCELLED"),
            ("status_400_but_placed", 400, "CANCELLED"), ("token_expired", 401, "PENDING"),
            ("garbage_body", 200, "CANCELLED"), ("error_with_200", 200, "PENDING"),
            ("cancel_ignored", 202, "PENDING"),
        ] as [(String, Int?, String)]
    )
    func `a fault of cancels shows what it says and does what it says`(
        kind: String,
        status: Int?,
        state: String
    ) async throws {
        try await SandboxGuest.visit { guest in
            let rule =
                #"{"kind":"\#(kind)","method":"DELETE","path":"/orders","milliseconds":10}"#
            #expect(try await guest.control("POST", "/faults", rule).status == 200)
            // Placements do not suffer.
            let placed = try await guest.place()
            #expect(placed.status == 200)
            let id = try #require(placed.json["orderId"]?.string)
            let seen = try? await guest.dhan("DELETE", "/orders/" + id).status
            #expect(seen == status)
            #expect(try await guest.status(of: id) == state)
            _ = try await guest.control("DELETE", "/faults")
            let again = try await guest.dhan("DELETE", "/orders/" + id)
            #expect(again.status == (state == "PENDING" ? 202 : 400))
            #expect(try await guest.status(of: id) == "CANCELLED")
        }
    }
}
