import TestSupport
import Testing

@testable import ObjectStorage

/// Notifications of buckets: what they say, and who may send them.
@Suite struct BucketNotificationTests {
    private func events(_ text: String) throws -> [ObjectEvent] {
        try BucketNotification.events(in: Array(text.utf8))
    }

    private func record(_ kind: String, _ key: String) -> String {
        """
        {"eventVersion":"2.1","eventSource":"aws:s3","eventName":"\(kind)",\
        "s3":{"bucket":{"name":"models"},"object":{"key":"\(key)","size":10,"eTag":"x"}}}
        """
    }

    @Test func newObjectsAreTold() throws {
        let records = [
            record("ObjectCreated:Put", "a/b%2Bc+d.png"), record("ObjectRemoved:Delete", "gone"),
            record("s3:ObjectCreated:CompleteMultipartUpload", "whole"),
        ].joined(separator: ",")
        #expect(
            try events(#"{"Records":[\#(records)]}"#) == [
                ObjectEvent(bucket: "models", name: "a/b+c d.png"), ObjectEvent(bucket: "models", name: "whole"),
            ]
        )
        let other =
            #","bucket":"models","object":{"key":"a+b","size":1,"eTag":"x"},"eventTime":"2024-05-24T19:36:44Z"}"#
        #expect(
            try events(#"{"account":"1","action":"PutObject""# + other) == [ObjectEvent(bucket: "models", name: "a+b")]
        )
        #expect(try events(#"{"account":"1","action":"DeleteObject""# + other).isEmpty)
        #expect(try events(#"{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"models"}"#).isEmpty)
    }

    @Test func whatIsNoneIsRefused() throws {
        let whole = Array(#"{"Records":[\#(record("ObjectCreated:Put", "a%20b"))]}"#.utf8)
        for end in 0..<whole.count {
            #expect(throws: NotificationRefusal.self) { try BucketNotification.events(in: Array(whole[..<end])) }
        }
        for text in [
            "[]", "1", "{}", #"{"Records":[1]}"#, #"{"Records":[\#(record("ObjectCreated:Put", "a%2"))]}"#,
            #"{"Records":[\#(record("ObjectCreated:Put", "%FF"))]}"#, #"{"action":"PutObject","bucket":"a"}"#,
        ] {
            #expect(throws: NotificationRefusal.self) { try events(text) }
        }
        // Whatever comes, it is read or refused.
        var generator = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &generator) {
                bytes[Int.random(in: 0..<bytes.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
            }
            do {
                #expect(try BucketNotification.events(in: bytes).count <= 1)
            } catch {
                #expect(error.code == .unreadable)
            }
        }
    }

    @Test func aSenderShowsItsToken() throws {
        let token = try WebhookToken("a-token-of-20-bytes!")
        try token.check("a-token-of-20-bytes!")
        try token.check("Bearer a-token-of-20-bytes!")
        for text in [nil, "", "Bearer ", "a-token-of-20-bytes", "A-token-of-20-bytes!", "Bearer Bearer x"] {
            #expect(throws: NotificationRefusal.self) { try token.check(text) }
        }
        #expect(throws: NotificationRefusal.self) { try WebhookToken("too short") }
    }
}
