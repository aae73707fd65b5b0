import ArgumentParser
import Foundation
import Glibc
import IPLD
import UCAN

/// What a file of tokens holds.
struct TokenFile {
    /// The tokens that the file is about.
    var delegations: [Delegation] = []
    /// Of a message its receipts.
    var receipts: [Receipt] = []
    /// A token of version 1.0.
    var envelope: Envelope?

    init(_ path: String) async throws {
        let bytes = try await InputFile.block(path, bytesMax: Limits().archiveBytesMax)
        do throws(UCANError) {
            // The header of a token begins with {", in base64url.
            if bytes.starts(with: Array("ey".utf8)) {
                let text = String(decoding: bytes, as: UTF8.self)
                delegations = [Delegation(try Token(text.trimmingCharacters(in: .whitespacesAndNewlines)))]
            } else if bytes.first == 0x82, let second = bytes.dropFirst().first, second >> 5 == 2 {
                // A list of two that begins with bytes. No archive does, whose header would have thousands of them.
                envelope = try Envelope(decoding: bytes)
            } else if let message = try TokenFile.message(bytes) {
                for link in message.execute { delegations.append(try message.invocation(link)) }
                for ran in message.report.keys.sorted() {
                    if let receipt = try message.receipt(of: ran) { receipts.append(receipt) }
                }
            } else {
                delegations = [try Delegation(archive: bytes)]
            }
        } catch {
            throw CommandError(error, path: path)
        }
    }

    /// The message that the bytes are; nil where they are something else, which then tells what is wrong.
    private static func message(_ bytes: [UInt8]) throws(UCANError) -> Message? {
        do throws(UCANError) {
            return try Message(decoding: bytes)
        } catch {
            return nil
        }
    }

    /// The only delegation of a file, to be used as a proof or looked at by itself.
    static func delegation(_ path: String) async throws -> Delegation {
        let file = try await TokenFile(path)
        guard file.delegations.count == 1, let delegation = file.delegations.first else {
            throw CommandError(.failed, "The file holds not one delegation: name one that does.", ["path": path])
        }
        return delegation
    }
}

/// A private key in a file that nobody else may read.
enum KeyFile {
    static func read(_ path: String) async throws -> SigningKey {
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_mode & 0o077 != 0 {
            throw CommandError(
                .usage,
                "Others may read the key: take that away with chmod 600, and make a new one if they could.",
                ["path": path]
            )
        }
        let bytes = try await InputFile.block(path, bytesMax: 4_096)
        do throws(UCANError) {
            let text = String(decoding: bytes, as: UTF8.self)
            return try SigningKey(secretText: text.trimmingCharacters(in: .whitespacesAndNewlines))
        } catch {
            throw CommandError(error, path: path)
        }
    }
}

extension CommandError {
    /// Why a file is not what it was read as.
    init(_ error: UCANError, path: String) { self.init(.failed, error.message, ["path": path]) }
}

/// A principal on the command line.
struct DIDArgument: ExpressibleByArgument {
    let did: DID

    init?(argument: String) {
        // The parser tells the user what could not be read.
        guard let did = try? DID(argument) else { return nil }
        self.did = did
    }
}
