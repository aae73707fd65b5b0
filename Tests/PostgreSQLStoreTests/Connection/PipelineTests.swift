#if PostgreSQL
import Testing

@testable import PostgreSQLStore

@Suite struct PipelineTests {
    private let refusal = ServerMessage(code: "23505", text: "no")

    private func expectEnd<Payload>(_ pipeline: inout Pipeline<Payload>, answered: Bool) {
        let isAnswered = pipeline.endStatement()
        #expect(isAnswered == answered)
    }

    @Test func answersGoToTheirSegments() {
        var pipeline = Pipeline<String>()
        pipeline.append("first", statements: 2, deadline: 1)
        pipeline.append("second", statements: 1, deadline: 2)
        pipeline.receive(.failed(refusal))
        expectEnd(&pipeline, answered: true)
        pipeline.receive(.skipped)
        expectEnd(&pipeline, answered: true)
        let first = pipeline.endSegment()
        #expect(first?.payload == "first")
        #expect(first?.answers.count == 2)
        #expect(first?.endFailure == nil)
        #expect(pipeline.current?.payload == "second")
        #expect(pipeline.count == 1)
    }

    @Test func aFailureAfterTheLastStatementIsTheTransactions() {
        var pipeline = Pipeline<Int>()
        pipeline.append(1, statements: 1, deadline: 1)
        pipeline.receive(.skipped)
        expectEnd(&pipeline, answered: true)
        pipeline.receive(.failed(refusal))
        let segment = pipeline.endSegment()
        #expect(segment?.endFailure == refusal)
    }

    @Test func whatHasNoAnswerIsNotTakenForOne() {
        var pipeline = Pipeline<Int>()
        pipeline.append(1, statements: 1, deadline: 1)
        expectEnd(&pipeline, answered: false)
        #expect(pipeline.current?.answers.isEmpty == true)
    }

    @Test func aLostConnectionLeavesWhatWasNotAnswered() {
        var pipeline = Pipeline<Int>()
        for number in 0..<600 { pipeline.append(number, statements: 1, deadline: 1) }
        for number in 0..<300 {
            let segment = pipeline.endSegment()
            #expect(segment?.payload == number)
        }
        let rest = pipeline.abandon().map(\.payload)
        #expect(rest == Array(300..<600))
        #expect(pipeline.isEmpty)
        let none = pipeline.endSegment()
        #expect(none?.payload == nil)
    }

    @Test func attemptsAreMadeLessAndLessOften() {
        var backoff = Backoff()
        var longest: [Int64] = []
        for _ in 0..<10 { longest.append(backoff.fail(random: 0)) }
        #expect(longest.first == 50_000_000)
        #expect(longest == longest.sorted())
        #expect(longest.last == 5_000_000_000)
        backoff.succeed()
        let shortest = backoff.fail(random: .max)
        #expect(shortest > 25_000_000)
    }
}
#endif
