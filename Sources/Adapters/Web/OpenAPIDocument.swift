import Desk
import JSON

/// The OpenAPI document, made from the tables beside it; a test holds it against the routes.
enum OpenAPIDocument {
    /// The document as it is served.
    static let bytes: [UInt8] = document.serialized()

    /// One operation in short.
    struct Operation: Sendable {
        let method: String
        let path: String
        let summary: String
        /// Query and header parameters: name, where, what it means.
        var parameters: [(String, String, String)] = []
        /// The schema of the body; nil where there is none.
        var body: String?
        /// The media type of the body.
        var bodyType = "application/json"
        let status: Int
        /// The schema of the answer; nil where it has no JSON body.
        var answer: String?
        var answerType = "application/json"
        /// Whether nobody needs to be logged in.
        var isOpen = false
        /// The scope that an API key must have, where it is not the usual one.
        var scope: Scope?
        /// Whether users of the role client may ask for it, each for the own self only.
        var isForClients = false
        /// Whether it helps those who must set up a second factor before anything else.
        var isForSetUp = false

        /// The scope that an API key must have: to read, or else to trade, unless said otherwise.
        var neededScope: Scope { scope ?? (method == "GET" ? .read : .trade) }
    }

    private static var document: JSONValue {
        [
            "openapi": "3.1.0",
            "info": [
                "title": "Volley",
                "version": "1",
                "description": .string(
                    "One trade in many client accounts, never twice, and none lost. Amounts and "
                        + "prices are decimal strings in rupees; times are RFC 3339 in Indian time."
                ),
            ],
            "security": [["bearer": []], ["api_key": []]],
            "paths": paths,
            "components": [
                "securitySchemes": [
                    "bearer": ["type": "http", "scheme": "bearer"],
                    "api_key": ["type": "apiKey", "in": "header", "name": "X-API-Key"],
                ],
                "schemas": OpenAPISchemas.all,
                "responses": [
                    "Problem": [
                        "description": "Refused, as RFC 9457 says it.",
                        "content": [
                            "application/problem+json": [
                                "schema": ["$ref": "#/components/schemas/Problem"]
                            ]
                        ],
                    ]
                ],
            ],
        ]
    }

    private static var paths: JSONValue {
        var paths = JSONObject()
        var seen: [String] = []
        for operation in OpenAPIOperations.all where !seen.contains(operation.path) {
            seen.append(operation.path)
            var methods = JSONObject()
            for same in OpenAPIOperations.all where same.path == operation.path {
                _ = methods.append(same.method.lowercased(), describe(same))
            }
            _ = paths.append(operation.path, .object(methods))
        }
        return .object(paths)
    }

    private static func describe(_ operation: Operation) -> JSONValue {
        var described = JSONObject()
        _ = described.append("summary", .string(operation.summary))
        _ = described.append("security", security(of: operation))
        let parameters = pathParameters(operation.path) + operation.parameters.map(parameter)
        if !parameters.isEmpty { _ = described.append("parameters", .array(parameters)) }
        if let body = operation.body {
            _ = described.append(
                "requestBody",
                [
                    "required": true,
                    "content": content(operation.bodyType, schema: body),
                ]
            )
        }
        var answer = JSONObject()
        _ = answer.append("description", .string(operation.status == 202 ? "Accepted." : "Done."))
        if let schema = operation.answer {
            _ = answer.append("content", content(operation.answerType, schema: schema))
        }
        var responses = JSONObject()
        _ = responses.append("\(operation.status)", .object(answer))
        _ = responses.append("default", ["$ref": "#/components/responses/Problem"])
        _ = described.append("responses", .object(responses))
        return .object(described)
    }

    /// Open to all; or to those logged in, and to keys with the scope.
    private static func security(of operation: Operation) -> JSONValue {
        guard !operation.isOpen else { return [] }
        return [["bearer": []], ["api_key": [.string(operation.neededScope.rawValue)]]]
    }

    private static func content(_ type: String, schema: String) -> JSONValue {
        var content = JSONObject()
        let reference = JSONValue.string("#/components/schemas/" + schema)
        _ = content.append(type, ["schema": ["$ref": reference]])
        return .object(content)
    }

    private static func pathParameters(_ path: String) -> [JSONValue] {
        path.split(separator: "/").filter { $0.hasPrefix("{") }.map { part in
            let name = String(part.dropFirst().dropLast())
            let type: JSONValue = name == "broker" ? "string" : "integer"
            return [
                "name": .string(name), "in": "path", "required": true, "schema": ["type": type],
            ]
        }
    }

    private static func parameter(_ parameter: (String, String, String)) -> JSONValue {
        [
            "name": .string(parameter.0), "in": .string(parameter.1),
            "description": .string(parameter.2), "schema": ["type": "string"],
        ]
    }
}
