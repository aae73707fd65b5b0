import Files
import ObjectStorage
import Testing

/// What buckets tell of themselves.
@Suite struct EventTests {
    @Test func partsThatABucketTellsOfAreFinished() async throws {
        let subject = try await Subject()
        let (id, parts) = try await subject.begin("ann", parts: [Subject.part(), Subject.part()])
        let events = parts.map { ObjectEvent(bucket: "scripted", name: $0) }
        // It is not believed before the object is there.
        #expect(try await subject.service.take(events) == 0)
        for part in parts { subject.objects.come(part, 10) }
        let strange = [
            ObjectEvent(bucket: "other", name: parts[0]), ObjectEvent(bucket: "scripted", name: "a/b"),
            ObjectEvent(bucket: "scripted", name: parts[0] + "x"),
        ]
        #expect(try await subject.service.take(strange) == 0)
        #expect(try await subject.status(of: id) == "1")
        #expect(try await subject.service.take(events + events) == 2)
        #expect(try await subject.status(of: id) == "2")
        #expect(try await subject.service.take(events) == 0)
    }

    @Test func anObjectOfAnotherSizeIsNone() async throws {
        let subject = try await Subject()
        let (id, parts) = try await subject.begin("ann")
        subject.objects.come(parts[0], 11)
        #expect(try await subject.service.take([ObjectEvent(bucket: "scripted", name: parts[0])]) == 0)
        #expect(try await subject.status(of: id) == "1")
    }
}
