import Files
import JSONFormat
import TestSupport
import Testing

@testable import Files

/// Parameters, field by field.
@Suite struct ValidationTests {
    private func check(_ action: FilesAction, _ text: String) throws -> FilesError? {
        let value = try #require(JSON(parsing: Array(text.utf8)), "\(text)")
        do {
            _ = try action.parameters(value)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        (#""tags":["a","a"]"#, "meta/tags"), (#""tags":["a,b"]"#, "meta/tags/0"), (#""alias":"a""#, "meta/alias"),
        (#""cycle":1"#, "meta/cycle"), (#""website":"ftp://a.b""#, "meta/website"),
        (#""website":"http://example.org:443""#, "meta/website"), (#""website":"http://localhost""#, "meta/website"),
        (#""backgroundColor":"rgb(1,2)""#, "meta/backgroundColor"), (#""controlsData":[1]"#, "meta/controlsData"),
        (#""pWidth":1"#, "meta"), (#""c_1":"x""#, "meta/c_1"), (#""c_x":true"#, "meta/c_x"),
        (#""ar3dviewProps":{"a":""}"#, "meta/ar3dviewProps/a"),
        (#""creationInfo":{"os":"beos"}"#, "meta/creationInfo/os"),
        (#""creationInfo":{"props":{"a":[[]]}}"#, "meta/creationInfo/props/a"), (#""nft":{}"#, "meta/nft/price"),
        (#""playerSettings":{"autorotatetime":61}"#, "meta/playerSettings/autorotatetime"),
        (#""type":"other""#, "meta/type"), (#""capabilities":[""]"#, "meta/capabilities/0"),
    ])
    func whatIsSaidOfAnUpload(_ meta: String, _ path: String) throws {
        let text = #"{"username":"ann","meta":{"name":"n",\#(meta)},"files":[\#(Subject.part())]}"#
        let found = try check(.upload, text)
        #expect(found?.fields.map(\.path).contains(path) == true)
    }

    @Test func whatIsAllowedIsTaken() throws {
        let meta = """
            {"name":"n","tags":["a b"],"website":"https://example.org/x?y","backgroundColor":"rgb(1,22,333)",\
            "c_x":1.5,"pWidth":1,"pHeight":2,"description":"","playerSettings":{"ttc":0.1,"own":[1,"a"]},\
            "nft":{"price":1,"currency":"usd","supply":1,"image":"i"}}
            """
        #expect(try check(.upload, #"{"meta":\#(meta),"files":[\#(Subject.part())]}"#) == nil)
    }

    @Test(arguments: [
        ("c-simple", "image/png", 20_971_520, true), ("c-simple", "image/png", 20_971_521, false),
        ("c-simple", "image/vnd.cappasity", 104_857_600, true),
        ("c-simple", "image/vnd.cappasity", 104_857_601, false), ("c-pack2", "image/vnd.cappasity+x", 1, true),
        ("c-masks", "image/vnd.cappasity+masks", 1, true), ("c-masks", "image/png", 1, false),
        ("c-bin", "application/octet-stream", 1, false), ("image", "image/svg+xml", 50_000_000, true),
        ("background", "image/png", 3_000_000, false), ("pkpass", "application/vnd.apple.pkpass", 1, true),
        ("image", "image/gif", 1, false), ("Image", "image/png", 1, false), ("image", "image/png", 0, false),
    ])
    func partsAreHeldAgainstTheirTypes(_ type: String, _ content: String, _ length: Int, _ isAllowed: Bool) throws {
        let part = """
            {"type":"\(type)","contentType":"\(content)","contentLength":\(length),\
            "md5Hash":"00112233445566778899aabbccddeeff"}
            """
        #expect(try (check(.upload, #"{"meta":{"name":"n"},"files":[\#(part)]}"#) == nil) == isAllowed)
    }

    @Test func onlyUnknownParametersAreAnErrorOfTheirOwn() throws {
        #expect(try check(.report, #"{"username":"ann","x":1}"#)?.status == 417)
        #expect(try check(.report, #"{"username":1,"x":1}"#)?.status == 400)
        #expect(try check(.list, #"{"username":"ann"}"#) == nil)
        #expect(try check(.list, #"{"filter":{"size":"x"}}"#)?.status == 417)
    }

    @Test func patternsSayWhatTheCheckDoes() throws {
        let forms: [TextForm] = [
            .uuid, .hexadecimal(4, after: "0x"), .digits(3), .alias, .noComma, .word, .customName, .partType, .color,
        ]
        var generator = SeededGenerator(seed: 3)
        let pieces = [
            "a", "F", "0", "12", "-", "_", ",", " ", ".", "#", "0x", "c_", "rgb(", ")", "transparent", "é", "/",
        ]
        var texts = ["0a1b2c3d-0000-4000-8000-0123456789ab", "#fff", "rgb(1,2,3)", "c_ab", "0xbeef", "123", ""]
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...6, using: &generator)
            texts.append((0..<count).compactMap { _ in pieces.randomElement(using: &generator) }.joined())
        }
        for form in forms {
            let pattern = try Regex(form.pattern)
            for text in texts {
                #expect(form.holds(text) == (text.wholeMatch(of: pattern) != nil), "\(form.pattern) \(text)")
            }
        }
    }

    @Test func randomParametersAreRefusedOrTaken() async throws {
        let subject = try await Subject()
        let id = try await subject.make("ann")
        var generator = SeededGenerator(seed: 11)
        let names = [
            "uploadId", "username", "meta", "files", "filename", "tags", "filter", "limit", "offset", "aliases",
            "after",
            "criteria", "order", "setPublic", "types", "fields", "name", "alias", "eq", "any", "#multi", "#", "match",
        ]
        func value(_ depth: Int) -> JSON {
            switch Int.random(in: 0...(depth > 3 ? 4 : 7), using: &generator) {
            case 0: return .null
            case 1: return .bool(Bool.random(using: &generator))
            case 2:
                return .number(
                    ["0", "-1", "1e400", "0.5", "99999999999999999999", "3"].randomElement(using: &generator) ?? "0"
                )
            case 3:
                return .string([id, "ann", "", "a\u{0}b", "é", "name", "DESC"].randomElement(using: &generator) ?? "")
            case 4: return .string(String(repeating: "x", count: Int.random(in: 0...100, using: &generator)))
            case 5: return .array((0..<Int.random(in: 0...3, using: &generator)).map { _ in value(depth + 1) })
            default:
                return .object(
                    (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                        JSON.Member(names.randomElement(using: &generator) ?? "", value(depth + 1))
                    }
                )
            }
        }
        for action in FilesAction.allCases {
            for _ in 0..<200 {
                var members = value(3).members ?? []
                members += names.prefix(6).map { JSON.Member($0, value(1)) }
                do {
                    _ = try await subject.service.perform(action, .object(members), by: .owner("ann"))
                } catch is FilesError {}
            }
        }
    }
}
