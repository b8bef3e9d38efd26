"""PartiQL: what a statement writes is not read from the cache afterwards. On ministack, since moto lacks most of it."""

import pytest

from clients import create_table, expect_cache


@pytest.fixture(scope="module")
def twins(ministack_twins):
    return ministack_twins


@pytest.fixture(scope="module")
def table(twins):
    name = "shop-partiql"
    for client in (twins.proxied, twins.direct):
        create_table(client, name)
    return name


def key(value):
    return {"pk": {"S": value}}


def fill(twins, table, *names):
    for name in names:
        twins.same("put_item", TableName=table, Item={**key(name), "v": {"N": "1"}})
        twins.read(TableName=table, Key=key(name))


@pytest.mark.parametrize(
    "text, after",
    [
        ("UPDATE \"{table}\" SET v=2 WHERE pk='{key}'", {"N": "2"}),
        ("update \"{table}\"  set v = 3\nwhere pk = '{key}'", {"N": "3"}),
        ("  \n\tUPDATE {bare} SET v=4 WHERE pk='{key}'", {"N": "4"}),
        ("DELETE FROM \"{table}\" WHERE pk='{key}'", None),
    ],
    ids=["update", "spacing", "leading", "delete"],
)
def test_writes_are_seen(twins, table, text, after, request):
    name = request.node.callspec.id
    bare = "shoppartiql"
    if "{bare}" in text:
        table = bare
        for client in (twins.proxied, twins.direct):
            create_table(client, bare)
    fill(twins, table, name)
    reply = twins.same("execute_statement", Statement=text.format(table=table, bare=bare, key=name))
    assert "raised" not in reply, reply
    assert twins.read(TableName=table, Key=key(name)).get("Item", {}).get("v") == after


def test_insert_is_seen_and_select_is_not_cached(twins, table):
    twins.read(TableName=table, Key=key("insert"))
    twins.same("execute_statement", Statement=f"INSERT INTO \"{table}\" VALUE {{'pk': 'insert', 'v': 5}}")
    assert twins.read(TableName=table, Key=key("insert"))["Item"]["v"] == {"N": "5"}
    for value in ("5", "6"):
        reply = twins.same(
            "execute_statement", Statement=f'SELECT v FROM "{table}" WHERE pk = ?', Parameters=[{"S": "insert"}]
        )
        assert reply["Items"] == [{"v": {"N": value}}]
        expect_cache(reply, "not-cacheable")
        twins.same("put_item", TableName=table, Item={**key("insert"), "v": {"N": "6"}})


def test_a_select_leaves_the_cache_alone(twins, table):
    fill(twins, table, "kept")
    twins.same("execute_statement", Statement=f"SELECT * FROM \"{table}\" WHERE pk='kept'")
    expect_cache(twins.same("get_item", TableName=table, Key=key("kept")), "hit")


def test_parameters(twins, table):
    fill(twins, table, "parameters")
    statement = f'UPDATE "{table}" SET v=? WHERE pk=?'
    twins.same("execute_statement", Statement=statement, Parameters=[{"N": "7"}, {"S": "parameters"}])
    assert twins.read(TableName=table, Key=key("parameters"))["Item"]["v"] == {"N": "7"}


def test_batches(twins, table):
    fill(twins, table, "batch")
    statements = [
        {"Statement": f"SELECT * FROM \"{table}\" WHERE pk='nothing'"},
        {"Statement": f"UPDATE \"{table}\" SET v=8 WHERE pk='batch'"},
    ]
    twins.same("batch_execute_statement", Statements=statements)
    assert twins.read(TableName=table, Key=key("batch"))["Item"]["v"] == {"N": "8"}


def test_transactions(twins, table):
    fill(twins, table, "transaction")
    statements = [{"Statement": f"UPDATE \"{table}\" SET v=9 WHERE pk='transaction'"}]
    token = "0123456789abcdef0123456789abcdef"
    twins.same("execute_transaction", TransactStatements=statements, ClientRequestToken=token)
    assert twins.read(TableName=table, Key=key("transaction"))["Item"]["v"] == {"N": "9"}


def test_errors(twins, table):
    reply = twins.same("execute_statement", Statement="THIS IS NOT PARTIQL")
    assert "raised" in reply
