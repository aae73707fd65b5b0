import JSONFormat
import KeyValue
import TestSupport
import Testing

@testable import Files

/// Lists held against a plain reading of what the filter language and its orders mean.
@Suite struct ListTests {
    private static let owners = ["ann", "bob", "c,d"]
    private static let words = ["red", "Blue", "10", "2", "x.y", "a%b", "Éa"]

    /// Some uploads, put straight into the records.
    private func fill(
        _ subject: Subject,
        _ count: Int,
        _ generator: inout SeededGenerator
    ) async throws -> [StoredUpload] {
        var uploads: [StoredUpload] = []
        for number in 0..<count {
            func word() -> String { ListTests.words.randomElement(using: &generator) ?? "" }
            func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }
            var upload = StoredUpload()
            upload.id =
                "00000000-0000-4000-8000-" + String(String(100_000_000_000 + (number * 7_919) % 1_000).prefix(12))
            upload.owner = ListTests.owners.randomElement(using: &generator) ?? ""
            upload.name = word() + word()
            if chance(2) { upload.alias = word() + "\(number)" }
            if chance(2) { upload.description_p = chance(3) ? "" : word() + " " + word() }
            if chance(2) { upload.website = "https://\(word()).example.org" }
            upload.tags = ["t1", "t2", "t3"].filter { _ in chance(2) }
            upload.status = Int64.random(in: 1...5, using: &generator)
            upload.startedAtMilliseconds = Int64.random(in: 0..<50, using: &generator)
            if upload.status > 1 { upload.uploadedAtMilliseconds = Int64.random(in: 50..<100, using: &generator) }
            upload.public = chance(2)
            upload.direct = chance(5)
            upload.unlisted = chance(8)
            upload.temporary = chance(8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                var part = StoredPart()
                part.contentLength = Int64.random(in: 1...9, using: &generator)
                upload.parts.append(part)
            }
            _ = try await subject.service.uploads.insert(upload)
            upload.derive()
            uploads.append(upload)
        }
        return uploads
    }

    @Test(arguments: [1, 2, 3] as [UInt64]) func randomListsAreThoseOfTheModel(_ seed: UInt64) async throws {
        let subject = try await Subject()
        var generator = SeededGenerator(seed: seed)
        let uploads = try await fill(subject, 120, &generator)
        for _ in 0..<150 {
            let list = RandomList(&generator)
            let expected = NaiveList.answer(list, uploads)
            var request = list.json
            request.append(.init("limit", .number("100")))
            let answer = try await subject.service.perform(.list, .object(request), by: .service)
            #expect(NaiveList.isOrdered(answer.identifiers, list, uploads), "\(list)")
            #expect(Set(answer.identifiers) == Set(expected), "\(list)")
            #expect(answer.content["total"]?.integer == expected.count && answer.content["isExact"]?.bool == true)
            // The same in small pages, by offset and by cursor.
            var paged: [String] = []
            var after: String?
            repeat {
                let place = after.map { JSON.Member("after", .string($0)) } ?? .init("offset", .number("0"))
                let page = list.json + [.init("limit", .number("7")), place]
                let answer = try await subject.service.perform(.list, .object(page), by: .service)
                paged += answer.identifiers
                after = answer.content["next"]?.text
            } while after != nil
            #expect(paged == answer.identifiers, "\(list)")
            let offset = list.json + [.init("limit", .number("5")), .init("offset", .number("3"))]
            let middle = try await subject.service.perform(.list, .object(offset), by: .service)
            #expect(middle.identifiers == Array(answer.identifiers.dropFirst(3).prefix(5)))
        }
    }

    @Test func numbersAndUnknownOrdersAreRefusedWhereTheyMakeNoSense() async throws {
        let subject = try await Subject()
        for filter in [
            #"{"name":{"gte":1}}"#, #"{"startedAt":"1"}"#, #"{"name":{"eq":1}}"#, #"{"name":{"any":[{"x":1}]}}"#,
            #"{"name":{}}"#, ##"{"#multi":{"fields":[],"match":"x"}}"##,
        ] {
            #expect(try await subject.refusal(.list, #"{"filter":\#(filter)}"#) == .invalidParameters, "\(filter)")
        }
        #expect(try await subject.refusal(.list, #"{"criteria":"description"}"#) == .invalidParameters)
        let deep = String(repeating: #"{"any":["#, count: 20) + #""x""# + String(repeating: "]}", count: 20)
        #expect(try await subject.refusal(.list, #"{"filter":{"name":\#(deep)}}"#) == .invalidParameters)
    }

    @Test func aTotalIsCountedForThoseWhoAskForIt() async throws {
        let subject = try await Subject()
        for number in 0..<23 { _ = try await subject.make("ann", name: number % 2 == 0 ? "hay" : "straw") }
        func told(_ parameters: String) async throws -> [Int?] {
            let answer = try await subject.ask(.list, "{\(parameters)}")
            let isExact = answer.content["isExact"]?.bool
            return [answer.content["total"]?.integer, answer.content["pages"]?.integer, isExact == true ? 1 : 0]
        }
        let hay = #""filter":{"name":"hay"},"limit":5"#
        #expect(try await told(hay) == [6, 2, 0])
        #expect(try await told(hay + #","offset":5"#) == [11, 3, 0])
        #expect(try await told(hay + #","offset":10"#) == [12, 3, 1])
        #expect(try await told(hay + #","includeTotal":true"#) == [12, 3, 1])
        #expect(try await told(#""limit":5"#) == [23, 5, 1])
    }

    @Test func aListThatLooksAtTooMuchSaysSo() async throws {
        let subject = try await Subject { configuration in
            configuration.examinedMax = 10
            configuration.countedMax = 10
        }
        for number in 0..<30 { _ = try await subject.make("ann", name: number == 29 ? "needle" : "hay") }
        var answer = try await subject.ask(.list, #"{"criteria":"startedAt","filter":{"name":"needle"}}"#)
        #expect(answer.content["isPartial"]?.bool == true && answer.content["isExact"]?.bool == false)
        var found = answer.identifiers
        while let next = answer.content["next"]?.text {
            answer = try await subject.ask(
                .list,
                #"{"criteria":"startedAt","filter":{"name":"needle"},"after":"\#(next)"}"#
            )
            found += answer.identifiers
        }
        #expect(found.count == 1)
    }
}
