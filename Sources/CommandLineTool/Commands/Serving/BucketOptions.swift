#if HTTP
import ArgumentParser
import Files
import Foundation
import HTTPAPI
import KeyValue
import Migration
import ObjectStorage

/// Where bytes go besides the data folder, and who may tell that they have come.
struct BucketOptions: ParsableArguments {
    @Option(
        name: .customLong("bucket"),
        help: ArgumentHelp(
            "A bucket for bytes: s3://NAME?region=REGION or gs://NAME?account=KEYFILE. New ones go to the first.",
            valueName: "url"
        )
    )
    var buckets: [String] = []
    @Option(
        help: ArgumentHelp(
            "A file with the token that buckets show with their notifications, at /notifications.",
            valueName: "path"
        )
    )
    var notificationTokenFile: String?
    @Option(
        help: ArgumentHelp(
            "The service account whose pushed notifications are taken, at /notifications/google-push.",
            valueName: "address"
        )
    )
    var pushAccount: String?
    @Option(
        help: ArgumentHelp(
            "A file with the keys that sign pushed notifications, as JSON; it is read anew for each.",
            valueName: "path"
        )
    )
    var pushKeys: String?

    func validate() throws {
        guard (pushAccount == nil) == (pushKeys == nil) else {
            throw ValidationError("--push-account and --push-keys go together: name both or none.")
        }
    }

    /// A bucket that is used until it is closed.
    struct OpenBucket: Sendable {
        let provider: any ObjectProvider
        let close: @Sendable () async -> Void
    }

    func open(_ environment: StoreEnvironment) throws -> [OpenBucket] {
        try buckets.map { url in
            do throws(StoreError) {
                return try BucketOptions.open(url, environment)
            } catch {
                throw CommandError(failed: error)
            }
        }
    }

    private static func open(_ url: String, _ environment: StoreEnvironment) throws(StoreError) -> OpenBucket {
        let location = try StoreLocation(url)
        switch location.scheme {
        #if S3
        case "s3":
            let bucket = try RemoteBucket.open(url, environment: environment)
            return OpenBucket(provider: bucket) { await bucket.close() }
        #endif
        #if HTTPStores
        case "gs":
            let bucket = try google(location, environment)
            return OpenBucket(provider: bucket) { await bucket.close() }
        #endif
        default:
            throw .invalidArgument(
                "A bucket is s3://NAME or gs://NAME, as far as this build has them.",
                ["scheme": location.scheme]
            )
        }
    }

    #if HTTPStores
    private static func google(
        _ location: StoreLocation,
        _ environment: StoreEnvironment
    ) throws(StoreError) -> GoogleBucket {
        try location.requireOptions(among: ["account", "sending", "public", "endpoint"])
        guard let file = location.options["account"] else {
            throw .invalidArgument(
                "A bucket of Google's needs the key file of a service account: gs://NAME?account=FILE."
            )
        }
        let account: ServiceAccount
        do {
            account = try ServiceAccount(keyFile: Array(try Data(contentsOf: URL(filePath: file))))
        } catch {
            let reason = (error as? ObjectRefusal)?.message ?? "It can't be read."
            throw .invalidArgument(
                "The key file of the service account is of no use.",
                ["path": file, "reason": reason]
            )
        }
        guard let sending = GoogleBucket.Sending(rawValue: location.options["sending"] ?? "whole"),
            let access = PublicAccess(rawValue: location.options["public"] ?? "signed")
        else {
            throw .invalidArgument("The option sending is whole or resumable, and public is signed or acl.")
        }
        return try GoogleBucket(
            location.authority ?? "",
            account: account,
            sending: sending,
            publicAccess: access,
            server: location.options["endpoint"] ?? "https://storage.googleapis.com",
            environment: environment,
            seconds: { Int64(WallClock.milliseconds() / 1_000) }
        )
    }
    #endif

    /// What takes their notifications; nil where none was asked for.
    func notifications(to files: FilesService, at url: String) throws -> NotificationsHTTPService? {
        guard notificationTokenFile != nil || pushAccount != nil else { return nil }
        var push: NotificationsHTTPService.Push?
        if let pushAccount, let pushKeys {
            _ = try BucketOptions.keys(in: pushKeys)
            push = NotificationsHTTPService.Push(
                PushAuthenticity(account: pushAccount, audience: "\(url)/notifications/google-push"),
                keys: { try BucketOptions.keys(in: pushKeys) },
                seconds: { Int64(WallClock.milliseconds() / 1_000) }
            )
        }
        let token = try notificationTokenFile.map { path in
            try BucketOptions.reading(path) { bytes throws(NotificationRefusal) in
                let text = String(decoding: bytes, as: UTF8.self)
                return try WebhookToken(text.trimmingCharacters(in: .whitespacesAndNewlines))
            }
        }
        return NotificationsHTTPService(files, token: token, push: push)
    }

    private static func keys(in path: String) throws -> NotificationKeys {
        try reading(path) { bytes throws(NotificationRefusal) in try NotificationKeys(keySet: bytes) }
    }

    private static func reading<Value>(
        _ path: String,
        _ read: ([UInt8]) throws(NotificationRefusal) -> Value
    ) throws -> Value {
        let bytes: [UInt8]
        do {
            bytes = Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw CommandError(.failed, "A file can't be read.", ["path": path])
        }
        do throws(NotificationRefusal) {
            return try read(bytes)
        } catch {
            throw CommandError(.failed, error.message, ["path": path])
        }
    }
}
#endif
