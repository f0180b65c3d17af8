"""Says what is recorded of changes to people and what is theirs (`tenants/changes/`), and by whom a request acts."""

from collections.abc import Callable
from functools import partial

from django.http import HttpRequest, HttpResponse

from accounts.models import (
    Dept,
    Directory,
    DirectoryGroup,
    Lockout,
    Post,
    Role,
    SmsGateway,
    SocialIdentity,
    User,
    UserDept,
    UserPost,
    UserRole,
    WechatApp,
)
from accounts.origin import origin_of
from tenants.changes import Author, Part, acting, track

_SYSTEM_LENGTH = 64
# Where a person acts by his session. Elsewhere a browser sends it along, whoever it is that the request is about.
_BY_SESSION = ("/admin/", "/account/")


def track_models() -> None:
    """Record changes of these models from now on."""
    track(
        User,
        secrets=["password"],
        # A sign-in, which the login history tells of.
        ignored=["last_login"],
        parts={
            "roles": Part(UserRole, "user", ("role",)),
            "posts": Part(UserPost, "user", ("post",)),
            "depts": Part(UserDept, "user", ("dept",)),
        },
    )
    track(Role, relations=("permissions",))
    track(Post)
    track(Dept)
    track(WechatApp)
    # Free text, in which the vendor's token may stand as it was typed.
    track(SmsGateway, secrets=["header", "body_template"])
    track(
        Directory,
        relations=("default_roles",),
        parts={"groups": Part(DirectoryGroup, "directory", ("sid", "name", "role"))},
    )
    track(SocialIdentity, ignored=["used_at"])
    # Counted at each wrong password: only what somebody lifts is told.
    track(Lockout, ignored=["at_directory"], watches=False)


class AuthorMiddleware:
    """Whatever changes during a request was done by its person, or by the address that it called."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with acting(partial(author_of, request)):
            return self.get_response(request)


def author_of(request: HttpRequest) -> Author:
    """Who sent this request, as far as the console's or the account page's session tells, and from where."""
    origin = origin_of(request)
    user = getattr(request, "user", None) if request.path.startswith(_BY_SESSION) else None
    if not isinstance(user, User):
        return Author(address=origin.address, request_id=origin.request_id, system=request.path[:_SYSTEM_LENGTH])
    return Author(
        user_id=user.pk,
        account=user.account,
        real_name=user.real_name,
        tenant_id=user.tenant_id,
        tenant_code=user.tenant.code,
        address=origin.address,
        request_id=origin.request_id,
    )
