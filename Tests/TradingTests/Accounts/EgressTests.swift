import Testing
import Trading

@Suite("Where calls leave from")
struct EgressTests {
    @Test("Addresses and proxies are read, and nothing else")
    func places() {
        for text in [
            "203.0.113.7", "127.0.0.2", "0.0.0.0", "255.255.255.255", "::1", "2001:db8::7",
            "::ffff:203.0.113.7", "fe80:0:0:0:1:2:3:4", "::",
        ] { #expect(EgressPlace(text) == .address(text), "\(text)") }
        for text in [
            "http://10.0.0.1:3128", "https://proxy.test", "socks5://user:pass@host:1080",
            "socks5h://[2001:db8::7]:1080", "socks4a://h",
        ] { #expect(EgressPlace(text) == .proxy(text), "\(text)") }
        for text in [
            "", " ", "localhost", "203.0.113", "203.0.113.256", "203.0.113.07", "1.2.3.4.5",
            "1.2.3.4 ", "eth0", "12345::", ":::", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
            "1:2:3:4:5:6:7::8", "::1%eth0", "ftp://h", "://h", "http://", "http://@", "http://:80",
            "http:///x", "http://a b", "HTTP://h", "if!eth0", "host!1.2.3.4",
        ] { #expect(EgressPlace(text) == nil, "\(text)") }
    }

    @Test("A proxy is told to people without its password")
    func words() {
        let secret = EgressPlace("socks5://user:pa@ss@proxy.test:1080")
        #expect(secret?.words == "proxy socks5://proxy.test:1080")
        #expect(EgressPlace("http://proxy.test")?.words == "proxy http://proxy.test")
        #expect(EgressPlace("127.0.0.2")?.words == "address 127.0.0.2")
    }

    @Test("One address is the same however it is written")
    func same() {
        #expect(EgressPlace.isSame("2001:DB8::7", "2001:0db8:0:0:0:0:0:7"))
        #expect(EgressPlace.isSame("::ffff:1.2.3.4", "::FFFF:102:304"))
        #expect(EgressPlace.isSame("1.2.3.4", "1.2.3.4"))
        #expect(!EgressPlace.isSame("1.2.3.4", "1.2.3.5"))
        #expect(!EgressPlace.isSame("2001:db8::7", "2001:db8::8"))
        #expect(!EgressPlace.isSame("1.2.3.4", "::ffff:1.2.3.4"))
    }

    @Test("An address that the broker does not list is known to be refused; silence proves nothing")
    func standing() {
        func standing(
            _ egress: String?,
            _ registered: [String],
            seen: String? = nil
        ) -> EgressStanding {
            EgressStanding(
                of: egress.flatMap { EgressPlace($0) },
                registered: registered,
                seenFrom: seen
            )
        }
        #expect(standing("127.0.0.2", ["127.0.0.2"]) == .registered)
        #expect(standing("127.0.0.3", ["127.0.0.2", "127.0.0.3"]) == .registered)
        #expect(standing("127.0.0.4", ["127.0.0.2", "127.0.0.3"]) == .notRegistered)
        #expect(standing("127.0.0.4", []) == .unknown)
        #expect(standing(nil, ["127.0.0.2"]) == .unknown)
        #expect(standing("http://proxy:1", ["127.0.0.2"]) == .unknown)
        #expect(standing("http://proxy:1", ["127.0.0.2"], seen: "127.0.0.2") == .registered)
        #expect(standing("http://proxy:1", ["127.0.0.2"], seen: "9.9.9.9") == .notRegistered)
        // What is bound is what counts, whatever the broker says it saw.
        #expect(standing("127.0.0.2", ["127.0.0.2"], seen: "9.9.9.9") == .registered)
    }
}
