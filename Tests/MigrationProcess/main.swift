import Foundation
import LiveMigrationWorkload
import TestSupport

// A process of a live migration, for tests that kill it.
//
//     MigrationProcess <parts> <source> <target> <control> <directory> <number> <seed> <cold keys> <rest>

guard let plan = ProcessPlan(Array(CommandLine.arguments.dropFirst())) else { exit(64) }
Lapse.exitWithParent()
do {
    try await plan.run()
} catch {
    say("failed: \(error)")
    exit(1)
}
