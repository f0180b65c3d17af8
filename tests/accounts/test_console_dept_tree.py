"""The tree of departments: opened level by level, and rearranged by buttons."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test import Client as HttpClient

from accounts.departments import BelowItselfError, read_tree, rearrange, under
from accounts.models import Dept, Role, User
from accounts.models.organisation import MAX_LEVELS
from tenants.models import Tenant
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, form_values, send_form

pytestmark = pytest.mark.django_db

TREE = "/admin/accounts/dept/tree/"


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant, client: HttpClient) -> HttpClient:
    client.force_login(make_administrator(tenant, "boss"))
    return client


def make(tenant: Tenant, name: str, parent: Dept | None = None) -> Dept:
    return Dept.objects.create(tenant=tenant, name=name, parent=parent)


def outline(tenant: Tenant) -> str:
    """The whole tree in one line: a(b c(d))."""
    tree, names = read_tree(tenant.pk), dict(Dept.objects.values_list("pk", "name"))

    def of(above: int | None) -> str:
        return " ".join(names[key] + (f"({of(key)})" if tree.below(key) else "") for key in tree.below(above))

    return of(None)


@pytest.fixture
def depts(tenant: Tenant) -> dict[str, Dept]:
    """a(b c(d)) e."""
    a = make(tenant, "a")
    b, c = make(tenant, "b", a), make(tenant, "c", a)
    return {"a": a, "b": b, "c": c, "d": make(tenant, "d", c), "e": make(tenant, "e")}


def move(browser: HttpClient, how: str, *depts: Dept) -> Any:
    return browser.post(TREE, {"move": ":".join([how, *(str(dept.pk) for dept in depts)])})


@pytest.mark.parametrize(
    ("how", "name", "after"),
    [
        ("up", "c", "a(c(d) b) e"),
        ("down", "a", "e a(b c(d))"),
        ("indent", "c", "a(b(c(d))) e"),
        ("indent", "e", "a(b c(d) e)"),
        ("outdent", "d", "a(b c d) e"),
        ("outdent", "b", "a(c(d)) b e"),
        ("up", "a", "a(b c(d)) e"),
        ("indent", "b", "a(b c(d)) e"),
        ("outdent", "e", "a(b c(d)) e"),
    ],
)
def test_moving_by_one_step(
    boss: HttpClient, tenant: Tenant, depts: dict[str, Dept], how: str, name: str, after: str
) -> None:
    response = move(boss, how, depts[name])
    assert outline(tenant) == after
    # What was moved is in sight.
    assert f'id="dept-{depts[name].pk}"' in boss.get(response["Location"]).content.decode()


def test_moving_under_another(boss: HttpClient, tenant: Tenant, depts: dict[str, Dept]) -> None:
    page = boss.get(TREE, {"moving": str(depts["c"].pk), "open": str(depts["a"].pk)}).content.decode()
    assert f'value="under:{depts["c"].pk}:{depts["e"].pk}"' in page
    # Nothing below itself is offered.
    assert f'value="under:{depts["c"].pk}:{depts["c"].pk}"' not in page
    move(boss, "under", depts["c"], depts["e"])
    assert outline(tenant) == "a(b) e(c(d))"
    boss.post(TREE, {"move": f"under:{depts['c'].pk}:"})
    assert outline(tenant) == "a(b) e c(d)"


def test_refuses_circles(boss: HttpClient, tenant: Tenant, depts: dict[str, Dept]) -> None:
    for below in ("a", "b", "d"):
        response = move(boss, "under", depts["a"], depts[below])
        assert "自己" in boss.get(response["Location"]).content.decode()
    assert outline(tenant) == "a(b c(d)) e"


def test_levels_are_opened_one_by_one(boss: HttpClient, depts: dict[str, Dept]) -> None:
    closed = boss.get(TREE).content.decode()
    assert f"dept-{depts['e'].pk}" in closed
    assert f'id="dept-{depts["c"].pk}"' not in closed
    opened = boss.get(TREE, {"open": str(depts["a"].pk)}).content.decode()
    assert f'id="dept-{depts["c"].pk}"' in opened
    found = boss.get(TREE, {"q": "d"})
    assert [one["text"] for one in found.context["found"]] == ["a / c / d"]
    assert f'id="dept-{depts["d"].pk}"' in boss.get(TREE + found.context["found"][0]["href"]).content.decode()


def test_thousands_are_shown_by_the_hundred(
    boss: HttpClient, tenant: Tenant, django_assert_max_num_queries: Any
) -> None:
    Dept.objects.bulk_create(Dept(tenant=tenant, name=f"dept {number}", sort=number) for number in range(5000))
    with django_assert_max_num_queries(12):
        page = boss.get(TREE)
    assert len(page.context["level"].nodes) == 100
    following = boss.get(TREE + page.context["level"].following).context["level"]
    assert (following.first, following.last) == (101, 200)
    last = Dept.objects.get(name="dept 4999")
    response = move(boss, "up", last)
    assert Dept.objects.order_by("sort").values_list("name", flat=True)[4998] == "dept 4999"
    assert f'id="dept-{last.pk}"' in boss.get(response["Location"]).content.decode()


def test_who_may_only_look_moves_nothing(tenant: Tenant, depts: dict[str, Dept], client: HttpClient) -> None:
    client.force_login(make_administrator(tenant, "reader", permissions=["accounts.view_dept"]))
    assert 'name="move"' not in client.get(TREE).content.decode()
    assert move(client, "down", depts["a"]).status_code == 403
    client.force_login(make_administrator(tenant, "auditor", permissions=["accounts.view_loginevent"]))
    assert client.get(TREE).status_code == 403
    assert outline(tenant) == "a(b c(d)) e"


def test_another_tenants_tree_does_not_exist(boss: HttpClient, tenant: Tenant, depts: dict[str, Dept]) -> None:
    other = make_tenant("other", "Other")
    above = make(other, "FOREIGN")
    below = make(other, "FOREIGN child", above)
    own = depts["a"]
    asked: dict[str, Any] = {
        "tenant": other.pk,
        "code": "other",
        "open": f"{above.pk}",
        "moving": below.pk,
        "at": below.pk,
    }
    for more in ({}, {"q": "FOREI"}):
        page = boss.get(TREE, asked | more)
        assert page.status_code == 200
        assert "FOREIGN" not in page.content.decode()
    for sent in (("down", above), ("under", below, own), ("under", own, above)):
        assert move(boss, *sent).status_code == 404
    assert outline(other) == "FOREIGN(FOREIGN child)"
    platform = HttpClient()
    platform.force_login(make_user(tenant, "platform", None, is_staff=True, is_superuser=True))
    assert "FOREIGN" in platform.get(TREE, {"code": "other"}).content.decode()
    assert move(platform, "under", own, above).status_code == 400


@pytest.mark.parametrize(
    "query",
    ["open=x.-1.9999999999999999999999", "pages=0-99999.x-1.1-", "at=%00", "moving=%EF%BC%91", "q=%00", "open=1..2"],
)
def test_nonsense_in_the_address_is_ignored(boss: HttpClient, depts: dict[str, Dept], query: str) -> None:
    assert boss.get(f"{TREE}?{query}").status_code == 200


@pytest.mark.parametrize("sent", ["", "up", "up:x", "sideways:{a}", "under:{a}:x", "up:99999999999999999999"])
def test_nonsense_as_a_move_is_refused(boss: HttpClient, depts: dict[str, Dept], sent: str) -> None:
    assert boss.post(TREE, {"move": sent.format(a=depts["a"].pk)}).status_code in {400, 404}


# --- Order in the lists -----------------------------------------------------------------------------------------------


def test_the_order_of_roles_is_typed_into_the_list(boss: HttpClient, tenant: Tenant, client: HttpClient) -> None:
    first, second = (Role.objects.create(tenant=tenant, name=name) for name in ("first", "second"))
    listing = "/admin/accounts/role/"
    form: dict[str, Any] = dict(form_values(boss.get(listing), "changelist-form"))
    numbers = {form[f"form-{number}-id"][0]: number for number in range(3)}
    form |= {f"form-{numbers[str(first.pk)]}-sort": "9", f"form-{numbers[str(second.pk)]}-sort": "3", "_save": "yes"}
    assert boss.post(listing, form).status_code == 302
    assert list(Role.objects.filter(sort__gt=0)) == [second, first]


def test_the_order_of_a_role_that_allows_more_stays(boss: HttpClient, tenant: Tenant) -> None:
    strong, listing = Role.objects.get(name="role of boss"), "/admin/accounts/role/"
    browser = HttpClient()
    rights = ["accounts.view_role", "accounts.change_role"]
    browser.force_login(make_administrator(tenant, "desk", permissions=rights))
    form: dict[str, Any] = dict(form_values(browser.get(listing), "changelist-form"))
    number = next(name for name, value in form.items() if name.endswith("-id") and value == [str(strong.pk)])
    browser.post(listing, form | {number.replace("-id", "-sort"): "9", "_save": "yes"})
    assert Role.objects.get(pk=strong.pk).sort == 0


def test_members_are_counted_up_to_a_thousand(boss: HttpClient, tenant: Tenant, depts: dict[str, Dept]) -> None:
    people = User.objects.bulk_create(User(tenant=tenant, account=f"p{number}", password="!") for number in range(1002))
    depts["a"].users.through.objects.bulk_create(
        depts["a"].users.through(user=person, dept=depts["a"]) for person in people
    )
    people[0].assign(depts=[depts["b"]])
    page = boss.get("/admin/accounts/dept/").content.decode()
    assert f'depts__id__exact={depts["a"].pk}">1000+</a>' in page
    assert f'depts__id__exact={depts["b"].pk}">1</a>' in page


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_make_no_circle(tenant: Tenant) -> None:
    """Each is right by itself: a below b, and b below a."""
    a, b = make(tenant, "a"), make(tenant, "b")
    start = Barrier(2)

    def put(dept: Dept, above: Dept) -> bool:
        start.wait(timeout=10)
        try:
            return rearrange(dept, under(above.pk))
        except BelowItselfError:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        results = list(threads.map(put, (a, b), (b, a)))
    assert sorted(results) == [False, True]
    assert outline(tenant) in {"a(b)", "b(a)"}


def test_a_tree_has_no_more_levels_than_there_may_be(boss: HttpClient, tenant: Tenant, depts: dict[str, Dept]) -> None:
    chain = [make(tenant, "0")]
    for number in range(1, MAX_LEVELS - 1):
        chain.append(make(tenant, str(number), chain[-1]))
    # It takes along two levels: one too many.
    page = move(boss, "under", depts["a"], chain[-2]).headers["location"]
    assert "64" in boss.get(page).content.decode()
    form = send_form(boss, f"/admin/accounts/dept/{depts['a'].pk}/change/", "dept_form", parent=chain[-2].pk)
    assert "64" in errors_of(form)["parent"][0]
    assert Dept.objects.get(pk=depts["a"].pk).parent is None
    move(boss, "under", depts["a"], chain[-3])
    assert Dept.objects.get(pk=depts["a"].pk).parent == chain[-3]
    with pytest.raises(ValidationError, match="64"):
        Dept(tenant=tenant, name="x", parent=make(tenant, "last", chain[-1])).full_clean()


@pytest.mark.once
def test_a_tree_opens_however_deep_it_is(boss: HttpClient, tenant: Tenant) -> None:
    above, keys = None, []
    for number in range(120):
        above = make(tenant, f"d{number}", above)
        keys.append(str(above.pk))
    page = boss.get(TREE, {"open": ".".join(keys[:99])}).content.decode()
    assert f'id="dept-{keys[99]}"' in page
    assert page.count("<ul>") == page.count("</ul>")
    assert boss.get(TREE, {"at": keys[-1]}).status_code == 200
