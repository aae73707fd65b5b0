import Migration

/// One transition, for traces.
enum ModelAction: CustomStringConvertible, Sendable {
    case step(MigrationMode)
    case passBarrier
    case retire
    case collect
    case acknowledge(client: Int, MigrationMode)
    case write(client: Int, ModelCell, Side, isMarked: Bool)
    case open(client: Int, ModelCell)
    case readAgain(client: Int)
    case land(client: Int, ModelCell)
    case settle(client: Int)
    case crash(String, Int)
    case landLate(ModelCell)
    case reap(Intent.Reaping)
    case copierReads(Int, ModelCell)
    case copierWrites(Int, succeeds: Bool)
    case reconciler(Int, Direction, Reconciliation.Step, String)

    var description: String {
        switch self {
        case .step(let mode): "controller: \(mode)"
        case .passBarrier: "controller: every client marks its writes"
        case .retire: "controller: no worker can write any more"
        case .collect: "collector: removes the tombstone"
        case .acknowledge(let client, let mode): "client \(client): acts in \(mode)"
        case .write(let client, let value, let side, let isMarked):
            "client \(client): \(ModelAction.change(value)) on the \(side)\(isMarked ? ", marked" : "")"
        case .open(let client, let value): "client \(client): makes a mark, to \(ModelAction.change(value))"
        case .readAgain(let client): "client \(client): reads again what it is to write over"
        case .land(let client, let value): "client \(client): \(ModelAction.change(value)) on the source"
        case .settle(let client): "client \(client): ends its mark"
        case .crash(let who, let number): "\(who) \(number): crashes"
        case .landLate(let value): "a client that is gone: \(ModelAction.change(value)) on the source"
        case .reap(.rewrite): "reaper: rewrites the row"
        case .reap(.end): "reaper: ends the mark of a client that is gone"
        case .copierReads(let number, let cell): "copier \(number): reads \(cell)"
        case .copierWrites(let number, let succeeds): "copier \(number): \(succeeds ? "writes" : "finds a row")"
        case .reconciler(let number, let direction, let step, let result):
            "\(direction) reconciler \(number): \(step)\(result.isEmpty ? "" : ", \(result)")"
        }
    }

    private static func change(_ value: ModelCell) -> String { value == .vacant ? "delete" : "put \(value)" }
}
