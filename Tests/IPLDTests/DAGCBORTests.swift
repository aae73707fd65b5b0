import IPLD
import Testing

@Suite("DAG-CBOR")
struct DAGCBORTests {
    static let ordered =
        "a46161a26179420102627a7af661620262616101646c696e6bd82a582500015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1f"
        + "a7425e73043362938b9824"

    @Test("Keys lie in order, whatever order they came in")
    func order() throws {
        let node: Node = [
            "link": .link(try CID(CIDTests.hello)), "aa": 1, "b": 2, "a": ["zz": .null, "y": .bytes([1, 2])],
        ]
        #expect(try DAGCBOR.encode(node) == bytes(hex: DAGCBORTests.ordered))
        #expect(try DAGCBOR.decode(bytes(hex: DAGCBORTests.ordered)) == node)
        #expect(node["a"]?["y"] == .bytes([1, 2]))
    }

    @Test(
        "Each value has one form",
        arguments: [
            ("00", 0), ("17", 23), ("1818", 24), ("18ff", 255), ("190100", 256), ("1a00010000", 65_536), ("20", -1),
            ("1b0000000100000000", 4_294_967_296), ("3b7fffffffffffffff", .integer(NodeInteger(.min))), ("f4", false),
            ("f5", true), ("f6", .null), ("fb3ff8000000000000", 1.5), ("fb8000000000000000", -0.0), ("80", []),
            ("a0", [:]),
            ("63e282ac", "€"), ("8201820203", [1, [2, 3]]), ("40", .bytes([])), ("60", ""),
        ] as [(String, Node)]
    )
    func forms(hex: String, node: Node) throws {
        #expect(try DAGCBOR.encode(node) == bytes(hex: hex))
        #expect(try DAGCBOR.decode(bytes(hex: hex)) == node)
        #expect(try DAGCBOR.decode(bytes(hex: hex), .lenient) == node)
    }

    @Test("Integers reach from -2^64 to 2^64 - 1")
    func integers() throws {
        let least = try DAGCBOR.decode(bytes(hex: "3bffffffffffffffff"))
        let most = try DAGCBOR.decode(bytes(hex: "1bffffffffffffffff"))
        guard case .integer(let low) = least, case .integer(let high) = most else {
            Issue.record("a number is read as something else")
            return
        }
        #expect(low.description == "-18446744073709551616")
        #expect(high.description == "18446744073709551615")
        #expect(low.value(as: Int64.self) == nil)
        #expect(high.value(as: UInt64.self) == .max)
        #expect(try DAGCBOR.encode(least) == bytes(hex: "3bffffffffffffffff"))
    }

    @Test(
        "What JavaScript has written is read leniently, and refused strictly",
        arguments: [
            ("fa3fc00000", 1.5), ("f93e00", 1.5), ("f90001", .float(0x1p-24)), ("f7", .null),
            ("a2616202616101", ["a": 1, "b": 2]),
            ("62c328", .string(Text(utf8: [0xC3, 0x28]))),
        ] as [(String, Node)]
    )
    func lenient(hex: String, node: Node) throws {
        #expect(throws: IPLDError.self) { try DAGCBOR.decode(bytes(hex: hex)) }
        #expect(try DAGCBOR.decode(bytes(hex: hex), .lenient) == node)
    }

    @Test(
        "Other forms are refused in either reading",
        arguments: [
            "", "1800", "19", "1900ff", "1a0000ffff", "1b00000000ffffffff", "f97e00", "f97c00", "fb7ff8000000000000",
            "fb7ff0000000000000", "9f01ff", "bf616101ff", "5f4101ff", "a10102", "a2616101616102", "c000", "d82a4100",
            "d82a582401551220", "d82b00", "0001", "ff", "1c", "8201", "9bffffffffffffffff", "e0", "f820", "d82a00",
        ]
    )
    func refusals(hex: String) {
        #expect(throws: IPLDError.self) { try DAGCBOR.decode(bytes(hex: hex)) }
        #expect(throws: IPLDError.self) { try DAGCBOR.decode(bytes(hex: hex), .lenient) }
    }

    @Test("Keys that look alike are two keys")
    func equivalence() throws {
        let composed: Text = "\u{E9}"
        let decomposed: Text = "e\u{301}"
        #expect(composed != decomposed)
        let node: Node = .map([composed: 1, decomposed: 2])
        let read = try DAGCBOR.decode(try DAGCBOR.encode(node))
        #expect(read[composed] == 1)
        #expect(read[decomposed] == 2)
    }

    @Test("What the format does not hold is not written")
    func notRepresentable() {
        for node in [.float(.nan), .float(-.infinity), .string(Text(utf8: [0xFF]))] as [Node] {
            #expect(throws: IPLDError.self) { try DAGCBOR.encode(node) }
        }
        var deep: Node = 1
        for _ in 0..<1_100 { deep = [deep] }
        #expect(throws: IPLDError.self) { try DAGCBOR.encode(deep) }
    }

    @Test("Input beyond the limits is refused")
    func limits() throws {
        func code(_ input: [UInt8], _ limits: DecodingLimits = DecodingLimits()) -> IPLDError.Code? {
            do throws(IPLDError) { _ = try DAGCBOR.decode(input, limits: limits) } catch { return error.code }
            return nil
        }
        let size = 10_000_000
        // Lists in lists, a list of many values, and lists that each claim to be long.
        #expect(code([UInt8](repeating: 0x81, count: size)) == .limitExceeded)
        let head = bytes(hex: "9a00989675")
        #expect(code(head + [UInt8](repeating: 0xF6, count: 9_999_989)) == .limitExceeded)
        let claim = bytes(hex: "9a0001ffff")
        #expect(code((0..<2_000_000).flatMap { _ in claim }) == .limitExceeded)
        let link = bytes(hex: DAGCBORTests.ordered).suffix(41)
        #expect(code(bytes(hex: "82") + link + link, DecodingLimits(linksMax: 1)) == .limitExceeded)
        #expect(code([0x81, 0x80], DecodingLimits(depthMax: 1)) == .limitExceeded)
        #expect(code([0x81, 0x80], DecodingLimits(depthMax: 2)) == nil)
        #expect(code([0x81, 0x80], DecodingLimits(bytesMax: 1)) == .limitExceeded)
    }
}
