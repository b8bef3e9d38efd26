extension [Int] {
    /// Sorts, and leaves equal elements in the order in which the reference's sort leaves them: up to 16 elements keep
    /// theirs, more do not.
    ///
    /// That sort is introsort (Musser, Introspective Sorting and Selection Algorithms, 1997), with the median of the
    /// second, the middle and the last element for a pivot and one insertion sort at the end.
    mutating func sortAsReference(by isLess: (Int, Int) -> Bool) {
        guard count > 1 else { return }
        let depth = 2 * (Int.bitWidth - 1 - count.leadingZeroBitCount)
        partition(0, count, depth: depth, isLess)
        insertionSort(isLess)
    }

    /// Until no part has more than 16 elements.
    private mutating func partition(_ first: Int, _ last: Int, depth: Int, _ isLess: (Int, Int) -> Bool) {
        var (last, depth) = (last, depth)
        while last - first > 16 {
            guard depth > 0 else {
                // Only with orders made to be slow: here equal elements may end in another order than the reference's.
                self[first..<last].sort(by: isLess)
                return
            }
            depth -= 1
            moveMedianToFirst(first, middle: first + (last - first) / 2, last: last - 1, isLess)
            let cut = split(first, last, isLess)
            partition(cut, last, depth: depth, isLess)
            last = cut
        }
    }

    private mutating func moveMedianToFirst(_ first: Int, middle: Int, last: Int, _ isLess: (Int, Int) -> Bool) {
        let (a, b, c) = (self[first + 1], self[middle], self[last])
        let median =
            isLess(a, b)
            ? (isLess(b, c) ? middle : isLess(a, c) ? last : first + 1)
            : (isLess(a, c) ? first + 1 : isLess(b, c) ? last : middle)
        swapAt(first, median)
    }

    /// Moves what is less than the first element before what is greater; returns where that begins.
    private mutating func split(_ first: Int, _ last: Int, _ isLess: (Int, Int) -> Bool) -> Int {
        let pivot = self[first]
        var (low, high) = (first + 1, last)
        while true {
            while isLess(self[low], pivot) { low += 1 }
            high -= 1
            while isLess(pivot, self[high]) { high -= 1 }
            guard low < high else { return low }
            swapAt(low, high)
            low += 1
        }
    }

    private mutating func insertionSort(_ isLess: (Int, Int) -> Bool) {
        for index in 1..<count {
            let element = self[index]
            var place = index
            while place > 0, isLess(element, self[place - 1]) {
                self[place] = self[place - 1]
                place -= 1
            }
            self[place] = element
        }
    }
}
