"""botocore as an independent signer: seeded random requests, and what is left of them after a change."""

import http.client
import json
import random
import urllib.parse

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import pytest

from clients import REGION

pytestmark = pytest.mark.proxy_only

SEED = 20261121
ROUNDS = 300
TEXT = "abcXYZ019-_.~ !$&'()*+,;=:@%\"<>[]{}|\\^`"


def word(chance, letters, longest):
    return "".join(chance.choice(letters) for _ in range(chance.randint(1, longest)))


def random_request(chance, endpoint):
    """An unsigned request of random path, query, headers and body, as botocore takes it."""
    path = "/" + "/".join(
        urllib.parse.quote(word(chance, TEXT + "éß漢", 8), safe="-_.~") for _ in range(chance.randint(0, 3))
    )
    parameters = {word(chance, "abcXYZ019-_.~", 6): word(chance, TEXT + "é", 8) for _ in range(chance.randint(0, 4))}
    query = urllib.parse.urlencode(parameters, quote_via=urllib.parse.quote, safe="-_.~")
    headers = {
        "Content-Type": chance.choice(["application/x-amz-json-1.0", "application/json"]),
        "X-Amz-Target": "DynamoDB_20120810.DescribeEndpoints",
    }
    for _ in range(chance.randint(0, 5)):
        value = word(chance, "abc XYZ  019;,=\"'/\\", 20).strip()
        headers["X-" + word(chance, "abcXYZ019", 8)] = value or "x"
    body = json.dumps({word(chance, TEXT + "é漢", 5): word(chance, TEXT, 30) for _ in range(chance.randint(0, 3))})
    url = endpoint + path + ("?" + query if query else "")
    return botocore.awsrequest.AWSRequest(method="POST", url=url, data=body.encode(), headers=headers)


def send(endpoint, request, target, body):
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(endpoint).netloc, timeout=20)
    connection.putrequest("POST", target, skip_accept_encoding=True)
    for name, value in request.headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    reply = connection.getresponse()
    text = reply.read().decode()
    connection.close()
    return reply.status, text


def test_random_requests_verify_and_changed_ones_do_not(company):
    chance = random.Random(SEED)
    key = company.key("shop")
    credentials = botocore.credentials.Credentials(key["key"], key["secret"])
    for number in range(ROUNDS):
        request = random_request(chance, company.endpoint)
        botocore.auth.SigV4Auth(credentials, "dynamodb", REGION).add_auth(request)
        parts = urllib.parse.urlsplit(request.url)
        target = parts.path + ("?" + parts.query if parts.query else "")
        status, text = send(company.endpoint, request, target, request.data)
        assert status == 200 and "Endpoints" in text, (SEED, number, target, dict(request.headers), text)

        # One change each: none of it may verify.
        changed_body = request.data + b" "
        changed_target = target + ("&" if "?" in target else "?") + "changed=1"
        for what in [(target, changed_body), (changed_target, request.data)]:
            status, text = send(company.endpoint, request, *what)
            assert status == 400 and "InvalidSignatureException" in text, (SEED, number, what, text)
        name = chance.choice([name for name in request.headers if name.lower().startswith("x-")])
        request.headers.replace_header(name, request.headers[name] + "x")
        status, text = send(company.endpoint, request, target, request.data)
        assert status == 400 and "Signature" in text, (SEED, number, name, text)
