import Foundation
import Testing

/// `car` and `cid`: archives go through the command and come out the same.
@Suite struct ArchiveTests {
    let tool: Tool
    private let helloCID = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"
    private let archiveCID = "bagbaierafeocf364jkcxijm7s26bdmsivbj37c36nswhgi3uc2avatbv6t7a"

    init() throws {
        tool = try Tool()
        try Data("hello".utf8).write(to: tool.directory.appending(path: "hello"))
    }

    @Test func filesAreBlocksOfAnArchive() async throws {
        let packed = try await tool.output("car", "pack", "hello", "hello", "--output", "one.car", "--json")
        #expect(packed == #"{"cid":"\#(archiveCID)","bytes":101,"blocks":1,"roots":["\#(helloCID)"]}"# + "\n")
        #expect(try await tool.output("car", "ls", "one.car") == "\(helloCID) 5 59\n")
        let verified = try await tool.output("car", "verify", "one.car")
        #expect(verified == "\(archiveCID): 1 block in 101 bytes, all sound.\n")
        try await tool.output("car", "unpack", "one.car", "--directory", "blocks")
        try await tool.output("car", "pack", "blocks/\(helloCID)", "--output", "two.car", "--codec", "dag-cbor")
        #expect(try await tool.output("cid", "--codec", "car", "two.car") == archiveCID + "\n")
        let index = try await tool.output("car", "index", "one.car", "--output", "one.idx", "--json")
        #expect(index.contains(#""entries":1"#))
    }

    @Test func anArchiveOfVersion2BringsItsIndex() async throws {
        try Data("other".utf8).write(to: tool.directory.appending(path: "other"))
        for format in ["sorted", "multihash-sorted"] {
            let name = "\(format).car"
            let packed = try await tool.output("car", "pack", "hello", "other", "--output", name, "--index", format)
            #expect(packed == "\(try await cid(of: name)): 2 blocks in \(try size(of: name)) bytes.\n")
            #expect(try await tool.output("car", "ls", name).hasPrefix("\(helloCID) 5 59\n"))
            let verified = try await tool.output("car", "verify", name, "--json")
            #expect(verified.contains(#""blocks":2,"#))
            #expect(verified.hasSuffix(#""indexed":2}"# + "\n"))
            // The index is that of the same blocks without one.
            try await tool.output("car", "pack", "hello", "other", "--output", "plain.car", "--force")
            try await tool.output("car", "index", "plain.car", "--output", "plain.idx", "--format", format, "--force")
            let whole = try Data(contentsOf: tool.directory.appending(path: name))
            let plain = try Data(contentsOf: tool.directory.appending(path: "plain.car"))
            let index = try Data(contentsOf: tool.directory.appending(path: "plain.idx"))
            #expect(whole.dropFirst(51) == plain + index)
            // An offset of the index that leads elsewhere.
            var damaged = whole
            damaged[damaged.count - 8] ^= 1
            try damaged.write(to: tool.directory.appending(path: "bad.car"))
            let refused = try await tool.run("car", "verify", "bad.car")
            #expect(refused.status == 1)
            #expect(refused.error.contains("The index leads to a place where no such block begins"))
        }
        // An index in another format can't be checked.
        var unknown = try Data(contentsOf: tool.directory.appending(path: "sorted.car"))
        let plain = try Data(contentsOf: tool.directory.appending(path: "plain.car"))
        unknown[51 + plain.count] ^= 2
        try unknown.write(to: tool.directory.appending(path: "unknown.car"))
        #expect(try await tool.run("car", "verify", "unknown.car").status == 1)
        let passed = try await tool.output("car", "verify", "unknown.car", "--lenient", "--json")
        #expect(passed.hasSuffix(#""indexed":null}"# + "\n"))
        #expect(try await tool.output("car", "verify", "plain.car", "--json").hasSuffix(#""indexed":null}"# + "\n"))
    }

    private func cid(of name: String) async throws -> String {
        try await tool.output("cid", "--codec", "car", name).trimmingCharacters(in: .newlines)
    }

    private func size(of name: String) throws -> Int {
        try Data(contentsOf: tool.directory.appending(path: name)).count
    }

    @Test func damageIsTold() async throws {
        try await tool.output("car", "pack", "hello", "--output", "one.car")
        var archive = try Data(contentsOf: tool.directory.appending(path: "one.car"))
        archive[archive.count - 1] ^= 1
        try archive.write(to: tool.directory.appending(path: "bad.car"))
        let verified = try await tool.run("car", "verify", "bad.car")
        #expect(verified.status == 1)
        #expect(
            verified.error
                == "wherehouse: A block's content is not what its identifier names. (offset: 59, path: bad.car)\n"
        )
        let unpacked = try await tool.run("car", "unpack", "bad.car", "--directory", "blocks")
        #expect(unpacked.status == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path + "/blocks") == [])
        // A file that is not what its name says.
        try Data("other".utf8).write(to: tool.directory.appending(path: helloCID))
        #expect(try await tool.run("car", "pack", helloCID, "--output", "three.car").status == 1)
        #expect(try tool.files("three.car") == [])
    }

    @Test func identifiersAreTold() async throws {
        #expect(try await tool.output("cid", "hello") == helloCID + "\n")
        #expect(
            try await tool.output("cid", "--parse", helloCID, "--base", "base58btc", "--json")
                == #"{"cid":"zb2rhZfjRh2FHHB2RkHVEvL2vJnCTcu7kwRqgVsf9gpkLgteo","version":1,"codec":"raw","#
                + #""hash":"sha2-256","digest":"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"}"#
                + "\n"
        )
        #expect(try await tool.run("cid", "--parse", "nothing").status == 1)
    }
}
