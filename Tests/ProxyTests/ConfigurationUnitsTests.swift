import Testing

@testable import Proxy

@Suite struct ConfigurationUnitsTests {
    @Test(
        arguments: [
            ("0", 0), ("1", 1), ("1048576", 1 << 20), ("64MiB", 64 << 20), ("64mib", 64 << 20), ("64 MiB", 64 << 20),
            ("1GB", 1_000_000_000), ("1.5KiB", 1536), ("2TiB", 2 << 40), ("3kB", 3000), ("7B", 7),
        ]
    )
    func sizes(text: String, bytes: Int) throws {
        #expect(try Units.size(text) == bytes)
    }

    @Test(
        arguments: [
            "", "MiB", "-1", "-5MiB", "64M", "64m", "1e9", "0x10", "inf", "nan", "1.2.3MiB", "1 2", "5m30", "64MiBs",
            "99999999999999999999", "1000000000TiB", "٣MiB", "1,5MiB", ".", "+5",
        ]
    )
    func notSizes(text: String) {
        #expect(throws: UnitProblem.self) { try Units.size(text) }
    }

    @Test(
        arguments: [
            ("0", 0), ("0s", 0), ("5m", 300_000_000_000), ("30s", 30_000_000_000), ("250ms", 250_000_000),
            ("1h", 3_600_000_000_000), ("1m30s", 90_000_000_000), ("1.5s", 1_500_000_000), ("2d", 172_800_000_000_000),
            ("7us", 7000), ("9ns", 9),
        ] as [(String, UInt64)]
    )
    func durations(text: String, nanoseconds: UInt64) throws {
        #expect(try Units.duration(text) == nanoseconds)
    }

    @Test(
        arguments: [
            "", "5", "12.5", "-5s", "5 m", "5minutes", "s", "1m30", "0 0", "1e3s", "infs", "5M", "99999d",
            "99999999999999999999s", "5m ", "+5s", "1m0",
        ]
    )
    func notDurations(text: String) {
        #expect(throws: UnitProblem.self) { try Units.duration(text) }
    }

    @Test func ambiguousUnitsAreExplained() {
        let problem = #expect(throws: UnitProblem.self) { try Units.size("64M") }
        #expect(problem?.problem == "has the ambiguous unit 'M'")
        #expect(problem?.remedy == "write MiB for powers of 1024 or MB of 1000")
    }

    @Test(arguments: [0, 1, 1023, 1024, 1536, 64 << 20, 3 << 30, 1 << 44, 1_000_000])
    func sizesAreWrittenAsTheyAreRead(bytes: Int) throws {
        #expect(try Units.size(Units.text(size: bytes)) == bytes)
    }

    @Test(arguments: [0, 1, 1500, 250_000_000, 1_000_000_000, 90_000_000_000, 3_600_000_000_000] as [UInt64])
    func durationsAreWrittenAsTheyAreRead(nanoseconds: UInt64) throws {
        #expect(try Units.duration(Units.text(duration: nanoseconds)) == nanoseconds)
    }

    @Test func approximateSizes() {
        #expect(Units.approximateText(size: 512) == "512B")
        #expect(Units.approximateText(size: 336 << 20) == "336MiB")
        #expect(Units.approximateText(size: (1 << 30) + (1 << 29)) == "1.5GiB")
    }

    @Test func interpolation() throws {
        let environment = ["A": "x", "LONG_NAME_2": "${A}", "EMPTY": ""]
        func expand(_ text: String) throws(Interpolation.Problem) -> String {
            try Interpolation.expand(text) { environment[$0] }.text
        }
        #expect(try expand("plain $5 100%") == "plain $5 100%")
        #expect(try expand("${A}") == "x")
        #expect(try expand("a${A}b${A}c") == "axbxc")
        #expect(try expand("${EMPTY}") == "")
        // What a variable holds is not read again.
        #expect(try expand("${LONG_NAME_2}") == "${A}")
        #expect(try expand("$${A}$") == "${A}$")
        #expect(throws: Interpolation.Problem.missing("NOPE")) { try expand("${NOPE}") }
        for text in ["${", "${A", "${}", "${1A}", "${A:-x}", "${A B}", "${Ä}"] {
            #expect(throws: Interpolation.Problem.malformed) { try expand(text) }
        }
    }

    @Test func nearestWord() {
        #expect(Similarity.nearest(to: "cahce", among: ["name", "cache"]) == "cache")
        #expect(Similarity.nearest(to: "limts", among: ["limits", "log"]) == "limits")
        #expect(Similarity.nearest(to: "negative-ttl", among: ["ttl", "negative_ttl"]) == "negative_ttl")
        #expect(Similarity.nearest(to: "GETITEM", among: ["GetItem", "PutItem"]) == "GetItem")
        #expect(Similarity.nearest(to: "b", among: ["a"]) == nil)
        #expect(Similarity.nearest(to: "unrelated", among: ["limits", "log"]) == nil)
        #expect(Similarity.nearest(to: "", among: ["a"]) == nil)
    }
}
