import IPLD
import Testing

@Suite("dag-pb")
struct DAGPBTests {
    private let link: Node = [
        "Hash": .link(CID(.raw, .sha256(of: [1, 2, 3]))), "Name": "a file", "Tsize": 262_158,
    ]

    @Test("Links and data come back")
    func roundTrip() throws {
        let bare: Node = ["Hash": .link(CID(.raw, .sha256(of: [])))]
        for node in [["Links": []], ["Links": [bare, link], "Data": .bytes([8, 1])], ["Links": [bare]]] as [Node] {
            #expect(try DAGPB.decode(try DAGPB.encode(node)) == node)
        }
        #expect(try DAGPB.encode(["Links": []]) == [])
    }

    @Test("Data before the links is read leniently")
    func order() throws {
        let links = try DAGPB.encode(["Links": .list([link])])
        let input = bytes(hex: "0a020801") + links
        #expect(throws: IPLDError.self) { try DAGPB.decode(input) }
        #expect(try DAGPB.decode(input, .lenient) == ["Links": .list([link]), "Data": .bytes([8, 1])])
        #expect(throws: IPLDError.self) { try DAGPB.decode(links + input, .lenient) }
    }

    @Test("Links out of the order of their names' bytes are read leniently, and not written")
    func orderOfLinks() throws {
        func link(_ name: Text?) -> Node {
            var link: NodeMap = ["Hash": .link(CID(.raw, .sha256(of: [])))]
            link["Name"] = name.map { .string($0) }
            return .map(link)
        }
        for (first, second) in [("b", "a"), ("b", "aa"), ("a", nil), ("é", "z")] as [(Text, Text?)] {
            let input = try DAGPB.encode(["Links": [link(first)]]) + DAGPB.encode(["Links": [link(second)]])
            let node: Node = ["Links": [link(first), link(second)]]
            #expect(try DAGPB.decode(input, .lenient) == node)
            #expect(throws: IPLDError.self) { try DAGPB.decode(input) }
            #expect(throws: IPLDError.self) { try DAGPB.encode(node) }
        }
        for names in [["a", "a"], ["", "a"], ["a", "aa", "b"]] as [[Text]] {
            let node: Node = ["Links": .list(names.map(link))]
            #expect(try DAGPB.decode(try DAGPB.encode(node)) == node)
        }
    }

    @Test(
        "What is no dag-pb is refused",
        arguments: [
            "00", "0a", "0a01", "0a000a00", "1200", "12021200", "12021800", "12020a00", "1a00", "0801",
            "12ffffffffffffffffff",
        ]
    )
    func refusals(hex: String) {
        #expect(throws: IPLDError.self) { try DAGPB.decode(bytes(hex: hex)) }
        #expect(throws: IPLDError.self) { try DAGPB.decode(bytes(hex: hex), .lenient) }
    }

    @Test("Other values are not written")
    func notRepresentable() {
        let values: [Node] = [
            1, [:], ["Links": .null], ["Links": [], "Data": 1], ["Links": [], "other": 1], ["Links": [[:]]],
            ["Links": [["Hash": 1]]],
        ]
        for node in values { #expect(throws: IPLDError.self) { try DAGPB.encode(node) } }
    }
}
