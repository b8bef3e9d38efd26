"""Operations on tables and on the account."""

import pytest

from clients import comparable, create_table, dynamodb, outcome


def test_a_tables_life(twins, table_name):
    for client in (twins.proxied, twins.direct):
        created = create_table(client, table_name, Tags=[{"Key": "team", "Value": "shop"}])
        assert created["TableDescription"]["TableName"] == table_name
    twins.same("describe_table", TableName=table_name)
    twins.same("describe_time_to_live", TableName=table_name)
    specification = {"Enabled": True, "AttributeName": "expires"}
    twins.same("update_time_to_live", TableName=table_name, TimeToLiveSpecification=specification)
    twins.same("describe_time_to_live", TableName=table_name)
    twins.same("describe_continuous_backups", TableName=table_name)
    throughput = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    twins.same("update_table", TableName=table_name, BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
    twins.fails("ResourceInUseException", "create_table", **definition(table_name))
    twins.same("delete_table", TableName=table_name)
    twins.fails("ResourceNotFoundException", "describe_table", TableName=table_name)


def definition(name):
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    }


def test_tags(twins, table_name):
    arns = []
    for client in (twins.proxied, twins.direct):
        arns.append(create_table(client, table_name)["TableDescription"]["TableArn"])
    for client, arn in zip((twins.proxied, twins.direct), arns):
        client.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
        client.untag_resource(ResourceArn=arn, TagKeys=["a"])
        assert client.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


def test_a_table_named_by_its_arn(proxied, table_name):
    arn = create_table(proxied, table_name)["TableDescription"]["TableArn"]
    proxied.put_item(TableName=table_name, Item={"pk": {"S": "k"}, "v": {"S": "1"}})
    by_arn = outcome(proxied, "get_item", TableName=arn, Key={"pk": {"S": "k"}})
    if "raised" in by_arn:
        pytest.skip("this server knows no ARNs")
    for version in ("1", "2"):
        proxied.put_item(TableName=table_name, Item={"pk": {"S": "k"}, "v": {"S": version}})
        for name in (arn, table_name, arn):
            assert proxied.get_item(TableName=name, Key={"pk": {"S": "k"}})["Item"]["v"] == {"S": version}


def test_list_tables_in_development_shows_all(on_moto, proxied):
    for number in range(4):
        create_table(proxied, f"any-table-{number}")
    pages = list(proxied.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 3}))
    assert len(pages) > 1
    direct = dynamodb(on_moto.server.endpoint).list_tables()["TableNames"]
    assert [name for page in pages for name in page["TableNames"]] == direct


@pytest.mark.proxy_only
def test_list_tables_shows_a_tenant_its_own(company, shop, audit):
    names = [f"{prefix}-list-{number:02}" for prefix in ("shop", "audit", "other") for number in range(7)]
    for name in names:
        create_table(company.direct, name)

    def listed(client, size):
        pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": size})
        return [name for page in pages for name in page["TableNames"] if "-list-" in name]

    for size in (1, 3, 100):
        assert listed(shop, size) == [name for name in names if name.startswith("shop")]
        assert sorted(listed(audit, size)) == [name for name in names if name.startswith("audit")]
    assert sorted(listed(company.tenant("admin"), 4)) == sorted(names)
    first = shop.list_tables(Limit=2)
    assert len(first["TableNames"]) == 2 and first["LastEvaluatedTableName"] == first["TableNames"][-1]


@pytest.mark.proxy_only
def test_account_operations_are_answered_for_the_tenant(company, shop):
    limits = shop.describe_limits()
    assert set(comparable(limits)) == {
        "AccountMaxReadCapacityUnits",
        "AccountMaxWriteCapacityUnits",
        "TableMaxReadCapacityUnits",
        "TableMaxWriteCapacityUnits",
    }
    endpoints = shop.describe_endpoints()["Endpoints"]
    assert endpoints[0]["Address"] == company.endpoint.split("//")[1]
    assert endpoints[0]["CachePeriodInMinutes"] > 0


@pytest.mark.proxy_only
def test_a_tenant_makes_and_drops_its_own_tables(company, shop, table_name):
    create_table(shop, table_name)
    assert table_name in company.direct.list_tables()["TableNames"]
    shop.delete_table(TableName=table_name)
    reply = outcome(shop, "create_table", **definition("other-table"))
    assert reply["raised"]["Code"] == "AccessDeniedException"
    assert "other-table" not in company.direct.list_tables()["TableNames"]
