/// What is not as it was sealed.
package enum AuditFault: Sendable, Equatable {
    case rowChanged(Int64, seal: Int64)
    case rowMissing(Int64, seal: Int64)
    /// Also a row whose time was changed, so that it lies where its seal has none.
    case rowAdded(Int64, seal: Int64)
    /// A row whose id can come from no transaction of ours.
    case rowForged(Int64)
    /// Rows differ, but which cannot be told.
    case rowsDiffer(seal: Int64)
    case sealMissing(Int64)
    case sealEdited(Int64)
    /// The seal is whole, but was not made after the one before it: one of them was replaced.
    case sealDoesNotFollow(Int64)
    /// No seal has the hash that was kept elsewhere.
    case headUnknown

    /// For people.
    package var sentence: String {
        switch self {
        case .rowChanged(let id, let seal): "row \(id) was changed after seal \(seal) was made"
        case .rowMissing(let id, let seal): "row \(id) is missing: seal \(seal) covers it"
        case .rowAdded(let id, let seal):
            "row \(id) was added or moved: seal \(seal) has no such row"
        case .rowForged(let id): "row \(id) was added: no such id was ever given out"
        case .rowsDiffer(let seal): "the rows of seal \(seal) are not those that were sealed"
        case .sealMissing(let number): "seal \(number) is missing"
        case .sealEdited(let number): "seal \(number) was edited"
        case .sealDoesNotFollow(let number):
            "seal \(number) was not made after seal \(number - 1): one of them was replaced"
        case .headUnknown:
            "no seal has the hash that was given: the chain was rewritten or cut short"
        }
    }
}
