import Foundation
import Synchronization

/// The weather that holds, and the connections that it holds for.
final class Climate: Sendable {
    private struct State {
        var weather = Weather.pass
        var connections: [ObjectIdentifier: ProxiedConnection] = [:]
        var swallowed = 0
    }

    private let state = Mutex(State())
    let sleep: @Sendable (Duration) -> Void

    init(sleep: @escaping @Sendable (Duration) -> Void) { self.sleep = sleep }

    var weather: Weather { state.withLock { $0.weather } }
    var swallowed: Int { state.withLock { $0.swallowed } }
    var connectionCount: Int { state.withLock { $0.connections.count } }

    func set(_ weather: Weather) {
        let connections = state.withLock { state in
            state.weather = weather == .cut ? .pass : weather
            return Array(state.connections.values)
        }
        for connection in connections {
            if weather == .cut || connection.hasLostBytes { connection.reset() }
            connection.forgetRequests()
        }
    }

    func swallow(_ count: Int) { state.withLock { $0.swallowed += count } }

    func connect(_ client: Int32, to target: Int) {
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        let connection = ProxiedConnection(client: client, server: server, in: self)
        guard FreePort.withAddress(target, { Foundation.connect(server, $0, $1) }) == 0 else {
            connection.reset()
            return connection.close()
        }
        state.withLock { $0.connections[ObjectIdentifier(connection)] = connection }
        connection.start()
    }

    func remove(_ connection: ProxiedConnection) {
        state.withLock { _ = $0.connections.removeValue(forKey: ObjectIdentifier(connection)) }
    }
}
