import Testing

@testable import TableStore

@Suite struct StoragePlanTests {
    /// Every query finds its rows by a key, and in order.
    @Test(arguments: Query.allCases) func noQueryScansOrSorts(query: Query) throws {
        let connection = try Storage(file: nil).connection
        let plan = try connection.column("EXPLAIN QUERY PLAN \(query.sql)", number: 3)
        // The catalog is read whole.
        let isCatalog = query == .definitions || query == .streams
        for step in plan {
            #expect(isCatalog || !step.hasPrefix("SCAN"), "\(plan)")
            #expect(!step.contains("TEMP B-TREE"), "\(plan)")
            #expect(!step.contains("AUTOMATIC"), "\(plan)")
        }
    }

    @Test(arguments: [Query.itemsForward, .itemsBackward])
    func itemRangesAreBoundedByThePrimaryKey(query: Query) throws {
        let connection = try Storage(file: nil).connection
        let plan = try connection.column("EXPLAIN QUERY PLAN \(query.sql)", number: 3)
        #expect(
            plan == [
                """
                SEARCH items USING PRIMARY KEY \
                (table_number=? AND (slot,partition,sort)>(?,?,?) AND (slot,partition,sort)<(?,?,?))
                """,
                "SEARCH contents USING INTEGER PRIMARY KEY (rowid=?)",
            ]
        )
    }

    @Test(arguments: [Query.entriesForward, .entriesBackward])
    func entryRangesAreBoundedByThePrimaryKey(query: Query) throws {
        let connection = try Storage(file: nil).connection
        let plan = try connection.column("EXPLAIN QUERY PLAN \(query.sql)", number: 3)
        let columns = "(slot,partition,sort,tie,base_partition,base_sort)"
        #expect(
            plan == [
                "SEARCH e USING PRIMARY KEY (index_number=? AND \(columns)>(?,?,?,?,?,?) AND \(columns)<(?,?,?,?,?,?))",
                "SEARCH i USING PRIMARY KEY (table_number=? AND slot=? AND partition=? AND sort=?)",
                "SEARCH contents USING INTEGER PRIMARY KEY (rowid=?)",
            ]
        )
    }
}
