"""OpenID Connect Core section 5: what userinfo says, to whom."""

from typing import Any

import pytest
from joserfc import jwk, jwt

from accounts.models import Dept, Post, Role, User
from tests.contract.wire import CONNECT
from tests.contract.world import SCOPES, World

PATH = "/connect/userinfo"


def userinfo(world: World, scope: str) -> Any:
    token = world.tokens(CONNECT, scope=scope)["access_token"]
    return world.http.get(PATH, headers={"Authorization": f"Bearer {token}"})


def allow(world: World, scope: str) -> None:
    """Let the application have one scope more."""
    client = world.of(world.app)
    client.scopes = [*SCOPES, scope]
    client.save()


@pytest.fixture
def person(world: World) -> User:
    User.objects.filter(pk=world.admin.pk).update(
        real_name="王小明",
        nick_name="小明",
        email="ming@example.com",
        phone="13800138000",
        avatar="https://a.test/1.png",
    )
    return User.objects.get(pk=world.admin.pk)


@pytest.mark.must("OpenID Connect Core", "5.3.2", "sub is always returned")
@pytest.mark.must("OpenID Connect Core", "5.3.2", "sub is always in the answer")
def test_section_5_3_2_always_says_sub_and_only_that_without_further_scopes(world: World, person: User) -> None:
    assert userinfo(world, "openid").json() == {"sub": str(person.pk)}


def test_section_5_4_each_scope_brings_its_claims(world: World, person: User) -> None:
    assert userinfo(world, "openid profile").json() == {
        "sub": str(person.pk),
        "name": "王小明",
        "nickname": "小明",
        "preferred_username": "admin",
        "picture": "https://a.test/1.png",
        "zoneinfo": "Asia/Shanghai",
        "updated_at": int(person.updated_at.timestamp()),
    }
    # Nobody has checked the address: an administrator has typed it (section 5.1).
    told = {"sub": str(person.pk), "email": "ming@example.com", "email_verified": False}
    assert userinfo(world, "openid email").json() == told
    assert userinfo(world, "openid phone").json()["phone_number"] == "13800138000"


def test_section_5_3_2_a_claim_without_a_value_is_left_out(world: World) -> None:
    assert set(userinfo(world, "openid email phone").json()) == {"sub"}


def test_the_scope_organisation_tells_of_tenant_roles_posts_and_departments(world: World, person: User) -> None:
    company = Dept.objects.create(tenant=world.tenant, name="公司", category="company")
    role = Role.objects.create(tenant=world.tenant, name="经理", alias="boss")
    post = Post.objects.create(tenant=world.tenant, code="ceo", name="首席执行官")
    person.assign(roles=[role], posts=[post], depts=[company])
    allow(world, "organisation")
    said = userinfo(world, "openid organisation").json()
    assert said["tenant_id"] == "000000"
    assert said["tenant_name"] == "默认租户"
    assert said["roles"] == [{"id": str(role.pk), "alias": "boss", "name": "经理"}]
    assert said["departments"] == [{"id": str(company.pk), "name": "公司"}]
    assert said["company_id"] == str(company.pk)
    assert said["posts"] == [{"id": str(post.pk), "name": "首席执行官"}]


def test_the_scope_organisation_of_a_person_without_any_says_so(world: World, person: User) -> None:
    allow(world, "organisation")
    said = userinfo(world, "openid organisation").json()
    assert (said["roles"], said["posts"], said["departments"]) == ([], [], [])
    assert "company_id" not in said


def test_section_5_1_1_the_address_is_one_text(world: World, person: User) -> None:
    allow(world, "address")
    User.objects.filter(pk=person.pk).update(postal_address="北京市朝阳区建国路 1 号")
    assert userinfo(world, "openid address").json()["address"] == {"formatted": "北京市朝阳区建国路 1 号"}
    User.objects.filter(pk=person.pk).update(postal_address="")
    assert "address" not in userinfo(world, "openid address").json()


@pytest.mark.must("OpenID Connect Core", "5.3.2", "sub is exactly that of the ID token")
def test_section_5_3_2_sub_is_that_of_the_id_token(world: World, person: User) -> None:
    given = world.tokens(CONNECT, scope="openid")
    keys = jwk.KeySet.import_key_set(world.http.get("/.well-known/openid-configuration/jwks").json())
    told = world.http.get(PATH, headers={"Authorization": f"Bearer {given['access_token']}"}).json()
    assert told["sub"] == jwt.decode(given["id_token"], keys, algorithms=["RS256"]).claims["sub"] == str(person.pk)


@pytest.mark.must("OpenID Connect Core", "5.3", "GET and POST are supported")
def test_section_5_3_1_get_and_post_answer_alike(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert world.http.get(PATH, headers=headers).json() == world.http.post(PATH, headers=headers).json()


def test_section_5_3_3_without_openid_it_is_refused(world: World) -> None:
    refused = userinfo(world, "profile")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]


@pytest.mark.must("OpenID Connect Core", "5.3", "the answer needs an access token, sent as a bearer token")
def test_section_5_3_3_without_a_token_it_is_a_bare_challenge(world: World) -> None:
    refused = world.http.get(PATH)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="hufu"')


def test_section_5_3_3_a_clients_own_token_belongs_to_nobody(world: World) -> None:
    token = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    assert world.http.get(PATH, headers={"Authorization": f"Bearer {token}"}).status_code == 403
