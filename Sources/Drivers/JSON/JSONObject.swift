/// The members of a JSON object, in their order, each key once.
package struct JSONObject: Sendable {
    /// One member: its name and what it holds.
    package typealias Member = (key: String, value: JSONValue)
    /// Up to so many members a plain search is faster than hashing.
    private static let searchLimit = 16

    private var members: [Member] = []
    private var index: [String: Int] = [:]

    /// An object without members.
    package init() {}

    /// The keys, in order.
    package var keys: [String] { members.map(\.key) }

    /// What a member holds; setting adds a member at the end, or takes one away.
    package subscript(key: String) -> JSONValue? {
        get { position(of: key).map { members[$0].value } }
        set {
            switch (position(of: key), newValue) {
            case (let found?, let value?): members[found].value = value
            case (nil, let value?): append(key, value)
            case (let found?, nil):
                members.remove(at: found)
                index = [:]
                if members.count > Self.searchLimit { makeIndex() }
            case (nil, nil): break
            }
        }
    }

    /// Adds a member at the end.
    ///
    /// - Returns: false, with nothing added, where the key exists already.
    @discardableResult
    package mutating func append(_ key: String, _ value: JSONValue) -> Bool {
        guard position(of: key) == nil else { return false }
        members.append((key, value))
        if !index.isEmpty {
            index[key] = members.count - 1
        } else if members.count > Self.searchLimit {
            makeIndex()
        }
        return true
    }

    private func position(of key: String) -> Int? {
        index.isEmpty ? members.firstIndex { $0.key == key } : index[key]
    }

    private mutating func makeIndex() {
        for (position, member) in members.enumerated() { index[member.key] = position }
    }
}

extension JSONObject: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package subscript(position: Int) -> Member { members[position] }
}

extension JSONObject: Equatable {
    /// Whether both have the same members, in whatever order: JSON gives the order no meaning.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.count == right.count && left.allSatisfy { right[$0.key] == $0.value }
    }
}
