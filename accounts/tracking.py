"""Says what is recorded of changes to people and what is theirs (`tenants/changes/`), and by whom a request acts."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
# Where somebody proves who he is, maybe in the browser of another person, who has nothing to do with it.
_BEFORE_SESSION = ("/account/login/", "/account/forgotten/")


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
    is_by_session = request.path.startswith(_BY_SESSION) and not request.path.startswith(_BEFORE_SESSION)
    user = getattr(request, "user", None) if is_by_session else None
    if isinstance(user, User):
        return _author(request, user)
    origin = origin_of(request)
    return Author(address=origin.address, request_id=origin.request_id, system=request.path[:_SYSTEM_LENGTH])


@contextmanager
def acting_person(request: HttpRequest, user: User) -> Iterator[None]:
    """What changes in here was done by this person, who has proved himself without being signed in."""
    with acting(partial(_author, request, user)):
        yield


def _author(request: HttpRequest, user: User) -> Author:
    origin = origin_of(request)
    return Author(
        user_id=user.pk,
        account=user.account,
        real_name=user.real_name,
        tenant_id=user.tenant_id,
        tenant_code=user.tenant.code,
        address=origin.address,
        request_id=origin.request_id,
    )
