import IPLD
import Testing

@Suite("DAG-JSON")
struct DAGJSONTests {
    @Test("Keys lie in the order of their bytes, links and bytes have forms of their own")
    func order() throws {
        let text =
            #"{"a":{"y":{"/":{"bytes":"AQI"}},"zz":null},"aa":1,"b":2,"#
            + #""link":{"/":"bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"}}"#
        let node = try DAGCBOR.decode(bytes(hex: DAGCBORTests.ordered))
        #expect(try DAGJSON.encode(node) == Array(text.utf8))
        #expect(try DAGJSON.decode(Array(text.utf8)) == node)
    }

    @Test(
        "Each value has one form",
        arguments: [
            ("0", 0), ("-1", -1), ("1.0", 1.0), ("-0.0", -0.0), ("1.5", 1.5), ("0.000001", 1e-6), ("1e-7", 1e-7),
            ("123456789012345680000.0", 123_456_789_012_345_680_000.0), ("1e+21", 1e21),
            ("5e-324", .float(.leastNonzeroMagnitude)),
            ("1.7976931348623157e+308", 1.7976931348623157e308), ("-1.25e-10", -1.25e-10), ("100.0", 100.0),
            ("true", true), ("null", .null), ("[]", []), ("{}", [:]), (#""é/\"\\\n\u0001""#, "é/\"\\\n\u{1}"),
            (#"{"/":1}"#, ["/": 1]), (#"{"/":{"a":"b"}}"#, ["/": ["a": "b"]]),
        ] as [(String, Node)]
    )
    func forms(text: String, node: Node) throws {
        #expect(String(decoding: try DAGJSON.encode(node), as: UTF8.self) == text)
        #expect(try DAGJSON.decode(Array(text.utf8)) == node)
    }

    @Test("Integers reach from -2^64 to 2^64 - 1", arguments: ["-18446744073709551616", "18446744073709551615"])
    func integers(text: String) throws {
        let node = try DAGJSON.decode(Array(text.utf8))
        #expect(try DAGJSON.encode(node) == Array(text.utf8))
        #expect(throws: IPLDError.self) { try DAGJSON.decode(Array((text + "0").utf8)) }
    }

    @Test(
        "Other forms are read leniently, and refused strictly",
        arguments: [
            (" [ 1 , 2 ]\n", [1, 2]), (#"{"b":1,"a":2}"#, ["a": 2, "b": 1]), (#""\u00e9\/""#, "é/"), ("1e2", 100.0),
            (#""\ud83d\ude00""#, "😀"), ("1.50", 1.5), ("-0", 0),
        ] as [(String, Node)]
    )
    func lenient(text: String, node: Node) throws {
        #expect(try DAGJSON.decode(Array(text.utf8), .lenient) == node)
        #expect(throws: IPLDError.self) { try DAGJSON.decode(Array(text.utf8)) }
    }

    @Test(
        "What is no DAG-JSON is refused in either reading",
        arguments: [
            "", "[", "[1", "[1,", "[1,]", "{", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{1:2}", #"{"a":1,"a":2}"#, "nul",
            "truth", "01", "1.", ".5", "1e", "+1", "--1", "NaN", "1e999", "\"", #""\x""#, #""\ud800""#, #""\u12""#,
            "\"\u{1}\"", "1 2", #"{"/":"no identifier"}"#, #"{"/":{"bytes":"A"}}"#, #"{"/":{"bytes":"AQI"},"x":1}"#,
            #"{"/":"bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq","x":1}"#,
            #"{"/":{"bytes":"AQI","x":1}}"#,
        ]
    )
    func refusals(text: String) {
        #expect(throws: IPLDError.self) { try DAGJSON.decode(Array(text.utf8)) }
        #expect(throws: IPLDError.self) { try DAGJSON.decode(Array(text.utf8), .lenient) }
    }

    @Test("Bytes that are not UTF-8 are refused")
    func notUTF8() {
        #expect(throws: IPLDError.self) { try DAGJSON.decode([0x22, 0xC3, 0x28, 0x22], .lenient) }
    }

    @Test("What would be read as something else is not written")
    func notRepresentable() {
        for node in [["/": "a"], ["/": ["bytes": "a"]], ["/": "a", "b": 1], .float(.infinity)] as [Node] {
            #expect(throws: IPLDError.self) { try DAGJSON.encode(node) }
        }
    }

    @Test("Input beyond the limits is refused")
    func limits() {
        func code(_ text: [UInt8]) -> IPLDError.Code? {
            do throws(IPLDError) { _ = try DAGJSON.decode(text) } catch { return error.code }
            return nil
        }
        #expect(code([UInt8](repeating: 0x5B, count: 10_000_000)) == .limitExceeded)
        #expect(code([0x5B] + (0..<5_000_000).flatMap { _ in Array("0,".utf8) }) == .limitExceeded)
        #expect(code((0..<1_000_000).flatMap { _ in Array(#"{"a":"#.utf8) }) == .limitExceeded)
    }
}
