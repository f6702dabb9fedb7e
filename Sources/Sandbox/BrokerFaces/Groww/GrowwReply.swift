import Exchange
import JSON

extension FaceReply {
    /// A payload of these members in Groww's envelope; it is always an object.
    static func groww(_ members: (inout JSONWriter) -> Void) -> FaceReply {
        FaceReply { writer in
            writer.beginObject()
            writer.field("status", "SUCCESS")
            writer.key("payload")
            writer.beginObject()
            members(&writer)
            writer.endObject()
            writer.endObject()
        }
    }
}

extension Moment {
    /// `2023-10-01T10:15:30`, Indian time without a zone, as Groww writes it.
    var growwText: String { indianDate + "T" + indianTime }
}

extension JSONWriter {
    /// Writes a list of objects, each with the members that `write` gives it.
    mutating func objects<Entry>(
        _ name: String,
        _ entries: some Sequence<Entry>,
        _ write: (Entry, inout JSONWriter) -> Void
    ) {
        key(name)
        beginArray()
        for entry in entries {
            beginObject()
            write(entry, &self)
            endObject()
        }
        endArray()
    }
}
