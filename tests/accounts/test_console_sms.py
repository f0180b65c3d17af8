"""The console's page for SMS gateways: what each kind needs, secrets that never come back, the button that tries."""

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.test import Client as HttpClient
from django.urls import reverse

from accounts.gateways.lanes import lane
from accounts.models import LoginEvent, SmsCode, SmsGateway
from accounts.sms_delivery import AT_ONCE, resting
from tenants.encryption import Secret
from tenants.models import Tenant
from tests.accounts.calling import LOOPBACK
from tests.accounts.sms_vendors import KEY_ID, SECRET, Vendor, aliyun
from tests.factories import make_administrator, make_tenant, make_user
from tests.pages import errors_of, send_form

pytestmark = pytest.mark.django_db

ADD = reverse("admin:accounts_smsgateway_add")
PHONE = "138 0013 8000"
ALIYUN = {
    "name": "main",
    "kind": "aliyun",
    "position": "1",
    "key_id": KEY_ID,
    "secret": SECRET,
    "sign_name": "虎符",
    "template": "SMS_1",
}


@pytest.fixture
def tenant() -> Tenant:
    return make_tenant("acme", "Acme")


@pytest.fixture
def boss(tenant: Tenant, client: HttpClient, settings: Any) -> HttpClient:
    settings.OUTBOUND_PRIVATE_NETWORKS = LOOPBACK
    resting.clear()
    client.force_login(make_administrator(tenant, "boss"))
    return client


@pytest.fixture
def vendor() -> Iterator[Vendor]:
    with aliyun() as vendor:
        yield vendor


def add(browser: HttpClient, **fields: Any) -> Any:
    return send_form(browser, ADD, "smsgateway_form", **{**ALIYUN, **fields})


def change(row: SmsGateway) -> str:
    return reverse("admin:accounts_smsgateway_change", args=[row.pk])


def trial(browser: HttpClient, row: SmsGateway, phone: str = PHONE) -> Any:
    address = reverse("admin:accounts_smsgateway_test_connection", args=[row.pk])
    assert 'name="phone"' in browser.get(address).content.decode()
    return browser.post(address, {"phone": phone})


def findings(response: Any) -> list[tuple[bool, str]]:
    return [(finding.is_good, str(finding.problem or finding.advice)) for finding in response.context["findings"]]


def test_a_gateway_is_set_up_and_its_secret_never_comes_back(boss: HttpClient, tenant: Tenant) -> None:
    assert add(boss).status_code == 302
    row = SmsGateway.objects.get()
    assert (row.tenant, row.key_id, row.secret.reveal()) == (tenant, KEY_ID, SECRET)
    assert SECRET not in row.secret.encrypted
    assert SECRET not in boss.get(change(row)).content.decode()
    assert send_form(boss, change(row), "smsgateway_form", sign_name="Acme").status_code == 302
    row.refresh_from_db()
    assert (row.sign_name, row.secret.reveal()) == ("Acme", SECRET)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"key_id": "", "template": ""}, {"key_id", "template"}),
        ({"secret": ""}, {"secret"}),
        ({"kind": "tencent"}, {"app_id"}),
        ({"kind": "http"}, {"url", "body_template"}),
        ({"kind": "console"}, {"kind"}),
        ({"kind": "pigeon"}, {"kind"}),
        ({"template_parameters": "code"}, {"template_parameters"}),
        ({"template_parameters": '["{code}"]'}, {"template_parameters"}),
        ({"template_parameters": '{"a": "123456"}'}, {"template_parameters"}),
        ({"endpoint": "evil.example"}, {"endpoint"}),
        ({"name": ""}, {"name"}),
    ],
)
def test_what_a_kind_needs_is_asked_for_beside_its_field(
    fields: dict[str, str], wrong: set[str], boss: HttpClient
) -> None:
    assert set(errors_of(add(boss, **fields))) == wrong
    assert not SmsGateway.objects.exists()


def test_a_console_can_be_set_up_in_development(boss: HttpClient, settings: Any) -> None:
    settings.HUFU_DEVELOPMENT = True
    assert add(boss, kind="console", key_id="", secret="", sign_name="", template="").status_code == 302


def gateway(tenant: Tenant, vendor: Vendor, **fields: Any) -> SmsGateway:
    wanted = {**ALIYUN, "position": 1, "secret": Secret.of(SECRET), "endpoint": vendor.endpoint, **fields}
    return SmsGateway.objects.create(tenant=tenant, **wanted)


def test_the_button_sends_a_message_that_signs_nobody_in(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    response = trial(boss, gateway(tenant, vendor))
    assert [is_good for is_good, _text in findings(response)] == [True, True]
    assert vendor.messages[0]["PhoneNumbers"] == "13800138000"
    event = LoginEvent.objects.get(kind="sms_sent")
    assert (event.outcome, event.actor, event.account, event.tenant_id) == (
        "allowed",
        "boss",
        "+8613800138000",
        tenant.pk,
    )
    assert SmsCode.objects.get().audience == ""


def test_the_button_keeps_to_the_limits(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    row = gateway(tenant, vendor)
    trial(boss, row)
    is_good, text = findings(trial(boss, row))[-1]
    assert not is_good
    [seconds] = re.findall(r"[0-9]+", text)
    # The machine may be slow.
    assert 30 < int(seconds) <= 60
    assert len(vendor.messages) == 1


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("isv.SMS_SIGNATURE_ILLEGAL", "not approved"),
        ("isv.MOBILE_NUMBER_ILLEGAL", "no mobile number"),
        ("isp.RAM_PERMISSION_DENY", "AliyunDysmsFullAccess"),
    ],
)
def test_the_button_says_in_plain_words_what_is_wrong(
    code: str, advice: str, boss: HttpClient, tenant: Tenant, vendor: Vendor
) -> None:
    vendor.refuse_with = code
    boss.cookies["django_language"] = "en"
    response = trial(boss, gateway(tenant, vendor))
    text = response.content.decode()
    assert code in text
    assert advice in text
    assert LoginEvent.objects.get(kind="sms_sent").outcome == "refused"


def test_the_button_tells_a_wrong_secret_without_showing_it(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    boss.cookies["django_language"] = "en"
    text = trial(boss, gateway(tenant, vendor, secret=Secret.of("not-the-secret"))).content.decode()
    assert "The AccessKey Secret is not this AccessKey" in text
    assert "not-the-secret" not in text


@pytest.mark.parametrize("phone", ["", "hello", "12345"])
def test_the_button_wants_a_phone_number(phone: str, boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    assert [is_good for is_good, _text in findings(trial(boss, gateway(tenant, vendor), phone))] == [True, False]
    assert vendor.asked == 0


def test_the_button_finds_what_a_row_lacks(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    row = gateway(tenant, vendor, sign_name="")
    assert [is_good for is_good, _text in findings(trial(boss, row))] == [False]
    assert vendor.asked == 0


def test_the_tenants_limits_can_be_set_by_its_administrator(boss: HttpClient, tenant: Tenant) -> None:
    address = reverse("admin:tenants_tenant_change", args=[tenant.pk])
    assert send_form(boss, address, "tenant_form", sms_per_day="7", sms_needs_captcha="on").status_code == 302
    tenant.refresh_from_db()
    assert (tenant.sms_per_day, tenant.sms_needs_captcha) == (7, True)


# --- Nobody gains by it -----------------------------------------------------------------------------------------------

ALL_OF_SMS = [f"accounts.{action}_smsgateway" for action in ("view", "add", "change", "delete")]


def statuses(browser: HttpClient, row: SmsGateway) -> list[int]:
    """Of opening what makes a gateway, deletes one, tries one and changes one."""
    pages = [
        ADD,
        *(reverse(f"admin:accounts_smsgateway_{name}", args=[row.pk]) for name in ("delete", "test_connection")),
    ]
    return [*(browser.get(page).status_code for page in pages), browser.post(change(row), {}).status_code]


def test_whoever_saved_a_gateway_last_vouches_for_it_and_nobody_is_shut_out(boss: HttpClient, tenant: Tenant) -> None:
    chief = make_administrator(tenant, "chief", phone="+8613800138003")
    limited = make_administrator(tenant, "limited", permissions=ALL_OF_SMS)
    boss.force_login(limited)
    assert add(boss, name="his own").status_code == 302
    row = SmsGateway.objects.get()
    assert row.set_up_by == limited
    # Whoever has a phone.
    assert statuses(boss, row) == [200, 200, 200, 200]
    boss.force_login(chief)
    assert send_form(boss, change(row), "smsgateway_form").status_code == 302
    row.refresh_from_db()
    assert row.set_up_by == chief
    boss.force_login(limited)
    assert send_form(boss, change(row), "smsgateway_form", sign_name="Acme").status_code == 302
    row.refresh_from_db()
    assert row.set_up_by == limited


def test_a_tenants_page_names_nobody_of_another_tenant(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    root = make_user(make_tenant("platform", "Platform"), "the-root-account", is_staff=True, is_superuser=True)
    row = gateway(tenant, vendor, set_up_by=root)
    boss.cookies["django_language"] = "en"
    page = boss.get(change(row)).content.decode()
    assert "a platform administrator" in page
    assert "the-root-account" not in page


def test_a_vendor_that_hangs_holds_one_trial_up_and_no_other_thread(
    boss: HttpClient, tenant: Tenant, vendor: Vendor
) -> None:
    row = gateway(tenant, vendor)
    boss.cookies["django_language"] = "en"
    with lane("sms-trial", width=1):
        is_good, text = findings(trial(boss, row))[-1]
    assert not is_good
    assert "waiting for a vendor" in text
    # Neither sent nor counted.
    assert vendor.asked == SmsCode.objects.count() == 0
    assert [is_good for is_good, _text in findings(trial(boss, row))] == [True, True]


def test_a_trial_waits_for_no_lane_of_its_gateway(boss: HttpClient, tenant: Tenant, vendor: Vendor) -> None:
    row = gateway(tenant, vendor)
    started = time.monotonic()
    with ExitStack() as stack:
        for _message in range(AT_ONCE):
            stack.enter_context(lane(f"sms:{row.pk}", width=AT_ONCE))
        assert [is_good for is_good, _text in findings(trial(boss, row))] == [True, False]
    assert time.monotonic() - started < 5
    assert vendor.asked == 0


# --- Secrets ----------------------------------------------------------------------------------------------------------

HTTP: dict[str, str] = {
    "name": "http",
    "kind": "http",
    "key_id": "",
    "sign_name": "",
    "template": "",
    "secret": "the key",
    "url": "https://sms.example/send",
    "header": "Authorization: Bearer {secret}",
    "body_template": '{"to": "{phone}", "text": "{code}"}',
}


@pytest.mark.parametrize("changes", [{"url": "https://evil.example/"}, {"kind": "aliyun", **ALIYUN, "secret": ""}])
def test_a_stored_secret_is_sent_nowhere_else_than_it_was_entered_for(
    changes: dict[str, str], boss: HttpClient
) -> None:
    assert add(boss, **HTTP).status_code == 302
    row = SmsGateway.objects.get()
    assert errors_of(send_form(boss, change(row), "smsgateway_form", **changes)).keys() == {"secret"}
    assert send_form(boss, change(row), "smsgateway_form", **{**changes, "secret": "anew"}).status_code == 302
    row.refresh_from_db()
    assert row.secret.reveal() == "anew"


def test_a_stored_secret_can_be_taken_away(boss: HttpClient) -> None:
    assert add(boss, **{**HTTP, "header": ""}).status_code == 302
    row = SmsGateway.objects.get()
    assert 'name="secret-remove"' in boss.get(change(row)).content.decode()
    assert send_form(boss, change(row), "smsgateway_form", **{"secret-remove": "on"}).status_code == 302
    row.refresh_from_db()
    assert not row.secret
    assert 'name="secret-remove"' not in boss.get(change(row)).content.decode()


def test_a_secret_that_is_needed_cannot_be_taken_away(boss: HttpClient) -> None:
    assert add(boss).status_code == 302
    row = SmsGateway.objects.get()
    assert errors_of(send_form(boss, change(row), "smsgateway_form", **{"secret-remove": "on"})).keys() == {"secret"}
    row.refresh_from_db()
    assert row.secret.reveal() == SECRET


def test_a_space_that_was_pasted_along_is_no_part_of_a_secret(boss: HttpClient) -> None:
    assert add(boss, secret=f" {SECRET}\n").status_code == 302
    assert SmsGateway.objects.get().secret.reveal() == SECRET


def test_an_error_report_has_none_of_the_forms_fields(boss: HttpClient) -> None:
    """The report shows what was sent, unless it is told not to (django.views.debug)."""
    assert add(boss, name="").wsgi_request.sensitive_post_parameters == "__ALL__"
