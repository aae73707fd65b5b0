import Files
import Foundation
import JSONFormat
import KeyValue
import Records
import TestSupport
import Testing

/// Requests that nobody means well with: each is answered or refused, shows nobody what is another's, and changes nothing
/// of it.
@Suite struct HostileRequestTests {
    /// What strangers must never see: it is in all that ann keeps to herself.
    private static let mark = "zqsecretqz"
    /// For each action; or as many as `WHEREHOUSE_REQUESTS` says.
    private static let count = ProcessInfo.processInfo.environment["WHEREHOUSE_REQUESTS"].flatMap { Int($0) } ?? 2_000
    private static let seed: UInt64 = 20_261_121

    /// What ann keeps to herself, and what is public.
    private struct Belongings {
        var ids: [String] = []
        var words: [String] = []

        init(_ subject: Subject) async throws {
            let meta = #","tags":["\#(mark)"],"description":"\#(mark)""#
            for isFinished in [true, false, true] {
                let (id, parts) = try await subject.begin("ann", name: mark, meta: meta)
                ids.append(id)
                words += parts
                guard isFinished else { continue }
                for part in parts {
                    subject.objects.come(part, 10)
                    try await subject.ask(.finish, #"{"filename":"\#(part)","await":true}"#)
                }
            }
            let alias = #"{"uploadId":"\#(ids[0])","username":"ann","meta":{"alias":"\#(mark)"}}"#
            try await subject.ask(.update, alias)
            let own = try await subject.ask(.list, #"{"owner":"ann","limit":1}"#, by: .owner("ann"))
            words.append(try #require(own.content["next"]?.text))
            words += ids + [mark, "ann", "eve", "red", "name", "uploadId", "owner", "n", "c-preview", "image/png"]
            words += [
                "00112233445566778899aabbccddeeff", "00000000-0000-4000-8000-000000000000", "image/jpeg", "1", "ASC",
            ]
        }

        /// All that is known of them.
        func state(_ subject: Subject) async throws -> [Answer] {
            var answers: [Answer] = []
            for id in ids {
                answers.append(try await subject.ask(.info, #"{"filename":"\#(id)","username":"ann"}"#))
            }
            return answers
        }
    }

    @Test(arguments: FilesAction.allCases)
    func nothingBreaksAndNothingLeaks(_ action: FilesAction) async throws {
        let subject = try await Subject()
        let belongings = try await Belongings(subject)
        let eves = try await subject.make("eve", name: "mine", meta: #","tags":["red"]"#)
        let alias = #"{"uploadId":"\#(eves)","username":"eve","meta":{"alias":"mine"}}"#
        try await subject.ask(.update, alias)
        var maker = RequestMaker(seed: HostileRequestTests.seed, words: belongings.words + [eves])
        let before = try await belongings.state(subject)
        var answered = 0
        for number in 0..<HostileRequestTests.count {
            let body = maker.body(action.parametersSchema)
            let stranger = number.isMultiple(of: 5) ? Caller.anonymous : .owner("eve")
            let shown: String
            do {
                let answer = try await subject.service.perform(action, body: body, by: stranger)
                answered += 1
                shown = String(decoding: answer.body, as: UTF8.self)
                let differences = action.differences(of: answer.content)
                #expect(differences.isEmpty, "\(differences) \(text(body))")
            } catch let error as FilesError {
                #expect(action.refusals.contains(error.code), "\(error.code) \(text(body))")
                shown = "\(error.message) \(error.details)"
            }
            // Whoever names it is told what they have said, and no more.
            let said = text(body).contains(HostileRequestTests.mark)
            #expect(
                said || !shown.contains(HostileRequestTests.mark),
                "seed \(HostileRequestTests.seed): \(text(body))"
            )
        }
        #expect(try await belongings.state(subject) == before, "seed \(HostileRequestTests.seed)")
        // The checks are no wall that nothing gets past.
        if ![.process, .sync].contains(action) { #expect(answered > 0) }
    }

    private func text(_ body: [UInt8]) -> String { String(decoding: body.prefix(2_000), as: UTF8.self) }
}
