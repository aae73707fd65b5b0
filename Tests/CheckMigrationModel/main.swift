import Glibc
import MigrationModel

// Explores every configuration of the table, then the protocol without each of its rules, and prints what it found.
// Meant for a build with optimisation.

func show(_ violation: (text: String, trace: [String])) {
    for line in violation.trace { print("    \(line)") }
    print("    \(violation.text)")
}

var isSound = true
for configuration in ModelConfiguration.table {
    let exploration = Explorer.explore(configuration)
    print("\(exploration.states) states, \(exploration.transitions) transitions: \(configuration)")
    guard let violation = exploration.violation else { continue }
    isSound = false
    print("VIOLATION")
    show(violation)
}
for removal in RuleRemoval.all {
    let exploration = Explorer.explore(removal.configuration)
    print("without \(removal.name), after \(exploration.states) states: \(removal.configuration)")
    if let violation = exploration.violation {
        show(violation)
    } else {
        isSound = false
        print("NOTHING BREAKS")
    }
}
exit(isSound ? 0 : 1)
