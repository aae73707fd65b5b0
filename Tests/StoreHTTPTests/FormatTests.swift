import StoreHTTP
import TestSupport
import Testing

@Suite struct FormatTests {
    private func parsed(_ text: String) -> JSON? { JSON(parsing: Array(text.utf8)) }

    @Test func everyKindOfValueIsRead() {
        let text =
            " {\"a\" : [1, -2.50e+3, true, false, null], \"b\":{}, \"c\":[], \"\":\"\\u00e9\\ud83d\\ude00\\n\\/é\"}\n"
        let value = parsed(text)
        #expect(value?["a"]?.items == [.number("1"), .number("-2.50e+3"), .bool(true), .bool(false), .null])
        #expect(value?["a"]?.items?.first?.integer == 1)
        #expect(value?["b"]?.members == [])
        #expect(value?[""]?.text == "é😀\n/é")
        #expect(value?["d"] == nil)
        let written = value.map { String(decoding: $0.encoded, as: UTF8.self) }
        #expect(written == "{\"a\":[1,-2.50e+3,true,false,null],\"b\":{},\"c\":[],\"\":\"é😀\\u000a/é\"}")
    }

    @Test(arguments: [
        "", " ", "{", "[1", "[1,]", "{\"a\"}", "{\"a\":1,}", "{a:1}", "01", "-", "1.", "1e", "+1", ".5", "tru", "nul",
        "\"",
        "\"\\x\"", "\"\\u12\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"\n\"", "1 2", "<html>", "{} x",
        "\"a", "[\"a\\", "NaN",
    ])
    func whatIsNoJSONIsRefused(_ text: String) { #expect(parsed(text) == nil) }

    @Test func badBytesAndDepthsAreRefused() {
        #expect(JSON(parsing: [0x22, 0xFF, 0x22]) == nil)
        #expect(JSON(parsing: [0x22, 0x5C, 0x6E, 0xC3, 0x22]) == nil)
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        #expect(parsed(nested(JSON.depthMax + 1)) != nil)
        #expect(parsed(nested(JSON.depthMax + 2)) == nil)
        #expect(parsed(nested(1_000_000)) == nil)
    }

    @Test func damagedJSONNeverTraps() {
        var random = SeededGenerator(seed: 7)
        let text = Array("{\"rows\":[{\"id\":\"\\u00e9\\\\\",\"n\":-1.5e3,\"x\":[true,null]}]}".utf8)
        for end in text.indices { #expect(JSON(parsing: Array(text[..<end])) == nil) }
        for _ in 0..<20_000 {
            var damaged = text
            damaged[Int.random(in: damaged.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
            guard let value = JSON(parsing: damaged) else { continue }
            #expect(JSON(parsing: value.encoded) == value)
        }
    }

    /// The vectors of RFC 4648, section 10.
    @Test func base64() {
        let vectors = [
            "": "", "f": "Zg==", "fo": "Zm8=", "foo": "Zm9v", "foob": "Zm9vYg==", "fooba": "Zm9vYmE=",
            "foobar": "Zm9vYmFy",
        ]
        for (plain, text) in vectors {
            #expect(Base64.encode(Array(plain.utf8)) == text)
            #expect(Base64.decode(text.utf8) == Array(plain.utf8))
        }
        let all = (0...255).map { UInt8($0) }
        #expect(Base64.decode(Base64.encode(all).utf8) == all)
        for text in ["Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zg==Zg==", "Z===", "====", "Zm9v\n", "Zm-_", "=Zg="] {
            #expect(Base64.decode(text.utf8) == nil)
        }
    }

    @Test func percentDecoding() {
        let bytes = (0...255).map { UInt8($0) }
        #expect(PercentEncoding.decode(PercentEncoding.encode(bytes).utf8) == bytes)
        #expect(PercentEncoding.decode("a%2fb".utf8) == Array("a/b".utf8))
        for damaged in ["%", "%2", "%zz", "a%4"] { #expect(PercentEncoding.decode(damaged.utf8) == nil) }
    }

    @Test func percentEncoding() {
        #expect(PercentEncoding.encode("aZ09-._~/ é%") == "aZ09-._~%2F%20%C3%A9%25")
        #expect(PercentEncoding.encode([0, 0xFF]) == "%00%FF")
    }

    /// The first date is the example of RFC 9110, section 5.6.7; the numbers are those of `date -u +%s`.
    @Test func dates() {
        #expect(HTTPDate.seconds("Sun, 06 Nov 1994 08:49:37 GMT") == 784_111_777)
        #expect(HTTPDate.seconds("Thu, 01 Jan 1970 00:00:00 GMT") == 0)
        #expect(HTTPDate.seconds("Thu, 29 Feb 2024 23:59:59 GMT") == 1_709_251_199)
        #expect(HTTPDate.seconds("Fri, 01 Mar 2024 00:00:00 GMT") == 1_709_251_200)
        #expect(HTTPDate.seconds("Fri, 31 Dec 2100 00:00:00 GMT") == 4_133_894_400)
        for text in [
            "", "now", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Foo 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
        ] {
            #expect(HTTPDate.seconds(text) == nil)
        }
    }

    /// The first two are examples of RFC 3339, section 5.8; the numbers are those of `date -u +%s`.
    @Test func datesOfBodies() {
        #expect(InternetDate.seconds("1985-04-12T23:20:50.52Z") == 482_196_050)
        #expect(InternetDate.seconds("1990-12-31T23:59:60Z") == 662_688_000)
        #expect(InternetDate.seconds("2024-02-29T23:59:59Z") == 1_709_251_199)
        for text in [
            "", "Z", "2024-02-29", "2024-02-29T23:59:59", "2024-02-29T23:59:59+00:00", "2024-02-29T23:59:59.Z.Z",
            "2024-02-29T23:59:59.xZ", "2024-13-01T00:00:00Z", "2024-02T00:00:00Z", "2024-02-29T24:00:00Z",
        ] {
            #expect(InternetDate.seconds(text) == nil)
        }
    }
}
