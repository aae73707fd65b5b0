/// What the command line asks for: `name=value` pairs and names of themes, all of them when there is none.
struct Options {
    var records = 200_000
    var uploads = 100_000
    var repeats = 7
    var directory = "."
    var markdown: String?
    var json: String?
    var swift = "Swift 6.3"
    var themes: [Theme] = []

    init(_ arguments: some Sequence<String>) throws {
        for argument in arguments {
            let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
            guard parts.count == 2 else {
                guard let theme = Theme(rawValue: argument) else { throw WrongUsage(argument: argument) }
                themes.append(theme)
                continue
            }
            switch (parts[0], parts[1], Int(parts[1])) {
            case ("records", _, let count?) where count >= 10_000: records = count
            case ("uploads", _, let count?) where count >= 10_000: uploads = count
            case ("repeats", _, let count?) where count >= 1: repeats = count
            case ("directory", let path, _): directory = path
            case ("markdown", let path, _): markdown = path
            case ("json", let path, _): json = path
            case ("swift", let version, _): swift = version
            default: throw WrongUsage(argument: argument)
            }
        }
        if themes.isEmpty { themes = Theme.allCases }
    }
}

/// The command line has an argument that makes no sense.
struct WrongUsage: Error, CustomStringConvertible {
    var argument: String

    var description: String {
        let themes = Theme.allCases.map(\.rawValue).joined(separator: ", ")
        return """
            \(argument) is nothing that can be asked for. There are records= and uploads= (10000 or more), repeats= (1 or \
            more), directory=, markdown=, json=, swift=, and these themes: \(themes)
            """
    }
}
