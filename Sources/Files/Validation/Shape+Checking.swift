import JSONFormat

extension Shape {
    /// Notes all that is wrong with a value.
    func check(_ value: JSON, at path: [String], _ findings: inout Findings) {
        switch self {
        case .text(let length, let form): checkText(value, length, form, path, &findings)
        case .choice(let texts):
            if !(value.text.map(texts.contains) ?? false) {
                findings.add(path, "is not one of \(texts.joined(separator: ", "))")
            }
        case .number(let range):
            guard case .number(let digits) = value, let number = Double(digits), range.contains(number) else {
                findings.add(path, "is no number of the range allowed")
                return
            }
        case .integer(let range):
            guard case .number(let digits) = value, let number = Int64(digits), range.contains(number) else {
                findings.add(path, "is no whole number from \(range.lowerBound) to \(range.upperBound)")
                return
            }
        case .bool: if value.bool == nil { findings.add(path, "is neither true nor false") }
        case .null: if value != .null { findings.add(path, "is not null") }
        case .list(let shape, let count, let isUnique): checkList(value, shape, count, isUnique, path, &findings)
        case .object(let shape): shape.check(value, at: path, &findings)
        case .either(let shapes):
            let fits = shapes.contains { shape in
                var inner = Findings()
                shape.check(value, at: path, &inner)
                return inner.fields.isEmpty
            }
            if !fits { findings.add(path, "is none of what is allowed here") }
        }
    }

    private func checkText(
        _ value: JSON,
        _ length: ClosedRange<Int>,
        _ form: TextForm?,
        _ path: [String],
        _ findings: inout Findings
    ) {
        guard let text = value.text else { return findings.add(path, "is no text") }
        // No character is more than four bytes: what is longer by far is not counted.
        guard text.utf8.count / 4 <= length.upperBound, length.contains(text.unicodeScalars.count) else {
            return findings.add(path, "is not \(length.lowerBound) to \(length.upperBound) characters long")
        }
        if let form, !form.holds(text) { findings.add(path, "is not of the form \(form.pattern)") }
    }

    private func checkList(
        _ value: JSON,
        _ shape: Shape,
        _ count: ClosedRange<Int>,
        _ isUnique: Bool,
        _ path: [String],
        _ findings: inout Findings
    ) {
        guard let items = value.items else { return findings.add(path, "is no list") }
        guard count.contains(items.count) else {
            return findings.add(path, "has not \(count.lowerBound) to \(count.upperBound) values")
        }
        if isUnique, Set(items).count < items.count { findings.add(path, "has a value more than once") }
        for (index, item) in items.enumerated() { shape.check(item, at: path + ["\(index)"], &findings) }
    }
}

extension ObjectShape {
    /// Notes all that is wrong with a value.
    func check(_ value: JSON, at path: [String], _ findings: inout Findings) {
        guard let found = value.members else { return findings.add(path, "is no object") }
        let names = Set(found.map(\.name))
        if names.count < found.count { findings.add(path, "has a member twice") }
        if !count.contains(found.count) {
            findings.add(path, "has not \(count.lowerBound) to \(count.upperBound) members")
        }
        for name in required where !names.contains(name) { findings.add(path + [name], "is missing") }
        for group in together where !names.isDisjoint(with: group) && !names.isSuperset(of: group) {
            findings.add(path, "has to have \(group.joined(separator: " and ")) together")
        }
        for group in apart where names.isSuperset(of: group) {
            findings.add(path, "can't have \(group.joined(separator: " and ")) together")
        }
        for member in found { check(member, at: path, &findings) }
    }

    private func check(_ member: JSON.Member, at path: [String], _ findings: inout Findings) {
        // The name comes from outside: only its beginning is given back.
        let place = path + [String(member.name.prefix(64))]
        if let shape = members[member.name] { return shape.check(member.value, at: place, &findings) }
        switch others {
        case .ignored: return
        case .refused: findings.add(place, "is not known here", isUnexpected: true)
        case .formed(let forms):
            guard let shape = forms.first(where: { $0.0.holds(member.name) })?.1 else {
                return findings.add(place, "is not known here", isUnexpected: true)
            }
            shape.check(member.value, at: place, &findings)
        }
    }
}
