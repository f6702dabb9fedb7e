import CSV
import Testing

/// CSV texts with a header.
@Suite("CSV tables")
struct CSVTableTests {
    private func rows(_ text: String, _ columns: String...) -> [[String]]? {
        guard var table = CSVTable(Array(text.utf8)) else { return nil }
        var rows: [[String]] = []
        while let row = table.next() { rows.append(columns.map { row[$0] }) }
        return rows
    }

    @Test("Fields are found by their columns' names, quoted or not, whatever the line's end")
    func fields() {
        let text = "\u{FEFF}a,\"b,b\", c \r\n1,\"x \"\"y\"\", z\",3\r\n\n 4 ,\"5\n6\"rest,\n7\n,,"
        #expect(
            rows(text, "a", "b,b", "c", "none") == [
                ["1", "x \"y\", z", "3", ""], ["4", "5\n6", "", ""], ["7", "", "", ""],
                ["", "", "", ""],
            ]
        )
    }

    @Test("A text without a header is no table", arguments: ["", "\n", "\r\n\r\n"])
    func empty(text: String) { #expect(rows(text) == nil) }

    @Test("A field is compared as it would be read", arguments: ["E", " E", "E\t", "\"E\""])
    func comparing(text: String) throws {
        var table = try #require(CSVTable(Array("s,t\n\(text),F\n".utf8)))
        let next = table.next()
        let row = try #require(next)
        #expect(row.has("E", in: "s") && !row.has("E", in: "t") && !row.has("E", in: "u"))
    }

    @Test("A quote that never closes takes in the rest, and nothing breaks")
    func openQuote() { #expect(rows("a,b\n1,\"2\n3,4\n", "a", "b") == [["1", "2\n3,4\n"]]) }
}
