import Glibc
import KeyValue
import Migration
import Synchronization

/// Shows on standard error how far a long work has come: on a terminal one line that is rewritten, otherwise a line
/// every five seconds.
final class ProgressLine: Sendable {
    private struct State {
        var phase: Progress.Phase?
        var estimator = RateEstimator()
        var total: Int?
        var shownAt: Duration
        var isShown = false
    }

    private let isQuiet: Bool
    private let isTerminal: Bool
    private let now: @Sendable () -> Duration
    private let state: Mutex<State>

    init(isQuiet: Bool, now: @escaping @Sendable () -> Duration) {
        self.isQuiet = isQuiet
        isTerminal = isatty(STDERR_FILENO) == 1
        self.now = now
        state = Mutex(State(shownAt: now()))
    }

    /// Tells how many records there are in all.
    func setTotal(_ total: Int?) { state.withLock { $0.total = total } }

    func show(_ progress: Progress) {
        show { state, time in
            if state.phase != progress.phase {
                // What was put in order is what there is to write.
                if state.phase == .sorting, progress.phase == .writing { state.total = state.estimator.count }
                state.phase = progress.phase
                state.estimator = RateEstimator()
            }
            state.estimator.note(progress.records, at: time)
        } text: { state in
            ProgressLine.text(progress, state.estimator, total: state.total)
        }
    }

    /// Shows a text, unless the one before was just shown.
    func show(_ line: @autoclosure () -> String) {
        show(noting: { _, _ in }, text: { _ in line() })
    }

    /// Notes what there is to note, and makes the text only when it is time to show one.
    private func show(noting note: (inout State, Duration) -> Void, text: (State) -> String) {
        guard !isQuiet else { return }
        let time = now()
        state.withLock { state in
            note(&state, time)
            guard time - state.shownAt >= (isTerminal ? .milliseconds(200) : .seconds(5)) else { return }
            state.shownAt = time
            state.isShown = true
            let line = text(state)
            StandardError.write(isTerminal ? "\r\u{1B}[K" + line : line + "\n")
        }
    }

    /// Clears the line, so that what follows has its own.
    func end() {
        state.withLock { state in
            if state.isShown, isTerminal { StandardError.write("\r\u{1B}[K") }
            state.isShown = false
        }
    }

    static func text(_ progress: Progress, _ estimator: RateEstimator, total: Int?) -> String {
        let verb =
            switch progress.phase {
            case .reading: "reading"
            case .sorting: "sorting"
            case .writing: "writing"
            case .comparing: "comparing"
            }
        var text = "\(verb): \(HumanText.number(progress.records))"
        if let total, total >= progress.records { text += " of \(HumanText.number(total))" }
        text += " records"
        if let rate = estimator.perSecond { text += ", \(HumanText.number(Int(rate)))/s" }
        if let total, let rest = estimator.remaining(of: total) { text += ", \(HumanText.duration(rest)) left" }
        return text
    }
}

/// Standard error, unbuffered.
enum StandardError {
    static func write(_ text: String) {
        // Where standard error can't be written there is nobody left to tell.
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
