extension StoreLocation {
    /// For drivers: the number that an option is; nil where it is not given.
    ///
    /// Throws ``StoreError/Code/invalidArgument`` for what is no number or outside of the range.
    public func number(_ name: String, in range: ClosedRange<Int>) throws(StoreError) -> Int? {
        guard let text = options[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw .invalidArgument(
                "The option is a number between two bounds.",
                ["option": name, "value": text, "least": "\(range.lowerBound)", "most": "\(range.upperBound)"]
            )
        }
        return number
    }
}
