import Testing

@testable import DynamoDB

@Suite struct PartiQLTests {
    @Test(arguments: [
        (#"SELECT * FROM "Music""#, "Music"), ("select * from Music", "Music"),
        (" SELECT\n*\tFROM\r\nMusic ; ", "Music"),
        (#"SELECT a,b.c[0] FROM "Music" WHERE Artist=? AND x IN ['a','b']"#, "Music"),
        (#"SELECT * FROM "Music"."By Year" WHERE y > 1e-3 ORDER BY z DESC"#, "Music"),
        ("SELECT * FROM Music.idx ORDER BY z", "Music"), (#"SELECT * FROM "my.table-1""#, "my.table-1"),
        (#"SELECT "from", 'from; -- x' FROM t WHERE a = 'it''s /* no */ comment'"#, "t"),
        (#"SELECT * FROM "a""b""#, "a\"b"), (#"EXISTS(SELECT * FROM "Music" WHERE (Artist='x'))"#, "Music"),
        (#"exists ( select * from t where begins_with(a, 'x') )"#, "t"), (#"SELECT "UPDATE" FROM "select""#, "select"),
        (#"SELECT * FROM "arn:aws:dynamodb:us-east-1:1:table/T1x""#, "arn:aws:dynamodb:us-east-1:1:table/T1x"),
        (#"SELECT * FROM t WHERE a <> 5 - 3"#, "t"),
    ])
    func recognisesQueries(_ statement: String, _ table: String) {
        #expect(PartiQL.classify(statement) == PartiQL.Classification(kind: .select, table: table))
    }

    @Test(arguments: [
        ("INSERT INTO Num VALUE {'id': 902}", "Num"), (#"insert into "Num" value {'id': ?}"#, "Num"),
        ("UPDATE Num SET v='q' WHERE id=1", "Num"),
        (#"UPDATE "Num" REMOVE a.b[1] WHERE id=1 RETURNING ALL OLD *"#, "Num"),
        (#"UPDATE "Num" SET a=set_add(a,<<'x'>>) SET b=2 WHERE id=1;"#, "Num"),
        (#"DELETE FROM "Num" WHERE id=1"#, "Num"), ("delete\nfrom Num where id='SELECT'", "Num"),
    ])
    func recognisesWrites(_ statement: String, _ table: String) {
        #expect(PartiQL.classify(statement) == PartiQL.Classification(kind: .write, table: table))
    }

    @Test(arguments: [
        "", ";", "SELECT", "SELECT *", "SELECT * FROM", "SELECT * FROM 'Music'", "SELECT * FROM 1", "SELECT * FROM ?",
        "SELECT * FROM (SELECT * FROM t)", "SELECT (SELECT 1) FROM t", "SELECT * FROM a, b", "SELECT * FROM a JOIN b",
        "SELECT * FROM a AS b", "SELECT * FROM a b", "SELECT * FROM a.b.c",
        "SELECT * FROM a WHERE x IN (SELECT y FROM z)",
        "SELECT * FROM a; DELETE FROM b WHERE c=1", "SELECT * FROM a;;", "SELECT a FROM b FROM c", "SELECT (a FROM b",
        "SELECT a) FROM b", "SELECT * FROM t -- x", "SELECT * /* x */ FROM t", "SELECT * FROM `t`", "SELECT * FROM \"t",
        "SELECT * FROM t WHERE a='x", "SELECT * FROM t WHERE a='x\\'", "SELECT * FROM \"\"", "SÉLECT * FROM t",
        "SELECT * FROM t\u{0}", "SELECT * FROM t WHERE EXISTS(x)", "EXISTS(SELECT * FROM t", "EXISTS SELECT * FROM t",
        "EXISTS(SELECT * FROM t) OR EXISTS(SELECT * FROM u)", "EXISTS(SELECT * FROM t) x (y)", "EXISTS(DELETE FROM t)",
        "(SELECT * FROM t)", "WITH x SELECT * FROM t", "INSERT INTO t", "INSERT INTO t SELECT * FROM u",
        "INSERT t VALUE {}",
        "INSERT INTO t VALUES ({'a':1})", "UPDATE t", "UPDATE t WHERE a=1", "UPDATE t.i SET a=1",
        "UPDATE t SET a=1 FROM u",
        "DELETE FROM t", "DELETE t WHERE a=1", "DELETE FROM t.i WHERE a=1", "DROP TABLE t", "\"SELECT\" * FROM t",
    ])
    func leavesTheRestUnknown(_ statement: String) {
        #expect(PartiQL.classify(statement) == PartiQL.Classification(kind: .unknown, table: nil))
    }

    @Test func boundsLength() {
        let padding = String(repeating: " ", count: PartiQL.maximumLength - 15)
        #expect(PartiQL.classify("SELECT * FROM t" + padding).kind == .select)
        #expect(PartiQL.classify("SELECT * FROM t " + padding).kind == .unknown)
    }

    /// Statements put together at random never crash, and a query never hides a word that writes.
    @Test func survivesNoise() {
        let pieces = [
            "SELECT", "FROM", "t", "\"t\"", "'", "\"", "(", ")", ";", "--", "WHERE", "DELETE", "INTO", ",", ".", "{",
            "1", " ",
            "EXISTS", "UPDATE", "SET", "*", "?", "\\", "é",
        ]
        var random = SeededGenerator(state: 5)
        for _ in 0..<5000 {
            let words = (0..<Int.random(in: 1...9, using: &random)).compactMap { _ in
                pieces.randomElement(using: &random)
            }
            let result = PartiQL.classify("SELECT * FROM t " + words.joined(separator: " "))
            #expect((result.table == nil) == (result.kind == .unknown))
            if words.contains("DELETE"), !words.contains("'"), !words.contains("\"") {
                #expect(result.kind == .unknown)
            }
        }
    }
}
