#if HTTP
import HTTPTypes
import Migration

/// What is agreed on before a migration begins, as an object with any of these fields.
struct PlanBody: SteeringBody {
    /// What to call the source; its kind unless given.
    var sourceName: String?
    /// What to call the target; its kind unless given.
    var targetName: String?
    /// For how long a cutover may hold writes before it is taken back: 1 to 3,600,000.
    var holdMaxMilliseconds: Int?
    /// How many changes may be left when a cutover begins, at least 1.
    var marksMax: UInt64?

    enum Field: String, CodingKey, CaseIterable {
        case sourceName, targetName, holdMaxMilliseconds, marksMax
    }

    private typealias CodingKeys = Field

    func plan() throws -> MigrationPlan {
        var plan = MigrationPlan()
        if let holdMaxMilliseconds {
            guard (1...3_600_000).contains(holdMaxMilliseconds) else { throw PlanBody.illegal }
            plan.holdMax = .milliseconds(holdMaxMilliseconds)
        }
        if let marksMax {
            guard marksMax >= 1 else { throw PlanBody.illegal }
            plan.marksMax = marksMax
        }
        return plan
    }

    static let illegal = Problem(
        .badRequest,
        code: "badRequest",
        """
        Send an object with any of sourceName, targetName, holdMaxMilliseconds (1 to 3600000) and marksMax (from 1), {} for \
        what is usual.
        """
    )
}
#endif
