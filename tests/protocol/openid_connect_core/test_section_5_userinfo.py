"""OpenID Connect Core section 5: what userinfo says, to whom."""

from typing import Any

import pytest

from accounts.models import Dept, Role, User
from tests.contract.wire import CONNECT
from tests.contract.world import SCOPES, World

PATH = "/connect/userinfo"


def userinfo(world: World, scope: str) -> Any:
    token = world.tokens(CONNECT, scope=scope)["access_token"]
    return world.http.get(PATH, headers={"Authorization": f"Bearer {token}"})


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
    }
    assert userinfo(world, "openid email").json()["email"] == "ming@example.com"
    assert userinfo(world, "openid phone").json()["phone_number"] == "13800138000"


def test_section_5_3_2_a_claim_without_a_value_is_left_out(world: World) -> None:
    assert set(userinfo(world, "openid email phone").json()) == {"sub"}


def test_the_scope_organisation_tells_of_tenant_roles_posts_and_departments(world: World, person: User) -> None:
    company = Dept.objects.create(tenant=world.tenant, name="公司", category="company")
    role = Role.objects.create(tenant=world.tenant, name="r", alias="boss")
    person.assign(roles=[role], depts=[company])
    client = world.of(world.app)
    client.scopes = [*SCOPES, "organisation"]
    client.save()
    said = userinfo(world, "openid organisation").json()
    assert said["tenant_id"] == "000000"
    assert said["roles"] == [{"id": str(role.pk), "alias": "boss"}]
    assert said["departments"] == [str(company.pk)]
    assert said["company_id"] == str(company.pk)
    assert said["posts"] == []


def test_section_5_3_2_sub_is_that_of_the_id_token(world: World, person: User) -> None:
    assert userinfo(world, "openid").json()["sub"] == str(person.pk)


def test_section_5_3_1_get_and_post_answer_alike(world: World) -> None:
    token = world.tokens(CONNECT)["access_token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert world.http.get(PATH, headers=headers).json() == world.http.post(PATH, headers=headers).json()


def test_section_5_3_3_without_openid_it_is_refused(world: World) -> None:
    refused = userinfo(world, "profile")
    assert refused.status_code == 403
    assert 'error="insufficient_scope"' in refused["WWW-Authenticate"]


def test_section_5_3_3_without_a_token_it_is_a_bare_challenge(world: World) -> None:
    refused = world.http.get(PATH)
    assert (refused.status_code, refused["WWW-Authenticate"]) == (401, 'Bearer realm="hufu"')


def test_section_5_3_3_a_clients_own_token_belongs_to_nobody(world: World) -> None:
    token = CONNECT.request(world.app, grant_type="client_credentials").send(world.http).json()["access_token"]
    assert world.http.get(PATH, headers={"Authorization": f"Bearer {token}"}).status_code == 403
