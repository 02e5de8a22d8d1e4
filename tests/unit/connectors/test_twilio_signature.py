"""Our reading of Twilio's forms and signatures, beside the standard library's and the official client's."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qsl, urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator

from connectors.channels.twilio_signature import MAX_FIELDS, Form, Signatures, matches_hash
from connectors.errors import Forged, Malformed

TOKEN = "invented-token"
HEADER, SETTINGS = "x-twilio-signature", "x-twilio-webhooks-signature-settings"
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FIELDS = st.lists(st.tuples(TEXT | st.sampled_from(["Body", "From", "a", "ab"]), TEXT), max_size=8)
ORIGINS = st.sampled_from(
    [
        "https://dalil.example",
        "https://dalil.example:8443",
        "http://127.0.0.1:8000",
        "http://localhost",
        "https://dalil.example:443",
    ]
)
PATHS = st.sampled_from(["", "/", "/channels/twilio", "/channels/twilio/status", "/myapp.php?foo=1&bar=2", "/a%20b;c?"])


class _Official(dict[str, list[str]]):
    """A form as the official validator reads it."""

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        super().__init__()
        for name, value in fields:
            self.setdefault(name, []).append(value)

    def getlist(self, name: str) -> list[str]:
        return self[name]


def accepts(url: str, form: Form, headers: dict[str, str]) -> bool:
    signatures = Signatures(("another", TOKEN))
    try:
        signatures.screen(headers)
        signatures.check(url, form.signed(), headers)
    except Forged:
        return False
    return True


@settings(deadline=None)
@given(fields=FIELDS, origin=ORIGINS, path=PATHS, algorithm=st.sampled_from(["HMAC_SHA1", "HMAC_SHA256"]))
@example(fields=[("a", "bc"), ("ab", "c"), ("a", "bc"), ("a", "")], origin="http://x", path="", algorithm="HMAC_SHA1")
def test_what_the_official_client_signs_is_accepted_and_nothing_beside_it(
    fields: list[tuple[str, str]], origin: str, path: str, algorithm: str
) -> None:
    official, url = RequestValidator(TOKEN), (origin + path).rstrip("?")
    form = Form(urlencode(fields).encode())
    signature = official.compute_signature(url, _Official(fields), algorithm)
    headers = {HEADER: signature, SETTINGS: f"key=k,algorithm={algorithm}"}

    assert accepts(url, form, headers)
    assert not accepts(url, Form(urlencode([*fields, ("one", "more")]).encode()), headers)
    assert not accepts(url + "/x", form, headers)
    changed = ("B" if signature[0] == "A" else "A") + signature[1:]
    assert not accepts(url, form, {**headers, HEADER: changed})


@settings(deadline=None)
@given(fields=FIELDS, origin=ORIGINS, signed_as=ORIGINS, path=PATHS)
def test_the_port_may_be_signed_or_not_exactly_where_the_official_client_says_so(
    fields: list[tuple[str, str]], origin: str, signed_as: str, path: str
) -> None:
    official, path = RequestValidator(TOKEN), path.rstrip("?")
    signature = official.compute_signature(signed_as + path, _Official(fields))

    expected = official.validate(origin + path, _Official(fields), signature)

    assert expected == accepts(origin + path, Form(urlencode(fields).encode()), {HEADER: signature})


FORM_BYTES = st.lists(
    st.sampled_from([b"a", b"B", b"=", b"&", b"+", b"%", b"%41", b"%d8", b"%a7", b"%00", b";", b"\xd8\xa7"])
)


@settings(deadline=None)
@given(body=FORM_BYTES.map(b"".join) | st.binary(max_size=40))
def test_a_form_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(Malformed):
            Form(body)
        return
    form = Form(body)

    assert "".join(name + value for name, value in sorted(set(fields))) == form.signed()
    assert dict(reversed(fields)) == form._first


def test_as_many_fields_as_twilio_may_send_are_read_and_no_more() -> None:
    assert "aa" == Form(b"&".join([b"a=a"] * MAX_FIELDS)).signed()
    with pytest.raises(Malformed):
        Form(b"&".join([b"a=a"] * (MAX_FIELDS + 1)))


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        pytest.param({}, False, id="none"),
        pytest.param({HEADER: ""}, False, id="an empty one"),
        pytest.param({HEADER: "A" * 27 + "="}, True, id="of SHA-1's length"),
        pytest.param({HEADER: "A" * 28}, False, id="without its end"),
        pytest.param({HEADER: "A" * 27 + "=\n"}, False, id="with a line end"),
        pytest.param({HEADER: "A" * 43 + "="}, False, id="of SHA-256's length, not announced"),
        pytest.param({HEADER: "A" * 43 + "=", SETTINGS: "algorithm=hmac_sha256"}, True, id="of SHA-256's length"),
        pytest.param({HEADER: "A" * 27 + "=", SETTINGS: "algorithm=NONE"}, False, id="of an unknown algorithm"),
        pytest.param({HEADER: "A" * 27 + "=", SETTINGS: "key=only"}, True, id="of the usual algorithm"),
    ],
)
def test_a_signature_has_its_algorithms_form(headers: dict[str, str], passes: bool) -> None:
    try:
        Signatures((TOKEN,)).screen(headers)
    except Forged:
        assert not passes
    else:
        assert passes


def test_a_json_body_has_the_hash_of_its_url() -> None:
    body = '{"Body": "é"}'.encode()

    assert matches_hash(body, hashlib.sha256(body).hexdigest())
    assert not matches_hash(body + b" ", hashlib.sha256(body).hexdigest())
    assert not matches_hash(body, "é")
