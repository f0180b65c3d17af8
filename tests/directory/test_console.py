"""The console's pages for directories: settings, the trial in plain words, synchronising; nobody gains by them."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import override

from accounts.directories.runs import AlreadyRunningError, Run, start
from accounts.models import Directory, DirectoryGroup, DirectorySync, Role, SocialIdentity, User
from tests.directory import people, samba, stub
from tests.directory.certificates import Authority
from tests.directory.conftest import Installation
from tests.directory.samba import Controller
from tests.factories import make_administrator, make_user


@pytest.fixture
def boss(installation: Installation) -> Iterator[HttpClient]:
    """The browser of the tenant's administrator."""
    browser = HttpClient()
    browser.force_login(make_administrator(installation.world.tenant))
    with override("en"):
        browser.cookies["django_language"] = "en"
        yield browser


def page(directory: Directory, name: str = "change") -> str:
    return reverse(f"admin:accounts_directory_{name}", args=[directory.pk])


def form_of(browser: HttpClient, directory: Directory, **changed: Any) -> dict[str, Any]:
    """What the page of this directory sends back, with these changes."""
    admin_form = browser.get(page(directory)).context["adminform"].form
    values = {name: admin_form.get_initial_for_field(field, name) for name, field in admin_form.fields.items()}
    values = {name: "" if value is None else value for name, value in values.items() if value is not False}
    values |= {"default_roles": [], "service_password": ""}
    groups = {"groups-TOTAL_FORMS": "0", "groups-INITIAL_FORMS": "0"}
    return {**values, **groups, **changed}


def errors_of(response: Any) -> dict[str, Any]:
    """The errors by field; {} if it was stored."""
    return {} if response.status_code == 302 else dict(response.context["adminform"].form.errors)


def trial(browser: HttpClient, directory: Directory) -> dict[str, tuple[bool, str]]:
    """Each step of the trial, whether it was good, and what is wrong."""
    response = browser.post(page(directory, "test_connection"))
    assert response.status_code == 200
    assert people.SERVICE_PASSWORD not in response.content.decode()
    return {str(one.step): (one.is_good, str(one.problem)) for one in response.context["findings"]}


def test_an_administrator_sets_a_directory_up(boss: HttpClient, installation: Installation, domain: Controller) -> None:
    tenant = installation.world.tenant
    role = Role.objects.create(tenant=tenant, name="开发")
    values = form_of(
        boss,
        installation.directory,
        name="second",
        domains="second.example",
        service_password="another password",
        **{
            "groups-TOTAL_FORMS": "1",
            "groups-0-sid": "S-1-5-21-1-2-3-1104",
            "groups-0-name": "developers",
            "groups-0-role": role.pk,
        },
    )
    response = boss.post(reverse("admin:accounts_directory_add"), values)
    assert errors_of(response) == {}
    made = Directory.objects.get(name="second")
    assert (made.tenant, made.service_password.reveal()) == (tenant, "another password")
    assert DirectoryGroup.objects.get(directory=made).role == role
    shown = boss.get(page(made)).content.decode()
    assert "another password" not in shown
    assert made.service_password.encrypted not in shown


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("servers", ""),
        ("servers", "https://dc1.corp.example"),
        ("servers", "dc1.corp.example"),
        ("servers", "ldaps://user:pw@dc1"),
        ("servers", "ldaps://dc1/OU=x"),
        ("servers", "ldaps://dc1:99999"),
        ("ca_certificates", "no certificate"),
        ("ca_certificates", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"),
        ("domains", "a@b"),
        ("domains", "CORP\\x"),
        ("name_attribute", "display name"),
        ("mail_attribute", "mail)(x=*"),
        ("attempt_limit", "0"),
        ("max_deletions_percent", "101"),
        ("base_dn", ""),
        ("name", ""),
    ],
)
def test_a_wrong_value_has_its_error_at_its_field(
    boss: HttpClient, installation: Installation, field: str, value: str
) -> None:
    values = form_of(boss, installation.directory, **{field: value, "service_password": "x"})
    assert field in errors_of(boss.post(page(installation.directory), values))


@pytest.mark.parametrize("changed", ["servers", "ca_certificates", "service_account"])
def test_a_stored_password_goes_to_no_other_server(boss: HttpClient, installation: Installation, changed: str) -> None:
    """Otherwise whoever may change the page, but was never told the password, could have it sent to himself."""
    values = {"servers": "ldaps://evil.example", "ca_certificates": Authority.new().pem, "service_account": "CN=x"}
    form = form_of(boss, installation.directory, **{changed: values[changed]})
    assert "service_password" in errors_of(boss.post(page(installation.directory), form))
    assert errors_of(boss.post(page(installation.directory), {**form, "service_password": "typed in"})) == {}


def test_only_the_certificates_of_a_file_are_kept(boss: HttpClient, installation: Installation) -> None:
    """People write names between them, in any language; those would break every connection."""
    pem = f"# 公司根证书\n{installation.directory.ca_certificates}\n尾注"
    form = form_of(boss, installation.directory, ca_certificates=pem, service_password=people.SERVICE_PASSWORD)
    assert errors_of(boss.post(page(installation.directory), form)) == {}
    installation.directory.refresh_from_db()
    assert installation.directory.ca_certificates.count("BEGIN CERTIFICATE") == 1
    assert installation.directory.ca_certificates.isascii()
    assert installation.sign_in().status_code == 200


def test_what_people_are_known_by_is_not_deleted(boss: HttpClient, installation: Installation) -> None:
    """They would be made once more, beside the users that they had."""
    unused = page(installation.directory, "delete")
    assert boss.get(unused).context["protected"] == []
    installation.sign_in()
    identity = SocialIdentity.objects.get()
    pages = {
        page(installation.directory, "delete"): "1 person is known by AD",
        reverse("admin:accounts_socialidentity_delete", args=[identity.pk]): "signs in by the directory",
    }
    for address, words in pages.items():
        assert words in str(boss.get(address).context["protected"])
        boss.post(address, {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [identity.pk], "post": "yes"}
    boss.post(reverse("admin:accounts_socialidentity_changelist"), chosen)
    assert SocialIdentity.objects.get() == identity
    assert Directory.objects.exists()
    # The person himself may be deleted, and what is left of a directory that is no more.
    assert boss.get(reverse("admin:accounts_user_delete", args=[identity.user_id])).context["protected"] == []
    Directory.objects.all().delete()
    boss.post(reverse("admin:accounts_socialidentity_delete", args=[identity.pk]), {"post": "yes"})
    assert not SocialIdentity.objects.exists()


def test_a_page_saved_without_a_change_keeps_everything(boss: HttpClient, installation: Installation) -> None:
    form = form_of(boss, installation.directory, attempt_limit="4")
    assert errors_of(boss.post(page(installation.directory), form)) == {}
    kept = Directory.objects.get(pk=installation.directory.pk)
    assert (kept.attempt_limit, kept.service_password.reveal()) == (4, people.SERVICE_PASSWORD)
    assert installation.sign_in().status_code == 200


def test_two_directories_do_not_share_a_domain(boss: HttpClient, installation: Installation) -> None:
    """Otherwise a new one before the old one would be sent the passwords of its people."""
    values = form_of(boss, installation.directory, name="second", service_password="x")
    add_page = reverse("admin:accounts_directory_add")
    shared = {**values, "domains": f"second.example {people.DOMAIN.upper()}"}
    assert list(errors_of(boss.post(add_page, shared))) == ["domains"]
    assert errors_of(boss.post(add_page, {**values, "domains": "second.example"})) == {}
    second = Directory.objects.get(name="second")
    changed = form_of(boss, second, domains=people.SUFFIX)
    assert list(errors_of(boss.post(page(second), changed))) == ["domains"]
    # Another tenant has its own.
    Directory.objects.filter(pk=second.pk).update(tenant=installation.world.make_tenant("000001"))
    assert errors_of(boss.post(page(installation.directory), form_of(boss, installation.directory))) == {}


def test_nobody_has_passwords_sent_to_himself_that_are_meant_for_another_directory(
    boss: HttpClient, installation: Installation
) -> None:
    tenant = installation.world.tenant
    second = Directory.objects.create(
        tenant=tenant, name="second", position=9, servers="ldaps://dc.second.example", base_dn="DC=second",
        service_account="CN=x", service_password="y",
    )  # fmt: skip
    permissions = [f"accounts.{action}_directory" for action in ("view", "add", "change", "delete")]
    browser = HttpClient()
    browser.force_login(make_administrator(tenant, "limited", permissions=permissions))
    pages = [reverse("admin:accounts_directory_add"), page(second, "delete"), page(second, "synchronise")]
    assert [browser.get(one).status_code for one in pages] == [200, 200, 200]
    assert browser.post(page(second), form_of(browser, second, position="8")).status_code == 302
    # The first directory lets somebody in who may do more; not the second, which would be asked before it.
    values = form_of(browser, second, position="0")
    chief = User.objects.get(account="boss")
    SocialIdentity.objects.create(
        tenant=tenant, user=chief, provider="directory", app=str(installation.directory.pk), openid="guid"
    )
    assert [browser.get(one).status_code for one in pages] == [403, 403, 403]
    assert browser.post(page(second), values).status_code == 403
    assert browser.post(pages[0], {**values, "name": "third"}).status_code == 403
    assert [boss.get(one).status_code for one in pages] == [200, 200, 200]


def test_nobody_maps_a_group_to_more_than_he_may(boss: HttpClient, installation: Installation) -> None:
    limited = make_administrator(
        installation.world.tenant, "limited", permissions=["accounts.view_directory", "accounts.change_directory"]
    )
    mighty = User.objects.get(account="boss").roles.get()
    browser = HttpClient()
    browser.force_login(limited)
    groups = {"groups-TOTAL_FORMS": "1", "groups-0-sid": "S-1-5-21-1-2-3-1104", "groups-0-role": mighty.pk}
    browser.post(page(installation.directory), form_of(browser, installation.directory, **groups))
    browser.post(page(installation.directory), form_of(browser, installation.directory, default_roles=[mighty.pk]))
    assert not DirectoryGroup.objects.exists()
    assert not installation.directory.default_roles.exists()
    # And where somebody mightier did it, or is let in by it, he changes nothing of the directory.
    DirectoryGroup.objects.create(directory=installation.directory, sid="S-1-5-21-1-2-3-4", role=mighty)
    for name in ("test_connection", "synchronise"):
        assert browser.post(page(installation.directory, name)).status_code == 403
    assert browser.post(page(installation.directory), {"name": "x"}).status_code == 403


def test_nobody_commands_the_directory_of_his_superiors(boss: HttpClient, installation: Installation) -> None:
    superior = make_user(installation.world.tenant, "chief", None, is_superuser=True)
    SocialIdentity.objects.create(
        tenant=superior.tenant, user=superior, provider="directory", app=str(installation.directory.pk), openid="x"
    )
    assert boss.get(page(installation.directory)).status_code == 200
    assert boss.post(page(installation.directory), {"name": "x"}).status_code == 403


def test_the_trial_finds_everything_good(boss: HttpClient, installation: Installation) -> None:
    found = trial(boss, installation.directory)
    assert all(is_good for is_good, _problem in found.values()), found
    assert len(found) == 6


@pytest.mark.parametrize(
    ("changed", "step", "word"),
    [
        ({"servers": "ldaps://no-such-host.invalid"}, "address", "no host of this name"),
        ({"servers": "ldaps://10.0.0.1"}, "address", "private network"),
        ({"servers": "ldaps://127.0.0.1:1"}, "port", "Nothing listens"),
        ({"ca_certificates": ""}, "certificate", "not signed by an authority"),
        ({"service_password": "wrong"}, "service account", "password is another one"),
        ({"service_password": ""}, "service account", "not set"),
        ({"base_dn": f"OU=nix,{people.ROOT}"}, "base DN", "nothing of this name"),
        ({"base_dn": f"OU=Groups,{people.ROOT}"}, "People", "nobody below"),
        ({"is_active": False}, "In use", "not active"),
    ],
)
def test_the_trial_says_what_is_wrong(
    boss: HttpClient, installation: Installation, changed: dict[str, Any], step: str, word: str
) -> None:
    installation.change(**changed)
    bad = [(text, problem) for text, (is_good, problem) in trial(boss, installation.directory).items() if not is_good]
    assert len(bad) == 1
    assert step in bad[0][0]
    assert word in bad[0][1]


def test_the_trial_goes_on_to_the_next_controller(
    boss: HttpClient, installation: Installation, domain: Controller, authority: Authority
) -> None:
    with samba.running(authority, certificate_for="127.9.9.9") as stranger:
        installation.change(servers=f"{stranger.url}\n{domain.url}")
        found = trial(boss, installation.directory)
    bad = [problem for is_good, problem in found.values() if not is_good]
    assert bad == ["The certificate is for another host name."]
    assert len(found) == 9


def test_the_trial_tells_nothing_of_the_person(boss: HttpClient, installation: Installation) -> None:
    """An administrator names any attribute: the service account may read more of people than he."""
    installation.change(name_attribute="userPrincipalName", phone_attribute="distinguishedName")
    shown = boss.post(page(installation.directory, "test_connection")).content.decode()
    assert "userPrincipalName" in shown
    assert f"@{people.SUFFIX}" not in shown
    assert people.SALES not in shown


def test_the_trial_goes_on_when_one_falls_silent_after_its_certificate(
    boss: HttpClient, installation: Installation, domain: Controller, authority: Authority, tmp_path: Path
) -> None:
    with stub.serving(authority.issue(tmp_path, address="127.0.0.1")) as first:
        first.before_answer = _hang_up
        installation.change(servers=f"{first.url}\n{domain.url}")
        found = boss.post(page(installation.directory, "test_connection")).context["findings"]
    assert ["fell silent" in str(one.problem) for one in found if not one.is_good] == [True]
    assert "People" in str(found[-1].step)


def _hang_up(_operation: str) -> None:
    raise OSError


def test_a_preview_and_a_synchronisation_by_the_button(boss: HttpClient, installation: Installation) -> None:
    row = start(installation.directory, is_preview=True, actor="boss", now=timezone.now())
    shown = boss.get(page(installation.directory, "synchronise")).content.decode()
    assert 'http-equiv="refresh"' in shown
    with pytest.raises(AlreadyRunningError):
        start(installation.directory, is_preview=False, actor="boss", now=timezone.now())
    boss.post(page(installation.directory, "synchronise"), {"synchronise": ""})
    assert DirectorySync.objects.count() == 1
    Run(row).carry_out()
    shown = boss.get(page(installation.directory, "synchronise")).content.decode()
    assert "Person" not in shown
    assert "zhangsan" in shown
    assert "研发部/一组" in shown
    assert 'http-equiv="refresh"' not in shown
    assert not User.objects.filter(account="zhangsan").exists()
    Run(start(installation.directory, is_preview=False, actor="boss", now=timezone.now())).carry_out()
    assert User.objects.filter(account="zhangsan").exists()


def test_a_synchronisation_whose_process_died_blocks_nobody(installation: Installation) -> None:
    start(installation.directory, is_preview=False, actor="x", now=timezone.now())
    DirectorySync.objects.update(beat_at=timezone.now() - timedelta(minutes=6))
    start(installation.directory, is_preview=False, actor="x", now=timezone.now())
