import Files
import JSONFormat
import KeyValue
import TestSupport
import Testing

/// What is done without anybody asking for it.
@Suite struct LookingAfterTests {
    /// A service whose rounds end after the first.
    private func subject() async throws -> Subject {
        var environment = SimulatedTime(seed: 7).environment
        environment.sleep = { _ in throw CancellationError() }
        return try await Subject(environment: environment)
    }

    private func round(_ subject: Subject) async {
        await subject.service.keepLookedAfter(every: .seconds(60)) { Issue.record($0) }
    }

    @Test func whoHasJustSentAPartHasTheAnswerToTellingOfIt() async throws {
        let subject = try await subject()
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 10)
        subject.clock.advance(by: .seconds(59))
        await round(subject)
        #expect(try await subject.status(of: id) == "1")
        let finished = try await subject.ask(
            .finish,
            #"{"filename":"\#(parts[0])","await":true}"#,
            by: .owner("ann")
        )
        #expect(finished.content["status"]?.text == "3")
    }

    @Test func partsOfWhichNobodyTellsAreFoundAfterAWhile() async throws {
        let subject = try await subject()
        let (id, parts) = try await subject.begin("ann")
        subject.clock.advance(by: .seconds(1))
        let (later, laterParts) = try await subject.begin("ann")
        for part in parts + laterParts { subject.objects.come(part, 10) }
        subject.clock.advance(by: .seconds(59))
        await round(subject)
        #expect(try await subject.status(of: id) == "2")
        #expect(try await subject.status(of: later) == "1")
        // Who asks for it has all of them looked for.
        #expect(try await subject.ask(.sync, "").content["noticed"]?.integer == 1)
        #expect(try await subject.status(of: later) == "2")
        subject.clock.advance(by: .seconds(60))
        await round(subject)
        for id in [id, later] { #expect(try await subject.status(of: id) == "3") }
    }
}
