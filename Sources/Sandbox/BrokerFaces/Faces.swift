/// The brokers that are simulated.
enum Faces {
    static let all: [any BrokerFace.Type] = [
        DhanFace.self, KiteFace.self, UpstoxFace.self, GrowwFace.self,
    ]

    /// Every face over one floor.
    static func make(over floor: Floor) -> [any BrokerFace] { all.map { $0.init(floor: floor) } }

    static func named(_ name: String) -> (any BrokerFace.Type)? { all.first { $0.name == name } }
}
