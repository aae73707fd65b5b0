/// A way to write bytes as text, named by the text's first character.
///
/// The bases are those of the [multibase specification](https://github.com/multiformats/multibase) that content
/// identifiers and keys come in. Of the bases without case, both cases are read in either variant.
public enum Multibase: Character, Hashable, Sendable, CaseIterable {
    case base16 = "f"
    case base16Upper = "F"
    case base32 = "b"
    case base32Upper = "B"
    case base32Padded = "c"
    case base32PaddedUpper = "C"
    case base32Hex = "v"
    case base32HexUpper = "V"
    case base32HexPadded = "t"
    case base32HexPaddedUpper = "T"
    case base36 = "k"
    case base36Upper = "K"
    case base58btc = "z"
    case base64 = "m"
    case base64Padded = "M"
    case base64url = "u"
    case base64urlPadded = "U"

    /// The text of bytes, with the base's character before it. O(n); O(n²) for the bases 36 and 58.
    public func encode(_ bytes: some Collection<UInt8>) -> String {
        String(rawValue) + encodeBody(bytes)
    }

    /// The text of bytes, without the base's character.
    public func encodeBody(_ bytes: some Collection<UInt8>) -> String {
        let bytes = Array(bytes)
        let body =
            switch alphabet {
            case .bits(let codec): codec.encode(bytes)
            case .number(let codec): codec.encode(bytes)
            }
        return String(decoding: body, as: UTF8.self)
    }

    /// The bytes of a text that names its base, and the base.
    ///
    /// The bases 36 and 58 are read up to ``numberBytesMax`` characters, since their cost grows with the square.
    public static func decode(_ text: String) throws(IPLDError) -> (base: Multibase, bytes: [UInt8]) {
        guard let first = text.first else {
            throw IPLDError(.malformed, "The text is empty, so it names no base.")
        }
        guard let base = Multibase(rawValue: first) else {
            throw IPLDError(.unsupported, "The text's first character names no base that is known here.", offset: 0)
        }
        return (base, try base.decodeBody(text.dropFirst()))
    }

    /// The bytes of a text without the base's character.
    public func decodeBody(_ text: some StringProtocol) throws(IPLDError) -> [UInt8] {
        let characters = Array(text.utf8)
        switch alphabet {
        case .bits(let codec): return try codec.decode(characters)
        case .number(let codec):
            guard characters.count <= Multibase.numberBytesMax else {
                throw IPLDError(.limitExceeded, "The text is too long for its base: at most 4,096 characters are read.")
            }
            return try codec.decode(characters)
        }
    }

    /// How many characters of the bases 36 and 58 are read.
    public static let numberBytesMax = 4_096

    private enum Alphabet {
        case bits(BitAlphabet)
        case number(NumberAlphabet)
    }

    private var alphabet: Alphabet {
        switch self {
        case .base16: .bits(.base16)
        case .base16Upper: .bits(.base16Upper)
        case .base32: .bits(.base32)
        case .base32Upper: .bits(.base32Upper)
        case .base32Padded: .bits(.base32.padded)
        case .base32PaddedUpper: .bits(.base32Upper.padded)
        case .base32Hex: .bits(.base32Hex)
        case .base32HexUpper: .bits(.base32HexUpper)
        case .base32HexPadded: .bits(.base32Hex.padded)
        case .base32HexPaddedUpper: .bits(.base32HexUpper.padded)
        case .base36: .number(.base36)
        case .base36Upper: .number(.base36Upper)
        case .base58btc: .number(.base58btc)
        case .base64: .bits(.base64)
        case .base64Padded: .bits(.base64.padded)
        case .base64url: .bits(.base64url)
        case .base64urlPadded: .bits(.base64url.padded)
        }
    }
}
