"""Who is in the tests' domain: organisational units, people in every state, groups within groups, as LDIF."""

import base64
from dataclasses import dataclass, field

REALM = "CORP.EXAMPLE.TEST"
DOMAIN = "CORP"
SUFFIX = "corp.example.test"
ROOT = "DC=corp,DC=example,DC=test"
# Where the tests' directory looks for people.
BASE = f"OU=公司,{ROOT}"
LAB = f"OU=研发部,{BASE}"
TEAM = f"OU=一组,{LAB}"
SALES = f"OU=销售部,{BASE}"
SERVICE = f"CN=hufu service,CN=Users,{ROOT}"
SERVICE_PASSWORD = "服务-Service.1"
ADMINISTRATOR = f"CN=Administrator,CN=Users,{ROOT}"
ADMINISTRATOR_PASSWORD = "Passw0rd.Admin"
PASSWORD = "Zhang三.pass"
DEVELOPERS = f"CN=开发者,OU=Groups,{ROOT}"
EVERYBODY = f"CN=全体员工,OU=Groups,{ROOT}"

NEVER = {"accountExpires": "9223372036854775807"}
# A moment of the year 2021 in Windows' count.
LONG_AGO = "132539328000000000"


@dataclass(frozen=True, slots=True)
class Member:
    """A person of the domain; `attributes` beyond the name and the password."""

    account: str
    name: str
    ou: str = SALES
    attributes: dict[str, str] = field(default_factory=dict)

    @property
    def dn(self) -> str:
        escaped = self.name.replace(",", "\\,")
        return f"CN={escaped},{self.ou}"


ZHANG = Member(
    "zhangsan",
    "张三",
    TEAM,
    {"mail": "zhangsan@corp.example.test", "mobile": "+86 138 0013 8000", "employeeID": "0042", "title": "工程师"},
)
LI = Member("lisi", "李四", SALES)
STATES: dict[str, Member] = {
    "disabled": Member("disabled", "停用", attributes={"userAccountControl": "514"}),
    "expired": Member("expired", "过期", attributes={"accountExpires": LONG_AGO}),
    "mustchange": Member("mustchange", "须改密码", attributes={"pwdLastSet": "0"}),
    "aged": Member("aged", "密码过期"),
    "night": Member("night", "夜班", attributes={"logonHours": ""}),
    "kiosk": Member("kiosk", "终端", attributes={"userWorkstations": "PC-001"}),
    "lockedout": Member("lockedout", "锁定"),
}
EVERYONE = (
    ZHANG,
    LI,
    Member("王五", "王五", SALES),
    Member("o'brien", "O'Brien, (Jr.) *", SALES),
    Member("limited", "限次"),
    Member("wanderer", "王六", LAB),
    *STATES.values(),
)


def ldif() -> str:
    """Everything to add to a new domain, in order."""
    entries = [
        *(_entry(dn, "organizationalUnit", {}) for dn in (BASE, LAB, TEAM, SALES, f"OU=Groups,{ROOT}")),
        _person(Member("hufu", "hufu service", f"CN=Users,{ROOT}"), SERVICE_PASSWORD),
        *(_person(member, PASSWORD) for member in EVERYONE),
        _entry(DEVELOPERS, "group", {"sAMAccountName": "developers", "groupType": "-2147483646", "member": ZHANG.dn}),
        _entry(EVERYBODY, "group", {"sAMAccountName": "everybody", "groupType": "-2147483646", "member": DEVELOPERS}),
    ]
    return "\n".join(entries)


def policy_ldif() -> str:
    """What the domain asks of passwords: little, but a lock after five wrong ones."""
    wanted = {
        "pwdProperties": "0",
        "minPwdLength": "6",
        "minPwdAge": "0",
        "pwdHistoryLength": "0",
        "lockoutThreshold": "5",
        "lockoutDuration": "-18000000000",
        "lockOutObservationWindow": "-18000000000",
    }
    changes = "".join(f"replace: {name}\n{name}: {value}\n-\n" for name, value in wanted.items())
    return f"dn: {ROOT}\nchangetype: modify\n{changes}\n"


def aged_ldif() -> str:
    """Makes a password old, which takes a control of Samba's own."""
    return f"{_line('dn', STATES['aged'].dn)}\nchangetype: modify\nreplace: pwdLastSet\npwdLastSet: {LONG_AGO}\n-\n\n"


def _person(member: Member, password: str) -> str:
    names = {
        "sAMAccountName": member.account,
        "displayName": member.name,
        "userPrincipalName": f"{member.account}@{SUFFIX}",
    }
    control = {"userAccountControl": "512"}
    return _entry(member.dn, "user", {**names, **control, **member.attributes}, password)


def _entry(dn: str, kind: str, attributes: dict[str, str], password: str = "") -> str:
    lines = [_line("dn", dn), f"objectClass: {kind}"]
    for name, value in attributes.items():
        # Twenty-one zero bytes: no hour of the week.
        lines.append(f"logonHours:: {_base64(bytes(21))}" if name == "logonHours" else _line(name, value))
    if password:
        quoted = f'"{password}"'
        lines.append(f"unicodePwd:: {_base64(quoted.encode('utf-16-le'))}")
    return "\n".join(lines) + "\n"


def _line(name: str, value: str) -> str:
    """One line of LDIF, in base64 where the text is not plain ASCII."""
    return f"{name}: {value}" if value.isascii() else f"{name}:: {_base64(value.encode())}"


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
