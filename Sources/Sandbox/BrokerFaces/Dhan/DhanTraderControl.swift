import Exchange
import HTTPServer
import JSON

/// Kill switch, static addresses, EDIS and statements (dhan.md §1, §6).
extension DhanFace {
    var controlRoutes: [HTTPRoute] {
        [
            route("POST", "/killswitch", .other, Self.setKillSwitch),
            route("GET", "/killswitch") { call, world in
                let word = world.clients[call.account].isKilled ? "ACTIVATE" : "DEACTIVATE"
                return Self.killSwitch(word, call, world)
            },
            route("POST", "/ip/setIP") { call, world throws(DhanError) in
                try Self.setAddress(call, &world, isChange: false)
            },
            route("PUT", "/ip/modifyIP") { call, world throws(DhanError) in
                try Self.setAddress(call, &world, isChange: true)
            },
            route("GET", "/ip/getIP", .other, Self.addresses),
            route("GET", "/edis/tpin") { _, _ in
                // Documented as 202 without a body, on which the official SDK stumbles.
                FaceReply(status: 202, Array("{}".utf8))
            },
            route("POST", "/edis/form", .other, Self.edisForm),
            route("POST", "/edis/bulkform", .other, Self.edisBulkForm),
            route("GET", "/edis/inquire/{isin}", .other, Self.edisInquiry),
        ]
    }

    private static let setKillSwitch: Work = { call, world throws(DhanError) in
        switch call.request.query("killSwitchStatus") {
        case "ACTIVATE":
            let account = world.exchange.accounts[call.account]
            let isFlat = account.positions.values.allSatisfy { $0.net == 0 }
            guard isFlat, !call.orders(world).contains(where: \.state.isOpen) else {
                throw .order("Close all positions and cancel all pending orders first")
            }
            world.clients[call.account].isKilled = true
            return killSwitch("Kill Switch has been successfully activated", call, world)
        case "DEACTIVATE":
            world.clients[call.account].isKilled = false
            return killSwitch("Kill Switch has been successfully deactivated", call, world)
        default:
            throw .badInput
        }
    }

    private static func killSwitch(_ status: String, _ call: FaceCall, _ world: World) -> FaceReply
    {
        FaceReply { writer in
            writer.beginObject()
            writer.field("dhanClientId", world.clients[call.account].client)
            writer.field("killSwitchStatus", status)
            writer.endObject()
        }
    }

    /// An address may be set, and then changed once in seven days.
    private static func setAddress(
        _ call: FaceCall,
        _ world: inout World,
        isChange: Bool
    ) throws(DhanError) -> FaceReply {
        guard let fields = call.fields, let ip = fields.text("ip"),
            let flag = fields.text("ipFlag"),
            flag == "PRIMARY" || flag == "SECONDARY", ip.contains(".") || ip.contains(":")
        else { throw .badInput }
        if isChange {
            let week: Int64 = 7 * 86_400_000
            if let changed = world.clients[call.account].addressChangedAt[flag],
                call.now < changed.advanced(byMilliseconds: week)
            {
                throw .input("IP can be modified once in 7 days")
            }
            world.clients[call.account].addressChangedAt[flag] = call.now
        }
        if flag == "PRIMARY" {
            world.clients[call.account].primaryAddress = ip
        } else {
            world.clients[call.account].secondaryAddress = ip
        }
        return FaceReply { writer in
            writer.beginObject()
            writer.field("message", "IP saved successfully")
            writer.field("status", "SUCCESS")
            writer.endObject()
        }
    }

    private static let addresses: Work = { call, world throws(DhanError) in
        let client = world.clients[call.account]
        return FaceReply { writer in
            writer.beginObject()
            for (word, flag, address) in [
                ("Primary", "PRIMARY", client.primaryAddress),
                ("Secondary", "SECONDARY", client.secondaryAddress),
            ] {
                let changed = client.addressChangedAt[flag] ?? call.now
                writer.fieldOrNull("modifyDate" + word, address.map { _ in changed.indianDate })
                writer.fieldOrNull(word.lowercased() + "IP", address)
            }
            writer.endObject()
        }
    }

    /// The client is taken to have filled in the form at once.
    private static let edisForm: Work = { call, world throws(DhanError) in
        guard let fields = call.fields, fields.has("isin") || fields.flag("bulk") == true else {
            throw .badInput
        }
        let isBulk = fields.flag("bulk") == true
        let one = fields.text("isin").map { ($0, (fields.whole("qty") ?? nil) ?? 0) }
        world.authorise(
            SaleRequest(account: call.account, shares: isBulk ? [] : [one].compactMap(\.self))
        )
        return depositoryForm(call, world)
    }

    /// Of the vendor's sandbox only: several kinds of shares, all that is held of each.
    private static let edisBulkForm: Work = { call, world throws(DhanError) in
        guard let tree = try? JSONValue(parsing: call.request.body),
            let isins = tree["isin"]?.array?.compactMap(\.string), !isins.isEmpty,
            ["NSE", "BSE", "ALL"].contains(tree["exchange"]?.string),
            tree["segment"]?.string == "EQ"
        else { throw .badInput }
        world.authorise(
            SaleRequest(account: call.account, shares: isins.map { ($0, Int64(Int32.max)) })
        )
        return depositoryForm(call, world)
    }

    private static func depositoryForm(_ call: FaceCall, _ world: World) -> FaceReply {
        let form = "<html><body><form name=\\\"frmDIS\\\" method=\\\"post\\\"></form></body></html>"
        return FaceReply { writer in
            writer.beginObject()
            writer.field("dhanClientId", world.clients[call.account].client)
            writer.field("edisFormHtml", form)
            writer.endObject()
        }
    }

    /// Everything held counts as approved, unless the account's sales need a word of the client's.
    private static let edisInquiry: Work = { call, world throws(DhanError) in
        let wanted = call.request.pathParameters["isin"] ?? "ALL"
        var quantity: Int64 = 0
        var approved: Int64 = 0
        for (index, holding) in world.exchange.accounts[call.account].holdings
        where wanted == "ALL" || world.exchange.instrument(index).isin == wanted {
            quantity += holding.quantity
            approved += world.authorised(index, of: call.account)
        }
        return FaceReply { writer in
            writer.beginObject()
            writer.field("clientId", world.clients[call.account].client)
            writer.field("isin", wanted)
            writer.field("totalQty", quantity)
            writer.field("aprvdQty", approved)
            writer.field("status", "SUCCESS")
            writer.field("remarks", "eDIS transaction done successfully")
            writer.endObject()
        }
    }
}
