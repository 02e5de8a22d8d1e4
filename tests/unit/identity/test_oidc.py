"""Our OpenID Connect client against the sandbox's provider: what is believed, and what is not."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx2
import pytest
from fastapi import FastAPI
from fastapi.responses import RedirectResponse
from joserfc.jwk import ECKey

from connectors.http import HostNotAllowedError
from connectors.identity.api import (
    Declined,
    IdentityError,
    NotProven,
    ProviderDown,
    ProviderGarbled,
    ProviderRefused,
    TooLate,
)
from connectors.identity.discovery import description_of
from connectors.identity.keys import UnusableKey, key_of, public_key
from connectors.identity.oidc import OidcConfig, OidcProvider
from connectors.sandbox.oidc.people import pairwise
from tests.unit.identity.signing_in import BACK, CLIENT_ID, EC, NADIA, RACHID, RSA, SignIn, signing_in
from tests.unit.sandbox.serving import Server


@pytest.fixture
async def sign_in() -> AsyncIterator[SignIn]:
    async with signing_in() as ready:
        yield ready


@pytest.mark.parametrize("key", [EC, RSA], ids=["ES256", "PS256"])
@pytest.mark.parametrize("userinfo", ["none", "sealed_userinfo"], ids=["signed", "signed and sealed"])
async def test_who_signs_in_is_known_by_his_pairwise_name(key, userinfo) -> None:
    async with signing_in(key) as sign_in:
        await sign_in.fault(userinfo)
        identity = await sign_in.whole()
        again, other = await sign_in.whole(), await sign_in.whole(RACHID)

    assert (f"{sign_in.url}/oidc", pairwise(NADIA)) == (identity.issuer, identity.subject)
    assert identity == again
    assert pairwise(RACHID) == other.subject


@pytest.mark.parametrize(
    ("fault", "error", "said"),
    [
        ("wrong_issuer", NotProven, "iss"),
        ("wrong_audience", NotProven, "aud"),
        ("wrong_nonce", NotProven, "nonce"),
        ("wrong_at_hash", NotProven, "at_hash"),
        ("expired", NotProven, "exp"),
        ("not_signed", NotProven, "token"),
        ("foreign_key", NotProven, "not the provider's"),
        ("other_subject", NotProven, "sub is not that of the ID token"),
        ("plain_userinfo", NotProven, "not signed"),
        ("declined", Declined, "access_denied"),
        ("down", ProviderDown, "503"),
        ("garbled", ProviderGarbled, "no JSON"),
    ],
)
async def test_what_is_wrong_is_not_believed(sign_in: SignIn, fault, error, said) -> None:
    await sign_in.provider.check()
    begun = await sign_in.provider.begin(BACK, "fr")
    if fault == "declined":
        await sign_in.fault(fault)
    returned = await sign_in.goes(begun)
    await sign_in.fault(fault)

    with pytest.raises(error, match=said) as caught:
        await sign_in.provider.finish(returned, begun.nonce, begun.verifier, BACK)
    assert returned.get("code", "no code") not in str(caught.value)


async def test_slow_is_down(sign_in: SignIn) -> None:
    client = sign_in.other(timeout_s=0.2)
    await sign_in.fault("slow", seconds=1.0)
    with pytest.raises(ProviderDown, match="Timeout"):
        await client.begin(BACK, "fr")
    await client.close()


async def test_a_code_is_good_once_and_only_with_its_verifier_and_its_address(sign_in: SignIn) -> None:
    async def finish(returned: dict[str, str], verifier: str, back: str = BACK) -> None:
        with pytest.raises(TooLate):
            await sign_in.provider.finish(returned, begun.nonce, verifier, back)

    begun = await sign_in.provider.begin(BACK, "fr")
    returned = await sign_in.goes(begun)
    await sign_in.provider.finish(returned, begun.nonce, begun.verifier, BACK)
    await finish(returned, begun.verifier)
    await finish(await sign_in.goes(begun), "another verifier" * 4)
    await finish(await sign_in.goes(begun), begun.verifier, "http://127.0.0.1:1/elsewhere")


async def test_an_answer_of_another_issuer_or_of_none_is_refused(sign_in: SignIn) -> None:
    begun = await sign_in.provider.begin(BACK, "fr")
    returned = await sign_in.goes(begun)
    for changed in (returned | {"iss": "https://elsewhere.example"}, {k: v for k, v in returned.items() if k != "iss"}):
        with pytest.raises(NotProven, match="another issuer"):
            await sign_in.provider.finish(changed, begun.nonce, begun.verifier, BACK)


async def test_the_session_of_another_is_of_no_use(sign_in: SignIn) -> None:
    """Somebody's code in my browser: its nonce and its verifier are not mine."""
    mine, his = await sign_in.provider.begin(BACK, "fr"), await sign_in.provider.begin(BACK, "fr")
    with pytest.raises(TooLate):
        await sign_in.provider.finish(await sign_in.goes(his), mine.nonce, mine.verifier, BACK)
    with pytest.raises(NotProven, match="nonce"):
        await sign_in.provider.finish(await sign_in.goes(his), mine.nonce, his.verifier, BACK)


async def test_new_keys_of_the_provider_are_learned(sign_in: SignIn, monkeypatch: pytest.MonkeyPatch) -> None:
    await sign_in.whole()
    await sign_in.browser.post(f"{sign_in.url}/sandbox/oidc/keys")
    with pytest.raises(NotProven):  # its keys were asked for a moment ago: a flood of unknown keys asks for nothing
        await sign_in.whole()
    monkeypatch.setattr("connectors.identity.oidc.KEYS_AGAIN_S", 0.0)
    assert pairwise(NADIA) == (await sign_in.whole()).subject


async def test_another_key_than_the_registered_one_is_refused(sign_in: SignIn) -> None:
    client = sign_in.other(key=ECKey.generate_key("P-256", auto_kid=True))
    with pytest.raises(ProviderRefused, match="invalid_client"):
        await sign_in.whole(provider=client)
    await client.close()


async def test_another_way_to_sign_in_than_was_asked_for_is_refused(sign_in: SignIn) -> None:
    asked = sign_in.other(acr_values=("idbb:acr:biometrics",))
    assert "idbb:acr:biometrics" == (await sign_in.whole(provider=asked)).acr
    begun = await sign_in.provider.begin(BACK, "fr")
    with pytest.raises(NotProven, match="acr"):
        await asked.finish(await sign_in.goes(begun), begun.nonce, begun.verifier, BACK)
    await asked.close()


async def test_a_claim_that_is_not_there_is_named(sign_in: SignIn) -> None:
    client = sign_in.other(subject_claim="individual_id")
    with pytest.raises(ProviderGarbled, match="no individual_id"):
        await sign_in.whole(provider=client)
    await client.close()


# ---- the sandbox's provider is as strict as a real one ---------------------------------------------------------------


async def test_a_proof_counts_once(sign_in: SignIn) -> None:
    kept: list[bytes] = []

    async def keep(request: httpx2.Request) -> None:
        kept.append(request.content)

    sign_in.provider._http.event_hooks["request"].append(keep)
    await sign_in.whole()
    token_call = next(body for body in kept if b"client_assertion" in body)
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    again = await sign_in.browser.post(f"{sign_in.url}/oidc/oauth/token", content=token_call, headers=headers)
    assert (401, {"error": "invalid_client"}) == (again.status_code, again.json())


@pytest.mark.parametrize("lacking", ["code_challenge", "nonce", "state"])
async def test_a_request_without_pkce_nonce_or_state_is_sent_back(sign_in: SignIn, lacking: str) -> None:
    url = httpx2.URL((await sign_in.provider.begin(BACK, "fr")).url)
    answer = await sign_in.browser.get(url.copy_remove_param(lacking))
    assert "error=invalid_request" in answer.headers["location"]


async def test_an_unknown_address_is_never_redirected_to(sign_in: SignIn) -> None:
    begun = await sign_in.provider.begin("https://attacker.example/", "fr")
    assert 400 == (await sign_in.browser.get(begun.url)).status_code


# ---- the description ----

ISSUER = "https://id.example"
WHOLE: dict[str, object] = {
    "issuer": ISSUER,
    "authorization_endpoint": "https://login.example/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "userinfo_endpoint": f"{ISSUER}/userinfo",
    "jwks_uri": f"{ISSUER}/jwks",
    "response_types_supported": ["code"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "id_token_signing_alg_values_supported": ["RS256"],
}


def test_what_a_provider_does_not_say_is_noted_and_not_refused() -> None:
    """GovStack's own description says nothing of PKCE and of pairwise names."""
    described = description_of(WHOLE, ISSUER)
    assert "it does not say code_challenge_methods_supported" in described.notes
    assert "it does not say subject_types_supported" in described.notes


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"issuer": f"{ISSUER}/"}, "another issuer"),
        ({"jwks_uri": None}, "jwks_uri"),
        ({"token_endpoint": "https://elsewhere.example/token"}, "not at the issuer's own address"),
        ({"authorization_endpoint": "http://login.example/"}, "authorization_endpoint"),
        ({"code_challenge_methods_supported": ["plain"]}, "S256 in code_challenge_methods_supported"),
        ({"subject_types_supported": ["public"]}, "pairwise in subject_types_supported"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "ES256 or PS256 or RS256"),
        ({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}, "private_key_jwt"),
    ],
)
def test_what_a_provider_must_offer(changes: dict[str, object], said: str) -> None:
    with pytest.raises(ProviderGarbled, match=said):
        description_of(WHOLE | changes, ISSUER)


async def test_no_call_leaves_for_another_host() -> None:
    """A description that names another host for our calls comes to nothing, and a redirect is not followed."""
    provider = FastAPI()
    moved = RedirectResponse("http://127.0.0.1:9/elsewhere")
    provider.add_route("/.well-known/openid-configuration", lambda _: moved)
    with Server(provider) as server:
        client = OidcProvider(OidcConfig(server.url, CLIENT_ID, EC))
        with pytest.raises(IdentityError, match="no JSON"):
            await client.check()
        await client.close()
    with pytest.raises(HostNotAllowedError):
        OidcProvider(OidcConfig("http://id.example", CLIENT_ID, EC))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nothing", "no private key"),
        (public_key(EC).as_pem(private=False).decode(), "public key"),
        (ECKey.generate_key("P-384").as_pem(private=True).decode(), "P-384"),
    ],
    ids=["no key", "the public half", "another curve"],
)
def test_a_key_that_cannot_be_used_is_named_without_what_it_holds(text: str, said: str) -> None:
    with pytest.raises(UnusableKey, match=said):
        key_of(text, "key.pem")


def test_a_key_is_read_as_pem_and_as_jwk() -> None:
    assert EC.thumbprint() == key_of(EC.as_pem(private=True).decode(), "key.pem").thumbprint()
    assert RSA.thumbprint() == key_of(json.dumps(RSA.as_dict(private=True)), "key.json").thumbprint()
