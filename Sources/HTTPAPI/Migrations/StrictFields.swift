#if HTTP
import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// The body of a request to a migration: an object with no fields but those that are known, since one whose name was
/// mistyped must not be taken for none.
protocol SteeringBody: Decodable {
    associatedtype Field: CodingKey & CaseIterable & RawRepresentable<String>
    /// What to send.
    static var illegal: Problem { get }
}

extension SteeringBody {
    init(of request: Request) async throws {
        let body = try await request.body.collect(upTo: 4_096)
        do {
            let data = Data(body.readableBytesView)
            let names = try JSONDecoder().decode([String: AnyValue].self, from: data).keys
            guard Set(names).isSubset(of: Field.allCases.map(\.rawValue)) else { throw Self.illegal }
            self = try JSONDecoder().decode(Self.self, from: data)
        } catch {
            throw Self.illegal
        }
    }
}

/// Anything at all.
private struct AnyValue: Decodable {
    init(from decoder: any Decoder) throws {}
}
#endif
