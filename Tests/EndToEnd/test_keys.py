"""Keys in all their forms: one item is one entry however its key is written, and different keys never meet."""

import base64

import pytest

from clients import cache_header, create_table, expect_cache, post
from servers import DIRECT


def table_of(twins, key_type, sort=None):
    name = f"shop-keys-{key_type}{sort or ''}".lower()
    for client in (twins.proxied, twins.direct):
        create_table(client, name, key_type=key_type, sort_key="sk" if sort else None, sort_type=sort or "S")
    return name


@pytest.fixture(scope="module")
def number_table(twins):
    return table_of(twins, "N")


@pytest.mark.parametrize(
    "forms",
    [["1", "1.0", "1e0", "01", "10e-1", "+1"], ["0", "-0", "0.0", "0e5"], ["-150", "-1.5E2"], ["1e20", "1" + "0" * 20]],
    ids=lambda forms: forms[0],
)
def test_number_forms_are_one_key(proxied, on_moto, number_table, forms):
    proxied.put_item(TableName=number_table, Item={"pk": {"N": forms[0]}, "v": {"S": forms[0]}})
    first = proxied.get_item(TableName=number_table, Key={"pk": {"N": forms[0]}})
    if DIRECT:
        return  # moto compares numbers as text in places: only the proxy's cache is in question.
    for form in forms:
        reply = proxied.get_item(TableName=number_table, Key={"pk": {"N": form}})
        assert cache_header(reply) == "hit", form
        assert reply["Item"] == first["Item"]


def test_a_write_under_another_form_is_seen(proxied, number_table):
    proxied.put_item(TableName=number_table, Item={"pk": {"N": "7"}, "v": {"S": "old"}})
    proxied.get_item(TableName=number_table, Key={"pk": {"N": "7"}})
    before = proxied.get_item(TableName=number_table, Key={"pk": {"N": "7"}})
    expect_cache(before, "hit")
    proxied.delete_item(TableName=number_table, Key={"pk": {"N": "7.0"}})
    after = proxied.get_item(TableName=number_table, Key={"pk": {"N": "7"}})
    if not DIRECT:
        assert cache_header(after) != "hit"


def test_binary_keys(twins):
    table = table_of(twins, "B")
    for value in (b"\x00\x01", b"\x00\x01\x02", bytes(range(200)), b"1"):
        twins.same("put_item", TableName=table, Item={"pk": {"B": value}, "v": {"N": str(len(value))}})
    for value in (b"\x00\x01", b"\x00\x01\x02", bytes(range(200)), b"1"):
        assert twins.read(TableName=table, Key={"pk": {"B": value}})["Item"]["v"] == {"N": str(len(value))}
    twins.read(TableName=table, Key={"pk": {"B": b"absent"}})


@pytest.mark.parametrize(
    "value",
    [
        "\u00e9",
        "e\u0301",
        "\U0001f407\u200d\U0001f407",
        'quote " backslash \\ slash / tab \t',
        "\u0000\u0001",
        " ",
        "a" * 2048,
    ],
    ids=["nfc", "nfd", "emoji", "escapes", "controls", "space", "long"],
)
def test_text_keys(twins, value):
    table = "shop-keys-text"
    for client in (twins.proxied, twins.direct):
        try:
            create_table(client, table)
        except client.exceptions.ResourceInUseException:
            pass
    twins.same("put_item", TableName=table, Item={"pk": {"S": value}, "v": {"S": value[:10]}})
    assert twins.read(TableName=table, Key={"pk": {"S": value}})["Item"]["v"] == {"S": value[:10]}


def test_escaped_spellings_are_one_key(proxied, on_moto, table_name):
    create_table(proxied, table_name)
    proxied.put_item(TableName=table_name, Item={"pk": {"S": "r\u00fcbe/A"}, "v": {"S": "x"}})
    proxied.get_item(TableName=table_name, Key={"pk": {"S": "r\u00fcbe/A"}})
    for body in (
        b'{"TableName":"%s","Key":{"pk":{"S":"r\\u00fcbe\\/\\u0041"}}}',
        b'{ "Key" : {"\\u0070k" : {"\\u0053":"r\xc3\xbcbe/A"}} , "TableName" : "%s" }',
    ):
        reply = post(on_moto.endpoint, "GetItem", body % table_name.encode())
        assert reply.json["Item"]["v"] == {"S": "x"}
        if not DIRECT:
            assert reply.headers["x-leveret-cache"] == "hit"


def test_composite_keys_do_not_run_together(twins):
    table = table_of(twins, "S", "S")
    pairs = [("a", "bc"), ("ab", "c"), ("abc", "d"), ("a", "b:c"), ("a:b", "c"), ("x\u0000y", "z"), ("x", "\u0000yz")]
    for number, (hash_key, sort_key) in enumerate(pairs):
        item = {"pk": {"S": hash_key}, "sk": {"S": sort_key}, "v": {"N": str(number)}}
        twins.same("put_item", TableName=table, Item=item)
    for number, (hash_key, sort_key) in enumerate(pairs):
        reply = twins.read(TableName=table, Key={"sk": {"S": sort_key}, "pk": {"S": hash_key}})
        assert reply["Item"]["v"] == {"N": str(number)}


def test_types_are_told_apart(proxied, table_name):
    tables = {}
    for key_type in "SNB":
        tables[key_type] = f"{table_name}-{key_type}"
        create_table(proxied, tables[key_type], key_type=key_type)
    keys = {"S": {"S": "1"}, "N": {"N": "1"}, "B": {"B": b"1"}}
    for key_type, table in tables.items():
        proxied.put_item(TableName=table, Item={"pk": keys[key_type], "v": {"S": key_type}})
    for _ in range(2):
        for key_type, table in tables.items():
            assert proxied.get_item(TableName=table, Key={"pk": keys[key_type]})["Item"]["v"] == {"S": key_type}


def test_base64_spellings(proxied, on_moto, table_name):
    create_table(proxied, table_name, key_type="B")
    proxied.put_item(TableName=table_name, Item={"pk": {"B": b"\x01\x02"}, "v": {"S": "x"}})
    body = '{"TableName":"%s","Key":{"pk":{"B":"%s"}}}' % (table_name, base64.b64encode(b"\x01\x02").decode())
    for _ in range(2):
        reply = post(on_moto.endpoint, "GetItem", body.encode())
    assert reply.json["Item"]["v"] == {"S": "x"}
