"""PynamoDB: an object mapper with its own request building."""

import pytest
from pynamodb.attributes import NumberAttribute, UnicodeAttribute, UnicodeSetAttribute
from pynamodb.exceptions import DeleteError, PutError, TransactWriteError
from pynamodb.connection import Connection
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex
from pynamodb.models import Model
from pynamodb.transactions import TransactWrite

pytestmark = pytest.mark.aio


def model(endpoint, key="test", secret="test"):
    class ByGenre(GlobalSecondaryIndex):
        class Meta:
            index_name = "by-genre"
            projection = AllProjection()

        genre = UnicodeAttribute(hash_key=True)
        year = NumberAttribute(range_key=True)

    class Record(Model):
        class Meta:
            table_name = "shop-pynamodb"
            host = endpoint
            region = "us-east-1"
            aws_access_key_id = key
            aws_secret_access_key = secret
            billing_mode = "PAY_PER_REQUEST"

        artist = UnicodeAttribute(hash_key=True)
        title = UnicodeAttribute(range_key=True)
        genre = UnicodeAttribute(default="jazz")
        year = NumberAttribute(default=1965)
        tags = UnicodeSetAttribute(null=True)
        by_genre = ByGenre()

    return Record


def crud(Record, connection):
    Record.create_table(wait=True)
    for number in range(12):
        Record("Nina Simone", f"Record {number:02}", year=1960 + number, tags={"a", "b"}).save()
    for _ in range(2):
        record = Record.get("Nina Simone", "Record 03")
        assert (record.year, record.tags) == (1963, {"a", "b"})
    record.update(actions=[Record.year.set(2000), Record.tags.add({"c"})])
    assert Record.get("Nina Simone", "Record 03").year == 2000
    assert Record.get("Nina Simone", "Record 03").tags == {"a", "b", "c"}
    assert len(list(Record.query("Nina Simone", Record.title < "Record 10", limit=7, page_size=3))) == 7
    assert [record.year for record in Record.by_genre.query("jazz", Record.year > 1969)] == [1970, 1971, 2000]
    assert len(list(Record.batch_get([("Nina Simone", f"Record {n:02}") for n in range(5)] + [("No", "one")]))) == 5
    assert len(list(Record.scan(Record.year < 1965))) == 4
    with pytest.raises(PutError, match="conditional request failed"):
        Record("Nina Simone", "Record 01").save(condition=Record.artist.does_not_exist())
    with pytest.raises(DeleteError):
        record.delete(condition=Record.year == 1)
    with pytest.raises(TransactWriteError) as cancelled:
        with TransactWrite(connection=connection) as transaction:
            transaction.delete(record, condition=Record.year == 1)
            transaction.save(Record("Nina Simone", "Not saved"))
    assert cancelled.value.cause_response_code == "TransactionCanceledException"
    with TransactWrite(connection=connection) as transaction:
        transaction.delete(record)
        transaction.save(Record("Nina Simone", "Saved"))
    with pytest.raises(Record.DoesNotExist):
        Record.get("Nina Simone", "Record 03")
    assert Record.get("Nina Simone", "Saved").year == 1965
    with Record.batch_write() as batch:
        batch.delete(Record("Nina Simone", "Record 00"))
        batch.save(Record("Nina Simone", "Record 20"))
    with pytest.raises(Record.DoesNotExist):
        Record.get("Nina Simone", "Record 00")
    assert Record.get("Nina Simone", "Record 20").genre == "jazz"
    Record.delete_table()


def test_in_development(on_moto, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    crud(model(on_moto.endpoint), Connection(region="us-east-1", host=on_moto.endpoint))


@pytest.mark.proxy_only
def test_as_a_tenant(company, monkeypatch):
    key = company.key("shop")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["key"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["secret"])
    crud(model(company.endpoint, **key), Connection(region="us-east-1", host=company.endpoint))
