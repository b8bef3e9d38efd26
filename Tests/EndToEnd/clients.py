"""Clients and the comparisons between what the proxy and the server itself answer."""

import datetime
import http.client
import json
import zlib

import botocore.auth
import botocore.awsrequest
import botocore.config
import botocore.credentials
import botocore.session
from botocore.exceptions import ClientError

from servers import DIRECT

REGION = "us-east-1"


def dynamodb(endpoint, key="test", secret="test", region=REGION, attempts=1, service="dynamodb", timeout=20):
    """A botocore client: the same wire behaviour as boto3's, which wraps it."""
    return botocore.session.Session().create_client(
        service,
        endpoint_url=endpoint,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        config=botocore.config.Config(
            retries={"total_max_attempts": attempts, "mode": "standard"},
            connect_timeout=5,
            read_timeout=timeout,
            parameter_validation=False,
        ),
    )


def cache_header(reply):
    return reply["ResponseMetadata"]["HTTPHeaders"].get("x-leveret-cache")


def expect_cache(reply, *expected):
    if not DIRECT:
        assert cache_header(reply) in expected, f"X-Leveret-Cache: {cache_header(reply)}, not {expected}"


def outcome(client, operation, **parameters):
    """The reply, or the error as a value, so that both can be compared."""
    try:
        return getattr(client, operation)(**parameters)
    except ClientError as error:
        return {"raised": error.response["Error"], **error.response}


def error(client, operation, **parameters):
    """The code and the message of the error that a call is to raise."""
    try:
        reply = getattr(client, operation)(**parameters)
    except ClientError as raised:
        return raised.response["Error"]["Code"], raised.response["Error"]["Message"]
    raise AssertionError(f"{operation} {parameters} was answered: {reply}")


VOLATILE = {
    "ResponseMetadata", "TableId", "TableArn", "CreationDateTime", "LatestStreamArn", "LatestStreamLabel", "IndexArn",
    "LastUpdateToPayPerRequestDateTime", "LastDecreaseDateTime", "LastIncreaseDateTime",
}
SETS = {"SS", "NS", "BS"}


def comparable(value):
    """A reply without what differs from one server to another, and with sets in one order."""
    if isinstance(value, dict):
        return {
            name: sorted(member) if name in SETS and isinstance(member, list) else comparable(member)
            for name, member in value.items()
            if name not in VOLATILE
        }
    if isinstance(value, list):
        return [comparable(member) for member in value]
    return value


class Twins:
    """Does everything twice, through the proxy and directly on a server of its own, and compares the replies."""

    def __init__(self, proxied, direct):
        self.proxied, self.direct = proxied, direct

    def same(self, operation, **parameters):
        """The proxied reply, after comparing it with the direct one."""
        through, plain = outcome(self.proxied, operation, **parameters), outcome(self.direct, operation, **parameters)
        assert comparable(through) == comparable(plain), f"{operation} {parameters}"
        return through

    def read(self, operation="get_item", hit="hit", **parameters):
        """Reads twice, so that the second comes from the cache, and compares both with the direct reply."""
        self.same(operation, **parameters)
        again = self.same(operation, **parameters)
        if hit:
            expect_cache(again, hit)
        return again

    def fails(self, code, operation, **parameters):
        reply = self.same(operation, **parameters)
        assert reply.get("raised", {}).get("Code") == code, reply
        return reply

    def pages(self, operation, **parameters):
        through = list(self.proxied.get_paginator(operation).paginate(**parameters))
        plain = list(self.direct.get_paginator(operation).paginate(**parameters))
        assert comparable(through) == comparable(plain)
        return through


def create_table(client, name, sort_key=None, key_type="S", sort_type="S", **more):
    attributes = [{"AttributeName": "pk", "AttributeType": key_type}]
    schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
    if sort_key:
        attributes.append({"AttributeName": sort_key, "AttributeType": sort_type})
        schema.append({"AttributeName": sort_key, "KeyType": "RANGE"})
    return client.create_table(
        TableName=name,
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=attributes + more.pop("AttributeDefinitions", []),
        KeySchema=schema,
        **more,
    )


class RawReply:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        return self.json.get("__type", "").rsplit("#", 1)[-1]

    def expect_dynamodb_headers(self):
        """What DynamoDB puts on every answer."""
        assert int(self.headers["x-amz-crc32"]) == zlib.crc32(self.body)
        assert self.headers["x-amzn-requestid"]
        assert int(self.headers["content-length"]) == len(self.body)
        assert "date" in self.headers
        return self


def signed_headers(endpoint, operation, body, key="test", secret="test", region=REGION, when=None):
    """The headers of a request signed as botocore signs it, at `when` instead of now if given."""
    headers = {
        "Content-Type": "application/x-amz-json-1.0",
        "X-Amz-Target": f"DynamoDB_20120810.{operation}" if operation else "",
    }
    request = botocore.awsrequest.AWSRequest("POST", endpoint + "/", headers=headers, data=body)
    signer = botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "dynamodb", region)
    if when is None:
        signer.add_auth(request)
    else:
        # The signer asks botocore for the time, whose place has moved between versions: sign by hand in its steps.
        request.context["timestamp"] = when.strftime("%Y%m%dT%H%M%SZ")
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        canonical = signer.canonical_request(request)
        to_sign = signer.string_to_sign(request, canonical)
        signer._inject_signature_to_request(request, signer.signature(to_sign, request))
    return {**dict(request.headers.items()), "Host": endpoint.split("//")[1]}


def post(endpoint, operation, body, timeout=20, sign=True, extra=None, **signing):
    """One raw signed request."""
    payload = body if isinstance(body, bytes) else json.dumps(body).encode()
    if sign:
        headers = signed_headers(endpoint, operation, payload, **signing)
    else:
        headers = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": f"DynamoDB_20120810.{operation}"}
    headers.update(extra or {})
    connection = http.client.HTTPConnection(endpoint.split("//")[1], timeout=timeout)
    try:
        connection.request("POST", "/", payload, headers)
        reply = connection.getresponse()
        return RawReply(reply.status, reply.getheaders(), reply.read())
    finally:
        connection.close()


def request_bytes(endpoint, operation, body, extra="", **signing):
    """A whole signed request as it goes over the wire."""
    payload = json.dumps(body).encode()
    headers = signed_headers(endpoint, operation, payload, **signing)
    head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST / HTTP/1.1\r\n{head}{extra}Content-Length: {len(payload)}\r\n\r\n".encode() + payload


def minutes_ago(minutes):
    return datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=minutes)
