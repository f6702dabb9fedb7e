import Testing

@Suite("Rules for every source file")
struct RuleTests {
    @Test("The whole source tree keeps the rule", arguments: Rule.all)
    func treeKeeps(_ rule: Rule) {
        let violations = Checkout.sources.flatMap(rule.violations)
        #expect(violations.isEmpty, "\(violations.map(\.description).joined(separator: "\n"))")
    }

    @Test("The rule sees each planted sample that breaks it, and no other", arguments: Rule.all)
    func samplesAreSeen(_ rule: Rule) {
        #expect(!rule.broken.isEmpty && !rule.kept.isEmpty)
        for sample in rule.broken {
            let found = rule.violations(SourceFile(path: sample.path, text: sample.text))
            #expect(!found.isEmpty, "not seen in \(sample.path): \(sample.text)")
        }
        for sample in rule.kept {
            let found = rule.violations(SourceFile(path: sample.path, text: sample.text))
            #expect(found.isEmpty, "wrongly seen in \(sample.path): \(sample.text)")
        }
    }

    @Test("The tree was found, with all its rings")
    func treeIsFound() {
        for folder in ["Trading", "Desk", "Drivers", "Adapters", "Sandbox", "Programs"] {
            #expect(Checkout.sources.contains { $0.isIn("Sources/\(folder)") }, "\(folder)")
        }
        #expect(Checkout.sources.contains { $0.path == "Package.swift" })
        #expect(Checkout.sources.contains { $0.isIn("Tests/ArchitectureTests") })
    }
}

@Suite("Telling code from comments and literals")
struct SourceTextTests {
    @Test(
        "Code is what is left without comments and the text of literals",
        arguments: [
            ("let a = 1 // b", "let a = 1 "),
            ("a /* b /* c */ d */ e", "a  e"),
            (#"f("text // no comment") // yes"#, "f() "),
            (#"f("a \(g("b") + h(1)) c")"#, "f(g() + h(1))"),
            (#"f("quote \" inside")"#, "f()"),
            (##"f(#"raw \(no) \#(yes) "quoted""#)"##, "f(yes)"),
            ("f(\"\"\"\n  one \"two\" \\(three)\n  \"\"\")", "f(\nthree\n)"),
            ("#if os(Linux)", "#if os(Linux)"),
        ]
    )
    func code(_ source: String, _ expected: String) {
        #expect(SourceText(source).code.joined(separator: "\n") == expected)
    }

    @Test("Comments keep their lines")
    func comments() {
        let text = SourceText("a // one\n/* two\nthree */ b\n\"// no\"")
        #expect(text.comments == ["// one", "/* two", "three */", ""])
        #expect(text.code == ["a ", "", " b", ""])
    }
}
