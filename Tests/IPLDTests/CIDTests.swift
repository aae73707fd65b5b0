import IPLD
import Testing

@Suite("Content identifiers")
struct CIDTests {
    static let hello = "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq"

    @Test("The identifier of a raw block is the one that others give it")
    func ofBlock() throws {
        let cid = CID(.raw, .sha256(of: Array("hello".utf8)))
        #expect(cid.description == CIDTests.hello)
        #expect(try CID(CIDTests.hello) == cid)
        #expect(try CID(decoding: cid.bytes) == cid)
        #expect(cid.bytes == bytes(hex: "015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"))
        #expect(cid.byteCount == cid.bytes.count)
    }

    @Test("Version 0 has one text form and one in version 1")
    func versions() throws {
        let text = "QmdmQXB2mzChmMeKY47C43LxUdg1NDJ5MWcKMKxDu7RgQm"
        let cid = try CID(text)
        #expect(cid.version == .v0)
        #expect(cid.codec == .dagPB)
        #expect(cid.description == text)
        #expect(cid.bytes.count == 34)
        #expect(cid.v1.description == "bafybeihfg3d7rdltd43u3tfvncx7n5loqofbsobojcadtmokrljfthuc7y")
        #expect(try cid.v1.v0() == cid)
        #expect(throws: IPLDError.self) { try cid.text(in: .base32) }
        #expect(throws: IPLDError.self) { try CID(.raw, cid.hash).v0() }
        #expect(throws: IPLDError.self) { try CID(v0: .sha512(of: [])) }
    }

    @Test("Every base gives the identifier back", arguments: Multibase.allCases)
    func bases(base: Multibase) throws {
        let cid = try CID(CIDTests.hello)
        #expect(try CID(cid.text(in: base)) == cid)
    }

    @Test(
        "What is no identifier is refused",
        arguments: [
            "", "b", "hello", "Q", "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4ye",
            // Version 0 with the character of a base before it, and in another base.
            "zQmdmQXB2mzChmMeKY47C43LxUdg1NDJ5MWcKMKxDu7RgQm",
            "ciqozxknliwvx3ypod4tohgpgc6wdt5y25dbys26ssprxzrtgcishhy",
            // A version that there is not, a digest of 33 bytes, bytes behind, and a digit that is none of the base's.
            "f0255122000", "f015512212cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982400",
            "f015512202cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b982400",
            "QmdmQXB2mzChmMeKY47C43LxUdg1NDJ5MWcKMKxDu7Rg0m",
        ]
    )
    func refusals(text: String) {
        #expect(throws: IPLDError.self) { try CID(text) }
    }

    @Test("An archive's identifier has the codec of archives")
    func archive() throws {
        let cid = try CID("bagbaiera5tou2wrnlpxq64hzg4om6mf5mhh3rv2gdrfv5fe7dptdgmereopq")
        #expect(cid.codec == .car)
        #expect(Multibase.base58btc.encode(cid.hash.bytes) == "zQmeHGeUd9tEPrkBSS5vsHCwJqRvFAK7YDjAqSgNvMiA2Az")
        #expect(
            Multibase.base32.encodeBody(cid.hash.bytes) == "ciqozxknliwvx3ypod4tohgpgc6wdt5y25dbys26ssprxzrtgcishhy"
        )
    }
}

@Suite("Multihashes")
struct MultihashTests {
    @Test("A hash belongs to its bytes alone")
    func matches() throws {
        let content = Array("content".utf8)
        let hashes: [Multihash] = [
            .sha256(of: content), .sha512(of: content), .blake2b256(of: content),
            try Multihash(.identity, digest: content),
        ]
        for hash in hashes {
            #expect(try hash.matches(content))
            #expect(try !hash.matches(content + [0]))
            #expect(try Multihash(decoding: hash.bytes) == hash)
            #expect(throws: IPLDError.self) { try Multihash(decoding: hash.bytes + [0]) }
            #expect(throws: IPLDError.self) { try Multihash(decoding: hash.bytes.dropLast()) }
        }
    }

    @Test(
        "BLAKE2b is that of RFC 7693, of nothing, of a block of its own and of a byte more too",
        arguments: [
            ("", 0, "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8"),
            ("abc", 1, "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319"),
            ("a", 128, "ae2aa48507885c4c950fb809b2076f959cde9f8ea6da260d9a3587df33dac450"),
            ("a", 129, "2f64744a6de0d2c0b56e64cf6e29a5aaa255010d415d51c75ccc82f73dccd865"),
        ]
    )
    func blake2b(text: String, count: Int, digest: String) throws {
        let content = Array(String(repeating: text, count: count).utf8)
        #expect(Multihash.blake2b256(of: content).digest == bytes(hex: digest))
    }

    @Test("A digest has its function's length, and a function that is not known here is said so")
    func refusals() throws {
        #expect(throws: IPLDError.self) { try Multihash(.sha256, digest: Array(repeating: 0, count: 33)) }
        let whole = Multihash.sha256(of: [1])
        let shortened = try Multihash(.sha256, digest: Array(whole.digest.prefix(20)))
        #expect(throws: IPLDError.self) { try shortened.matches([1]) }
        #expect(throws: IPLDError.self) { try Multihash(.identity, digest: Array(repeating: 0, count: 5_000)) }
        let other = try Multihash(#require(Multicodec(rawValue: 0x16)), digest: Array(repeating: 7, count: 32))
        #expect(throws: IPLDError.self) { try other.matches([]) }
        #expect(Multicodec(rawValue: Varint.max + 1) == nil)
    }
}
