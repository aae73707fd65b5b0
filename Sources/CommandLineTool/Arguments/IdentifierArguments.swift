import ArgumentParser
import IPLD

/// A content identifier on the command line.
struct CIDArgument: ExpressibleByArgument {
    let cid: CID

    init?(argument: String) {
        // The parser tells the user what could not be read.
        guard let cid = try? CID(argument) else { return nil }
        self.cid = cid
    }
}

/// The format of a block on the command line.
struct CodecArgument: ExpressibleByArgument {
    let codec: Multicodec

    init(_ codec: Multicodec) { self.codec = codec }

    init?(argument: String) {
        guard let codec = Multicodec(name: argument), CodecArgument.all.contains(codec) else { return nil }
        self.codec = codec
    }

    private static let all: [Multicodec] = [.raw, .dagPB, .dagCBOR, .dagJSON, .json, .car]
    static var allValueStrings: [String] { all.map(\.description) }
    var defaultValueDescription: String { codec.description }
}

/// A base of identifiers on the command line.
enum BaseArgument: String, ExpressibleByArgument, CaseIterable {
    case base16, base32, base36, base58btc, base64url

    var base: Multibase {
        switch self {
        case .base16: .base16
        case .base32: .base32
        case .base36: .base36
        case .base58btc: .base58btc
        case .base64url: .base64url
        }
    }
}
