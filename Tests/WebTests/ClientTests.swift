import Desk
import DeskTesting
import HTTPClient
import JSON
import Testing
import Trading

@Suite("Clients, accounts and imports", .timeLimit(.minutes(5)))
struct ClientTests {
    private static let token = "eyJ-super-secret-token-9f8e7d"

    private func importing(
        _ world: WebWorld,
        _ csv: String,
        query: String = "",
        type: String = "text/csv; charset=utf-8"
    ) async throws -> WebAnswer {
        try await world.ask(
            "POST",
            "/api/v1/clients/import" + query,
            as: world.trader,
            csv,
            headers: [("Content-Type", type)]
        )
    }

    @Test("A client is made, read, changed and archived")
    func life() async throws {
        try await WebWorld.serving { world in
            let made = try await world.ask(
                "POST",
                "/api/v1/clients",
                as: world.trader,
                #"{"code":"A1","name":"Asha","capital":"100000.50","groups":["east"]}"#
            )
            #expect(made.status == 201)
            let id = try #require(made.json["id"]?.int64)
            #expect(made.header("location") == "/api/v1/clients/\(id)")
            #expect(made.json["funds"]?["available"]?.string == "100000.50")
            let path = "/api/v1/clients/\(id)"
            let changed = try await world.ask(
                "PATCH",
                path,
                as: world.trader,
                #"{"capital":"50000","usual_percent":10,"status":"inactive"}"#
            )
            #expect(changed.json["capital"]?.string == "50000.00")
            #expect(changed.json["name"]?.string == "Asha")
            #expect(changed.json["status"]?.string == "inactive")
            let gone = try await world.ask("DELETE", path, as: world.trader)
            #expect(gone.status == 204)
            let read = try await world.ask("GET", path, as: world.trader)
            #expect(read.json["status"]?.string == "archived")
        }
    }

    @Test("SQL in a name is stored as it is and does nothing")
    func sqlInNames() async throws {
        try await WebWorld.serving { world in
            let name = "Robert'); DROP TABLE client;-- \\ ' OR 1=1 %"
            let body = JSONValue.object(
                {
                    var object = JSONObject()
                    object.append("code", "BOBBY")
                    object.append("name", .string(name))
                    object.append("capital", "10")
                    return object
                }()
            )
            let made = try await world.ask(
                "POST",
                "/api/v1/clients",
                as: world.trader,
                String(decoding: body.serialized(), as: UTF8.self)
            )
            #expect(made.status == 201)
            #expect(made.json["name"]?.string == name)
            let list = try await world.ask(
                "GET",
                "/api/v1/clients?search=%27%29%3B%20DROP",
                as: world.trader
            )
            #expect(list.json["clients"]?[0]?["name"]?.string == name)
        }
    }

    private static let refused: [(fields: String, field: String)] = [
        (#""name":"A","capital":"1""#, "code"), (#""code":"A","capital":"1""#, "name"),
        (#""code":"A","name":"A""#, "capital"),
        (#""code":"A","name":"A","capital":"-1""#, "capital"),
        (#""code":"A","name":"A","capital":1e999"#, "capital"),
        (#""code":"A","name":"A","capital":"0.001""#, "capital"),
        (#""code":"A","name":"A","capital":"NaN""#, "capital"),
        (#""code":"A","name":"A","capital":99999999999999999999"#, "capital"),
        (#""code":"A","name":"A\u0000","capital":"1""#, "name"),
        (#""code":"A","name":"A","capital":"1","status":"dead""#, "status"),
        (#""code":"A","name":"A","capital":"1","groups":"east""#, "groups"),
        (#""code":"A","name":"A","capital":"1","groups":["a\u0000b"]"#, "groups"),
        (#""code":"A","name":"A","capital":"1","usual_percent":101"#, "usual_percent"),
        (#""code":"A","name":"A","capital":"1","trader_id":7"#, "trader_id"),
    ]

    @Test("A client that cannot be is refused by its field, and not stored")
    func refusals() async throws {
        try await WebWorld.serving { world in
            for (fields, field) in Self.refused {
                try await world.ask("POST", "/api/v1/clients", as: world.trader, "{\(fields)}")
                    .expectProblem(422, "invalid_fields", field: field)
            }
            #expect(world.store.size[1] == 0)
            let good = #"{"code":"A","name":"A","capital":"10"}"#
            let made = try await world.ask("POST", "/api/v1/clients", as: world.trader, good)
            try await world.ask("POST", "/api/v1/clients", as: world.trader, good)
                .expectProblem(409, "code_taken")
            #expect(
                try await world.ask("POST", "/api/v1/clients", as: world.other, good).status == 201
            )
            let id = try #require(made.json["id"]?.int64)
            #expect(world.store.size[1] == 2)
            let funds = try #require(world.store.funds(of: ClientID(id)))
            #expect(funds.deposited == Money(paise: 1_000))
        }
    }

    @Test("A broker token goes in and appears in no answer")
    func tokenHidden() async throws {
        try await WebWorld.serving { world in
            let client = world.store.addClient("A", of: world.traderID)
            let path = "/api/v1/clients/\(client)/broker-accounts"
            let put = try await world.ask(
                "PUT",
                path,
                as: world.trader,
                #"{"broker":"dhan","broker_client_id":"1100","access_token":"\#(Self.token)"}"#
            )
            #expect(put.status == 200)
            let account = try #require(put.json["id"]?.int64)
            let session = try #require(try await world.store.session(AccountID(account)))
            #expect(session.token.reveal() == Self.token)
            let wrong = try await world.ask(
                "PUT",
                path,
                as: world.trader,
                #"{"broker":"dhan","broker_client_id":7,"access_token":"\#(Self.token)"}"#
            )
            wrong.expectProblem(422, "invalid_fields", field: "broker_client_id")
            let second = world.store.addClient("B", of: world.traderID)
            let taken = try await world.ask(
                "PUT",
                "/api/v1/clients/\(second)/broker-accounts",
                as: world.trader,
                #"{"broker":"dhan","broker_client_id":"1100","access_token":"\#(Self.token)"}"#
            )
            taken.expectProblem(409, "account_taken")
            let read = try await world.ask("GET", "/api/v1/clients/\(client)", as: world.trader)
            let list = try await world.ask("GET", "/api/v1/clients", as: world.admin)
            #expect(read.json["broker_accounts"]?[0]?["status"]?.string == "connected")
            for answer in [put, wrong, taken, read, list] {
                #expect(!answer.text.contains(Self.token))
            }
            let stranger = try await world.ask("DELETE", path + "/\(account)", as: world.other)
            stranger.expectProblem(404, "not_found")
            let gone = try await world.ask("DELETE", path + "/\(account)", as: world.trader)
            #expect(gone.status == 204)
            #expect(try await world.store.session(AccountID(account)) == nil)
            let paper = try await world.ask(
                "PUT",
                path,
                as: world.trader,
                #"{"broker":"paper","broker_client_id":"1","access_token":"x"}"#
            )
            paper.expectProblem(422, "invalid_fields", field: "broker")
        }
    }

    @Test("Ten thousand rows are imported in one step")
    func manyRows() async throws {
        try await WebWorld.serving { world in
            var csv = "code,name,capital\n"
            for number in 0..<10_000 { csv += "C\(number),Client \(number),\(number).50\n" }
            let answer = try await importing(world, csv)
            #expect(answer.status == 200)
            #expect(answer.json["imported"]?.int64 == 10_000)
            #expect(answer.json["refused"]?.int64 == 0)
            #expect(world.store.size[1] == 10_000)
            #expect(world.store.count(of: "importClients") == 1)
        }
    }

    @Test("Byte order mark, CRLF, quotes, odd column order and a missing last line end are read")
    func shapes() async throws {
        try await WebWorld.serving { world in
            let csv =
                "\u{FEFF}Name,CODE,capital,groups\r\n"
                + "\"Rao, \"\"R\"\"\",A1,\"100.50\",east;west\r\n\r\n" + "Zoë,A2,7,"
            let answer = try await importing(world, csv)
            #expect(answer.json["imported"]?.int64 == 2, "\(answer.text)")
            let list = try await world.ask("GET", "/api/v1/clients", as: world.trader)
            let clients = list.json["clients"]
            #expect(clients?[0]?["name"]?.string == "Rao, \"R\"")
            #expect(clients?[0]?["capital"]?.string == "100.50")
            #expect(clients?[0]?["groups"]?.array?.compactMap(\.string) == ["east", "west"])
            #expect(clients?[1]?["name"]?.string == "Zoë")
        }
    }

    private static let mixed = [
        "code,name,capital,broker,broker_client_id,access_token,email",
        "A1,Good,100,,,,",
        "A1,Repeated,100,,,,",
        "A2,,100,,,,",
        "A3,No capital,,,,,",
        "A4,Negative,-1,,,,",
        "A5,No token,1,dhan,77,,",
        "A6,Too few,1",
        "A7,Zero\u{0}byte,1,,,,",
        "A8,Fine,1,,,,a\u{0}b@example.com",
        "A9,Connected,1,dhan,88,\(token),",
        "TAKEN,Taken,1,,,,",
    ].joined(separator: "\n")

    @Test("Good lines are stored; each bad one is told by line and field")
    func mixedRows() async throws {
        try await WebWorld.serving { world in
            _ = world.store.addClient("TAKEN", of: world.traderID)
            let answer = try await importing(world, Self.mixed)
            #expect(answer.status == 200, "\(answer.text)")
            #expect(answer.json["imported"]?.int64 == 2)
            #expect(answer.json["refused"]?.int64 == 9)
            let told = answer.json["errors"]?.array?.compactMap { error -> String? in
                guard let line = error["line"]?.int64, let field = error["field"]?.string else {
                    return nil
                }
                return "\(line) \(field)"
            }
            let expected = [
                "3 code", "4 name", "5 capital", "6 capital", "7 access_token", "9 name",
                "10 email", "12 code",
            ]
            #expect(Set(expected).isSubset(of: Set(told ?? [])), "\(answer.text)")
            #expect(told?.contains { $0.hasPrefix("8 ") } == true)
            #expect(!answer.text.contains(Self.token))
            #expect(world.store.size[1] == 3)
        }
    }

    @Test("All or nothing stores nothing where one line is bad")
    func allOrNothing() async throws {
        try await WebWorld.serving { world in
            let answer = try await importing(world, Self.mixed, query: "?all_or_nothing=true")
            #expect(answer.status == 422)
            #expect(answer.json["imported"]?.int64 == 0)
            #expect(world.store.size[1] == 0)
            let good = try await importing(
                world,
                "code,name,capital\nA,B,1\n",
                query: "?all_or_nothing=true"
            )
            #expect(good.json["imported"]?.int64 == 1)
        }
    }

    @Test("A file that is none is refused as a problem")
    func badFiles() async throws {
        try await WebWorld.serving { world in
            try await importing(world, "a", type: "application/json").expectProblem(415, "not_csv")
            try await importing(world, "").expectProblem(400, "empty_body")
            try await importing(world, "code,name\nA,B\n")
                .expectProblem(422, "invalid_fields", field: "capital")
            try await importing(world, "code,name,capital,password\n")
                .expectProblem(422, "invalid_fields", field: "password")
            try await importing(world, "code,name,capital,code\n")
                .expectProblem(422, "invalid_fields", field: "header")
            let latin1 = try await world.client.send(
                HTTPRequest(
                    method: "POST",
                    url: world.url("/api/v1/clients/import"),
                    headers: [
                        ("Authorization", "Bearer " + world.token(world.trader)),
                        ("Content-Type", "text/csv"),
                    ],
                    body: Array("code,name,capital\nA,Zo".utf8) + [0xEB] + Array(",1\n".utf8),
                    timeout: .seconds(60)
                )
            )
            WebAnswer(latin1).expectProblem(400, "not_utf8")
            #expect(world.store.size[1] == 0)
        }
    }
}
