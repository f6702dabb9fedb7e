/// Headers of every answer, by which a browser that comes here is kept from doing harm.
///
/// Programs need none of them. Answers that may be kept, such as those with an `ETag`, say so
/// themselves; a page's own policy is narrower than this one and takes its place.
package enum SafeHeaders {
    /// Names and values; an answer's own header of one of these names wins.
    package static let all: [(name: String, value: String)] = [
        // Answers hold people's money and orders.
        ("cache-control", "no-store"),
        // Nothing here is a page that loads anything, or may be shown within another.
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        // Browsers heed it only where they came over TLS.
        ("strict-transport-security", "max-age=31536000"),
        ("x-content-type-options", "nosniff"),
    ]
}
