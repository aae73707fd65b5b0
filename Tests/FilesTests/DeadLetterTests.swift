import Files
import Testing

/// What can't be processed, and what becomes of it.
@Suite struct DeadLetterTests {
    @Test func whatFailedTooOftenWaitsForSomebody() async throws {
        let failing = Failing()
        let subject = try await Subject(hooks: failing.hooks) { $0.processingAttemptsMax = 2 }
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        func deadLetters() async throws -> [DeadLetter] {
            var all: [DeadLetter] = []
            try await subject.service.deadLetters.visit { all.append($0) }
            return all
        }
        for count in 1...3 {
            subject.clock.advance(by: .seconds(3_600))
            #expect(try await subject.service.processWaiting() == (count < 3 ? 1 : 0))
            #expect(try await deadLetters().count == (count < 2 ? 0 : 1))
        }
        let letter = try #require(try await deadLetters().first)
        #expect(letter.upload == id && letter.owner == "ann" && letter.failures == 2)
        #expect(letter.failure.contains("Broken") && failing.calls == 2)

        failing.isMended.store(true)
        try await subject.service.deadLetters.retry(id)
        #expect(try await deadLetters().isEmpty)
        #expect(try await subject.service.processWaiting() == 1)
        #expect(try await subject.status(of: id) == "3")
        do {
            try await subject.service.deadLetters.retry(id)
            Issue.record("What is processed was taken.")
        } catch let error as FilesError {
            #expect(error.code == .wrongStatus)
        }
    }

    @Test func whatIsDroppedGoesWithItsBytes() async throws {
        let subject = try await Subject(hooks: Failing().hooks) { $0.processingAttemptsMax = 1 }
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        try await subject.ask(.finish, #"{"filename":"\#(parts[0])"}"#)
        let letters = subject.service.deadLetters
        await #expect(throws: FilesError.self) { try await letters.drop(id) }
        subject.clock.advance(by: .seconds(3_600))
        #expect(try await subject.service.processWaiting() == 1)
        try await letters.drop(id.uppercased())
        try await letters.visit { _ in Issue.record("It is still there.") }
        #expect(try await subject.service.processWaiting() == 0)
        await #expect(throws: FilesError.self) { try await letters.retry(id) }
        #expect(try await subject.service.removeExpired() == 1)
        #expect(subject.objects.names.isEmpty)
    }
}
