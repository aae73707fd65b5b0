#if HTTP
import ArgumentParser
import Foundation
import Glibc
import HTTPAPI
import KeyValue

/// Where a server keeps what lies in no store: the bytes of objects, its secret, and hashes of the tokens it has issued.
struct DataFolder {
    /// How many bytes of the secret sign locations; as many again as half of them seal cursors.
    static let signingBytes = 32
    private static let secretBytes = 48
    private static let tokensBytesMax = 64 << 20

    let path: String

    /// The folder of this name, which is made for this user alone where it is not there.
    init(making path: String) throws {
        var isDirectory: ObjCBool = false
        if !FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) {
            do {
                try FileManager.default.createDirectory(
                    atPath: path,
                    withIntermediateDirectories: true,
                    attributes: [.posixPermissions: 0o700]
                )
            } catch {
                throw CommandError(.failed, "The folder can't be made: name another with --data.", ["path": path])
            }
        } else if !isDirectory.boolValue {
            throw CommandError(.usage, "This is a file and no folder: name another with --data.", ["path": path])
        }
        self.path = path
    }

    /// The URL of the embedded store.
    var storeURL: String {
        let plain = CharacterSet(charactersIn: "/-._~").union(.alphanumerics)
        let encoded = path.addingPercentEncoding(withAllowedCharacters: plain) ?? path
        return "sqlite:\(encoded)/metadata.db"
    }

    var objectsPath: String { "\(path)/objects" }
    private var tokensPath: String { "\(path)/tokens.jsonl" }
    private var secretPath: String { "\(path)/secret" }

    /// The secret of the servers of this folder, which is made where there is none.
    func secret(random: () -> UInt64) async throws -> [UInt8] {
        if !FileManager.default.fileExists(atPath: secretPath) {
            let bytes = (0..<DataFolder.secretBytes / 8).flatMap { _ in
                withUnsafeBytes(of: random()) { Array($0) }
            }
            let text = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
            let file = try PartialFile(secretPath, replacing: false)
            let sink = Output(descriptor: file.descriptor, path: secretPath)
            try await sink.line(text)
            try await sink.flush()
            try file.finish()
        }
        let text = String(decoding: try await InputFile.block(secretPath, bytesMax: 4_096), as: UTF8.self)
        let digits = text.trimmingCharacters(in: .whitespacesAndNewlines).utf8.compactMap {
            Character(UnicodeScalar($0)).hexDigitValue
        }
        guard digits.count == DataFolder.secretBytes * 2 else {
            throw CommandError(
                .failed,
                "The file holds no secret of a server: restore it, or remove it to begin anew; locations end with it.",
                ["path": secretPath]
            )
        }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] * 16 + digits[$0 + 1]) }
    }

    /// The tokens that were issued; none where there is no list yet.
    func tokens() async throws -> TokenList {
        guard FileManager.default.fileExists(atPath: tokensPath) else { return TokenList() }
        return try TokenList(await InputFile.block(tokensPath, bytesMax: DataFolder.tokensBytesMax))
    }

    /// Changes the list of tokens, which is on the disk when this returns.
    func changeTokens<Result>(_ change: (inout TokenList) throws -> Result) async throws -> Result {
        // Its lock keeps others from changing the list meanwhile.
        let file = try PartialFile(tokensPath, replacing: true)
        var list = try await tokens()
        let result = try change(&list)
        guard list.tokens.count <= TokenList.countMax else {
            throw CommandError(.failed, "There are as many tokens as there may be: revoke some.", ["path": tokensPath])
        }
        let sink = Output(descriptor: file.descriptor, path: tokensPath)
        try await sink.write(try list.bytes())
        try await sink.flush()
        try file.finish()
        return result
    }
}

/// Where a server keeps its own data.
struct DataOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The folder with the bytes of objects, the server's secret and the tokens it has issued.",
            valueName: "folder"
        )
    )
    var data = "data"
}
#endif
