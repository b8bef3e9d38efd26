import Yams

// Readers of single values. Each reports what is wrong and returns nil then.
extension YAMLValue {
    func size(in range: ClosedRange<Int>) -> Int? {
        guard let text = text("a size") else { return nil }
        do throws(UnitProblem) {
            let size = try Units.size(text.value)
            if range.contains(size) { return size }
            let bounds = "\(Units.text(size: range.lowerBound)) to \(Units.text(size: range.upperBound))"
            mistake("\(text.shown) is out of range", "choose from \(bounds)")
        } catch {
            mistake("\(text.shown) \(error.problem)", error.remedy)
        }
        return nil
    }

    func duration(in range: ClosedRange<UInt64>) -> UInt64? {
        guard let text = text("a duration") else { return nil }
        do throws(UnitProblem) {
            let duration = try Units.duration(text.value)
            if range.contains(duration) { return duration }
            let bounds = "\(Units.text(duration: range.lowerBound)) to \(Units.text(duration: range.upperBound))"
            mistake("\(text.shown) is out of range", "choose from \(bounds)")
        } catch {
            mistake("\(text.shown) \(error.problem)", error.remedy)
        }
        return nil
    }

    func integer(in range: ClosedRange<Int>) -> Int? {
        guard let text = text("a whole number") else { return nil }
        guard let number = Int(text.value) else {
            mistake("\(text.shown) is not a whole number", "write one from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        guard range.contains(number) else {
            mistake("\(text.shown) is out of range", "choose from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func weight() -> Double? {
        guard let text = text("a number") else { return nil }
        guard let number = Double(text.value), number >= 0.001, number <= 1_000_000 else {
            mistake("\(text.shown) is not a weight", "write a number from 0.001 to 1000000")
            return nil
        }
        return number
    }

    func flag() -> Bool? {
        guard let text = text("true or false") else { return nil }
        switch text.value.lowercased() {
        case "true", "yes", "on": return true
        case "false", "no", "off": return false
        default:
            mistake("\(text.shown) is neither true nor false", "write true or false")
            return nil
        }
    }

    /// `isShown` is false where a secret may stand by mistake.
    func choice(_ choices: [String], isShown: Bool = true) -> String? {
        guard let text = text("one of \(choices.joined(separator: ", "))") else { return nil }
        if choices.contains(text.value) { return text.value }
        mistake(
            "\(isShown ? text.shown : "this") is not a choice here",
            Similarity.remedy(for: text.value, among: choices)
        )
        return nil
    }

    /// 1 to 64 letters, digits, `.`, `_`, `-`: names go into log lines and metric labels.
    func name() -> String? {
        guard let text = text("a name") else { return nil }
        let isName =
            (1...64).contains(text.value.utf8.count)
            && text.value.utf8.allSatisfy { $0.isASCIIAlphanumeric || "._-".utf8.contains($0) }
        if isName { return text.value }
        mistake("\(text.shown) is not a name", "use 1 to 64 letters, digits, '.', '_' and '-'")
        return nil
    }

    /// Printable ASCII without spaces and without `excluded`, as regions and access key ids are.
    ///
    /// `isShown` is false where a secret may stand by mistake.
    func token(_ what: String, excluding excluded: String = "", isShown: Bool = true) -> String? {
        guard let text = text(what) else { return nil }
        let isToken =
            (1...128).contains(text.value.utf8.count)
            && text.value.utf8.allSatisfy { (0x21...0x7E).contains($0) && !excluded.utf8.contains($0) }
        if isToken { return text.value }
        let remedy = "use 1 to 128 printable ASCII characters without spaces"
        mistake(
            "\(isShown ? text.shown : "this") is not \(what)",
            excluded.isEmpty ? remedy : "\(remedy) and \(excluded)"
        )
        return nil
    }

    /// The path of a file that this process can read, if it is there, and replace.
    func replaceableFile() -> String? {
        guard let text = text("a file's path") else { return nil }
        let path = reading.resolve(text.value)
        guard let reason = text.value.isEmpty ? "the path is empty" : Files.unreplaceable(path) else { return path }
        mistake("the file \(text.shown) can't be written: \(reason)", "correct the path or the permissions")
        return nil
    }

    /// The path of a file that this process can read.
    func readableFile() -> String? {
        guard let text = text("a file's path") else { return nil }
        let path = reading.resolve(text.value)
        guard let reason = text.value.isEmpty ? "the path is empty" : Files.unreadable(path) else { return path }
        mistake("the file \(text.shown) cannot be read: \(reason)", "correct the path or the file's permissions")
        return nil
    }
}
