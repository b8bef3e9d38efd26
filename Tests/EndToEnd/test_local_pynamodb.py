"""PynamoDB against `leveret local`: what its documentation shows, chapter by chapter."""

import datetime
import pickle
import uuid

import pytest
from pynamodb.attributes import (
    BinaryAttribute,
    BinarySetAttribute,
    BooleanAttribute,
    DiscriminatorAttribute,
    JSONAttribute,
    ListAttribute,
    MapAttribute,
    NumberAttribute,
    NumberSetAttribute,
    TTLAttribute,
    UnicodeAttribute,
    UnicodeSetAttribute,
    UTCDateTimeAttribute,
    VersionAttribute,
)
from pynamodb.connection import Connection, TableConnection
from pynamodb.exceptions import (
    DeleteError,
    DoesNotExist,
    PutError,
    TableDoesNotExist,
    TableError,
    TransactGetError,
    TransactWriteError,
    UpdateError,
)
from pynamodb.expressions.condition import size
from pynamodb.indexes import (
    AllProjection,
    GlobalSecondaryIndex,
    IncludeProjection,
    KeysOnlyProjection,
    LocalSecondaryIndex,
)
from pynamodb.models import Model
from pynamodb.transactions import TransactGet, TransactWrite

pytestmark = pytest.mark.aio

UTC = datetime.timezone.utc


@pytest.fixture
def base(local, table_name, monkeypatch):
    """The Meta that models inherit: where the table is, and a name of its own."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")

    class Base:
        host = local.endpoint
        region = "us-east-1"
        read_capacity_units = 1
        write_capacity_units = 1
        table_name = None

    Base.table_name = table_name
    return Base


@pytest.fixture
def connection(local, base):
    return Connection(region="us-east-1", host=local.endpoint)


@pytest.fixture
def Thread(base):
    class Thread(Model):
        class Meta(base):
            pass

        forum_name = UnicodeAttribute(hash_key=True)
        subject = UnicodeAttribute(range_key=True)
        views = NumberAttribute(default=0)
        replies = NumberAttribute(default=0)
        answered = NumberAttribute(default=0)
        tags = UnicodeSetAttribute(null=True)
        notes = ListAttribute(default=list)
        last_post_datetime = UTCDateTimeAttribute(null=True)

    assert not Thread.exists()
    with pytest.raises(TableDoesNotExist):
        Thread.describe_table()
    with pytest.raises(PutError, match="Requested resource not found"):
        Thread("forum", "subject").save()
    Thread.create_table(wait=True)
    assert Thread.exists()
    yield Thread
    Thread.delete_table()


def test_quickstart(base):
    class UserModel(Model):
        class Meta(base):
            pass

        email = UnicodeAttribute(null=True)
        first_name = UnicodeAttribute(range_key=True)
        last_name = UnicodeAttribute(hash_key=True)

    UserModel.create_table(read_capacity_units=1, write_capacity_units=1)
    user = UserModel("Denver", "John", email="djohn@company.org")
    user.save()
    assert UserModel.count() == 1
    user.email = "changed"
    user.refresh()
    assert user.email == "djohn@company.org"
    for name in ("Jane", "Jack", "Bob"):
        UserModel("Smith", name).save()
    found = UserModel.query("Smith", UserModel.first_name.startswith("J"))
    assert [each.first_name for each in found] == ["Jack", "Jane"]
    assert UserModel.count("Smith", UserModel.first_name.startswith("J")) == 2
    filtered = UserModel.query("Denver", UserModel.first_name > "A", UserModel.email.contains("company"))
    assert [each.first_name for each in filtered] == ["John"]
    try:
        UserModel.get("does not", "exist")
    except UserModel.DoesNotExist:
        pass
    user.delete()
    assert UserModel.count() == 3
    UserModel.delete_table()


def test_tutorial(Thread):
    thread = Thread("forum_name", "forum_subject", replies=10)
    thread.save()
    assert Thread.get("forum_name", "forum_subject").replies == 10
    moment = datetime.datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)
    thread.update(actions=[Thread.views.set(Thread.views + 1), Thread.last_post_datetime.set(moment)])
    thread.refresh()
    assert (thread.views, thread.last_post_datetime) == (1, moment)
    with pytest.raises(Thread.DoesNotExist):
        Thread.get("forum_name", "none")


def test_updates(Thread):
    thread = Thread("forum", "subject", views=5, tags={"a", "b"}, notes=["2"])
    thread.save()
    thread.update(
        actions=[
            Thread.views.set(5 - Thread.views),
            Thread.tags.add({"c"}),
            Thread.notes.set(Thread.notes.append(["3"])),
            Thread.replies.remove(),
            Thread.answered.set(Thread.answered | 7),
        ]
    )
    assert (thread.views, thread.tags, thread.notes, thread.answered) == (0, {"a", "b", "c"}, ["2", "3"], 0)
    thread.update(actions=[Thread.notes.set(Thread.notes.prepend(["1"])), Thread.tags.delete({"a", "b"})])
    assert (thread.notes, thread.tags) == (["1", "2", "3"], {"c"})
    thread.update(actions=[Thread.notes[0].remove(), Thread.notes[2].remove(), Thread.views.add(4)])
    assert (thread.notes, thread.views) == (["2"], 4)


def test_conditional_operations(Thread):
    thread = Thread("Existing Forum", "Example Subject", views=7)
    thread.save(Thread.forum_name.does_not_exist())
    thread.save(Thread.forum_name.exists() & Thread.subject.contains("Example"))
    for condition in (
        Thread.views.between(1, 5),
        Thread.views.is_in(1, 2, 3),
        ~(Thread.views == 7),
        size(Thread.subject) == 10,
        Thread.subject.startswith("x") | (Thread.views < 5),
        Thread.last_post_datetime.exists(),
        Thread.views.does_not_exist(),
        Thread.notes[0].contains("x"),
    ):
        with pytest.raises(PutError) as failed:
            thread.save(condition)
        assert failed.value.cause_response_code == "ConditionalCheckFailedException"
    thread.update(actions=[Thread.views.set(11)], condition=(Thread.views < 5) | (Thread.views > 6))
    with pytest.raises(UpdateError):
        thread.update(actions=[Thread.views.set(12)], condition=Thread.views < 5)
    with pytest.raises(DeleteError):
        thread.delete(Thread.views == 0)
    thread.delete(Thread.views.is_type() & (Thread.views == 11))
    with pytest.raises(DoesNotExist):
        thread.refresh()


def test_batches(Thread):
    names = [(f"forum-{number}", f"subject-{number}") for number in range(230)]
    with Thread.batch_write() as batch:
        for name in names:
            batch.save(Thread(*name))
    assert sorted((each.forum_name, each.subject) for each in Thread.batch_get(names)) == sorted(names)
    assert Thread.count() == 230
    assert len(list(Thread.scan(page_size=50))) == 230
    assert len(list(Thread.scan(limit=7))) == 7
    parts = [list(Thread.scan(segment=segment, total_segments=3)) for segment in range(3)]
    assert sum(map(len, parts)) == 230 and all(parts)
    assert [
        each.subject for each in Thread.scan(Thread.forum_name.startswith("forum-22") & (Thread.views < 1), limit=3)
    ]
    with Thread.batch_write() as batch:
        for name in names[10:]:
            batch.delete(Thread(*name))
    assert Thread.count() == 10


def test_paging_and_rate_limits(Thread):
    with Thread.batch_write() as batch:
        for number in range(30):
            batch.save(Thread("forum", f"{number:02}", views=number))
    results = Thread.query("forum", limit=10, page_size=4)
    assert [each.subject for each in results] == [f"{number:02}" for number in range(10)]
    rest = Thread.query("forum", last_evaluated_key=results.last_evaluated_key)
    assert [each.views for each in rest] == list(range(10, 30))
    back = Thread.query("forum", Thread.subject >= "25", scan_index_forward=False, consistent_read=True)
    assert [each.views for each in back] == [29, 28, 27, 26, 25]
    assert len(list(Thread.query("forum", None, Thread.views > 10, rate_limit=200))) == 19
    some = next(Thread.query("forum", attributes_to_get=["views"]))
    assert some.views == 0


def test_indexes(base):
    class ViewIndex(GlobalSecondaryIndex):
        class Meta:
            index_name = "viewIdx"
            read_capacity_units = 2
            write_capacity_units = 1
            projection = AllProjection()

        view = NumberAttribute(default=0, hash_key=True)

    class LatestIndex(LocalSecondaryIndex):
        class Meta:
            projection = IncludeProjection(["view"])

        forum = UnicodeAttribute(hash_key=True)
        posted = UTCDateTimeAttribute(range_key=True)

    class ThreadIndex(GlobalSecondaryIndex):
        class Meta:
            read_capacity_units = 1
            write_capacity_units = 1
            projection = KeysOnlyProjection()

        thread = UnicodeAttribute(hash_key=True)
        view = NumberAttribute(range_key=True)

    class TestModel(Model):
        class Meta(base):
            pass

        forum = UnicodeAttribute(hash_key=True)
        thread = UnicodeAttribute(range_key=True)
        view = NumberAttribute(default=0)
        posted = UTCDateTimeAttribute()
        text = UnicodeAttribute(null=True)
        view_index = ViewIndex()
        latest = LatestIndex()
        threads = ThreadIndex()

    TestModel.create_table(wait=True)
    for number in range(6):
        day = datetime.datetime(2026, 1, 10 - number, tzinfo=UTC)
        TestModel("forum", f"thread-{number}", view=number % 2, posted=day, text="some").save()
    assert sorted(each.thread for each in TestModel.view_index.query(1)) == ["thread-1", "thread-3", "thread-5"]
    assert {each.text for each in TestModel.view_index.query(1)} == {"some"}
    assert [each.thread for each in TestModel.latest.query("forum", limit=2)] == ["thread-5", "thread-4"]
    assert TestModel.view_index.count(1) == 3 and TestModel.latest.count("forum") == 6
    assert [each.view for each in TestModel.threads.query("thread-3", TestModel.view >= 1)] == [1]
    assert len(list(TestModel.view_index.scan(TestModel.thread.startswith("thread")))) == 6
    TestModel.delete_table()


@pytest.fixture
def BankStatement(base):
    class BankStatement(Model):
        class Meta(base):
            pass

        user_id = UnicodeAttribute(hash_key=True)
        account_balance = NumberAttribute(default=0)
        is_active = BooleanAttribute()

    BankStatement.create_table(wait=True)
    yield BankStatement
    BankStatement.delete_table()


def test_transactions(BankStatement, connection):
    first = BankStatement("user1", account_balance=2000, is_active=True)
    second = BankStatement("user2", account_balance=0, is_active=True)
    first.save()
    second.save()

    def transfer(amount, token):
        with TransactWrite(connection=connection, client_request_token=token) as transaction:
            transaction.update(
                BankStatement(user_id="user1"),
                actions=[BankStatement.account_balance.add(-amount)],
                condition=(BankStatement.account_balance >= amount) & (BankStatement.is_active == True),  # noqa: E712
            )
            transaction.update(
                BankStatement(user_id="user2"),
                actions=[BankStatement.account_balance.add(amount)],
                condition=BankStatement.is_active == True,  # noqa: E712
            )

    def balances():
        first.refresh()
        second.refresh()
        return first.account_balance, second.account_balance

    transfer(1000, "super-unique-key")
    assert balances() == (1000, 1000)
    # The same once more changes nothing.
    transfer(1000, "super-unique-key")
    assert balances() == (1000, 1000)
    with pytest.raises(TransactWriteError) as cancelled:
        transfer(2000, "another-super-unique-key")
    assert cancelled.value.cause_response_code == "TransactionCanceledException"
    assert [reason and reason.code for reason in cancelled.value.cancellation_reasons] == [
        "ConditionalCheckFailed",
        None,
    ]
    assert balances() == (1000, 1000)

    with TransactGet(connection=connection) as transaction:
        futures = [transaction.get(BankStatement, user) for user in ("user1", "user2")]
    assert [future.get().user_id for future in futures] == ["user1", "user2"]

    with TransactWrite(connection=connection) as transaction:
        transaction.condition_check(BankStatement, "user1", condition=BankStatement.is_active == True)  # noqa: E712
        transaction.save(
            BankStatement("user3", account_balance=20, is_active=True), condition=BankStatement.user_id.does_not_exist()
        )
        transaction.delete(BankStatement.get("user2"), condition=BankStatement.account_balance == 1000)
    assert sorted(each.user_id for each in BankStatement.scan()) == ["user1", "user3"]
    with pytest.raises(TransactGetError):
        with TransactGet(connection=connection) as transaction:
            for _ in range(101):
                transaction.get(BankStatement, "user1")


def test_optimistic_locking(base, connection):
    class OfficeEmployeeMap(MapAttribute):
        office_employee_id = UnicodeAttribute()
        person = UnicodeAttribute()

        def __eq__(self, other):
            return isinstance(other, OfficeEmployeeMap) and self.person == other.person

    class Office(Model):
        class Meta(base):
            pass

        office_id = UnicodeAttribute(hash_key=True)
        employees = ListAttribute(of=OfficeEmployeeMap)
        name = UnicodeAttribute()
        version = VersionAttribute()

    def person(name):
        return OfficeEmployeeMap(office_employee_id=str(uuid.uuid4()), person=name)

    def is_late(error):
        if isinstance(error, TransactWriteError):
            return any(reason and reason.code == "ConditionalCheckFailed" for reason in error.cancellation_reasons)
        return error.cause_response_code == "ConditionalCheckFailedException"

    Office.create_table(wait=True)
    justin, garrett = person("justin"), person("garrett")
    office = Office(str(uuid.uuid4()), name="office", employees=[justin, garrett])
    office.save()
    assert office.version == 1
    late = Office.get(office.office_id)
    office.employees.append(person("lita"))
    office.save()
    assert (office.version, late.version) == (2, 1)
    for attempt in (
        lambda: late.update(actions=[Office.name.set("new office name")]),
        lambda: late.save(),
        lambda: late.delete(),
    ):
        with pytest.raises((PutError, UpdateError, DeleteError)) as failed:
            attempt()
        assert is_late(failed.value)
    late.refresh()
    late.employees.remove(garrett)
    late.save()
    assert late.version == 3
    with pytest.raises(DeleteError):
        office.delete()
    office.update(actions=[Office.name.set("whatever")], add_version_condition=False)

    others = [Office(str(uuid.uuid4()), name=name, employees=[justin]) for name in ("second", "third")]
    for other in others:
        other.save()
    with TransactWrite(connection=connection) as transaction:
        transaction.condition_check(Office, office.office_id, condition=Office.name.exists())
        transaction.delete(others[0])
        transaction.save(Office(str(uuid.uuid4()), name="new office", employees=[justin, garrett]))
        transaction.update(others[1], actions=[Office.name.set("birdistheword")])
    assert others[1].version == 2
    with pytest.raises(DoesNotExist):
        others[0].refresh()
    with pytest.raises(TransactWriteError) as failed:
        with TransactWrite(connection=connection) as transaction:
            transaction.save(Office(office.office_id, name="newer name", employees=[]))
    assert is_late(failed.value)
    Office.delete_table()


def test_polymorphism(base):
    class ParentModel(Model):
        class Meta(base):
            pass

        id = UnicodeAttribute(hash_key=True)
        cls = DiscriminatorAttribute()

    class FooModel(ParentModel, discriminator="Foo"):
        foo = UnicodeAttribute()

    class BarModel(ParentModel, discriminator="Bar"):
        bar = UnicodeAttribute()

    ParentModel.create_table(wait=True)
    BarModel(id="Hello", bar="World!").save()
    FooModel(id="Foo", foo="x").save()
    assert isinstance(ParentModel.get("Hello"), BarModel)
    assert {type(each) for each in ParentModel.scan()} == {FooModel, BarModel}
    # A filter on the discriminator is added.
    assert [each.foo for each in FooModel.scan()] == ["x"]
    assert [each.bar for each in BarModel.query("Hello")] == ["World!"]
    with pytest.raises(ValueError):
        FooModel.get("Hello")
    ParentModel.delete_table()


def test_attributes_of_all_kinds(base):
    class PickleAttribute(BinaryAttribute):
        def serialize(self, value):
            return super().serialize(pickle.dumps(value))

        def deserialize(self, value):
            return pickle.loads(super().deserialize(value))

    class Address(MapAttribute):
        street = UnicodeAttribute()
        number = NumberAttribute(null=True)

    class CustomModel(Model):
        class Meta(base):
            pass

        id = BinaryAttribute(hash_key=True, legacy_encoding=False)
        obj = PickleAttribute(legacy_encoding=False)
        flags = BinarySetAttribute(legacy_encoding=False)
        numbers = NumberSetAttribute()
        data = JSONAttribute()
        address = Address()
        free = MapAttribute()
        addresses = ListAttribute(of=Address)
        ends = TTLAttribute()
        thread_name = UnicodeAttribute(null=True, attr_name="tn")

    CustomModel.create_table(wait=True)
    # Creating the table has switched it on.
    with pytest.raises(TableError, match="TimeToLive is already enabled"):
        CustomModel.update_ttl(ignore_update_ttl_errors=False)
    item = CustomModel(
        b"\x00id",
        obj={"a": {1, 2}},
        flags={b"\x01", b"\x02"},
        numbers={1, 2.5},
        data={"nested": [1, {"x": None}]},
        address=Address(street="Main Street", number=1),
        free={"a": {"b": ["c", 1]}},
        addresses=[Address(street="x"), Address(street="y", number=2)],
        ends=datetime.timedelta(hours=1),
        thread_name="short",
    )
    item.save()
    read = CustomModel.get(b"\x00id")
    assert read.obj == {"a": {1, 2}} and read.flags == {b"\x01", b"\x02"} and read.numbers == {1, 2.5}
    assert read.data == {"nested": [1, {"x": None}]} and read.address.street == "Main Street"
    assert read.free["a"]["b"] == ["c", 1] and [each.street for each in read.addresses] == ["x", "y"]
    assert read.ends == item.ends and read.thread_name == "short"
    read.update(actions=[CustomModel.address.number.set(5), CustomModel.addresses[0].street.set("z")])
    assert (read.address.number, read.addresses[0].street) == (5, "z")
    assert [each.id for each in CustomModel.scan(CustomModel.free["a"].exists() & CustomModel.flags.contains(b"\x01"))]
    CustomModel.delete_table()


def test_the_low_level(connection, base):
    name = base.table_name
    key = [
        {"attribute_name": "key1", "attribute_type": "S", "key_type": "HASH"},
        {"attribute_name": "key2", "attribute_type": "S", "key_type": "RANGE"},
    ]
    connection.create_table(
        name,
        read_capacity_units=1,
        write_capacity_units=1,
        attribute_definitions=[{part: each[part] for part in ("attribute_name", "attribute_type")} for each in key],
        key_schema=[{part: each[part] for part in ("attribute_name", "key_type")} for each in key],
    )
    assert name in connection.list_tables()["TableNames"]
    connection.update_table(name, read_capacity_units=20, write_capacity_units=20)
    table = TableConnection(name, host=base.host, region=base.region)
    assert table.describe_table()["ProvisionedThroughput"]["ReadCapacityUnits"] == 20
    # Needed for what takes keys; it keeps the description.
    connection.describe_table(name)
    connection.put_item(name, "hash", "range", attributes={"key": {"S": "value"}})
    assert connection.get_item(name, "hash", "range")["Item"]["key"] == {"S": "value"}
    assert table.query("hash")["Count"] == 1
    connection.delete_item(name, "hash", "range")
    assert "Item" not in table.get_item("hash", "range")
    connection.delete_table(name)
    assert name not in connection.list_tables()["TableNames"]
