"""An application as its author would write it with Authlib and Flask: told issuer, client id and secret, and its port.

It is a program of its own and must not know Django or Hufu.
"""

import json
import os
import secrets
import time
from typing import Any

from authlib.integrations.base_client import OAuthError  # type: ignore[import-untyped]
from authlib.integrations.flask_client import OAuth  # type: ignore[import-untyped]
from flask import Flask, Response, redirect, session, url_for
from markupsafe import escape
from werkzeug.wrappers import Response as AnyResponse

app = Flask(__name__)
app.secret_key = secrets.token_urlsafe()
oauth = OAuth(app)
# What the provider gave, by browser.
tokens: dict[str, dict[str, Any]] = {}


def keep_new_tokens(token: dict[str, Any], **_which: str) -> None:
    """Authlib calls this when it has refreshed by itself."""
    mine = tokens[session["id"]]
    session["renewed"] = {name: token[name] != mine.get(name) for name in ("access_token", "refresh_token")}
    mine.update(token)


hufu = oauth.register(
    "hufu",
    server_metadata_url=f"{os.environ['ISSUER']}/.well-known/openid-configuration",
    client_id=os.environ["CLIENT_ID"],
    client_secret=os.environ["CLIENT_SECRET"],
    client_kwargs={"scope": "openid profile offline_access", **json.loads(os.environ.get("CLIENT_KWARGS", "{}"))},
    update_token=keep_new_tokens,
)


def page(told: Any) -> Response:
    text = escape(json.dumps(told))
    return Response(f"<!doctype html><title>Authlib</title><link rel=icon href=data:,><pre>{text}</pre>")


@app.errorhandler(OAuthError)
def refused(error: OAuthError) -> Response:
    return page({"error": error.error})


@app.get("/")
def home() -> Response:
    return page({"name": session.get("name")})


@app.get("/login")
def login() -> AnyResponse:
    answer: AnyResponse = hufu.authorize_redirect(url_for("callback", _external=True))
    return answer


@app.get("/callback")
def callback() -> AnyResponse:
    token = hufu.authorize_access_token()
    session["id"] = secrets.token_urlsafe()
    session["name"] = hufu.userinfo(token=token)["name"]
    tokens[session["id"]] = token
    return redirect(url_for("home"))


@app.get("/userinfo")
def userinfo() -> Response:
    return page(hufu.userinfo(token=tokens[session["id"]]))


@app.get("/refresh")
def refresh() -> Response:
    """Use a token whose time is over: Authlib refreshes it on its own."""
    tokens[session["id"]]["expires_at"] = int(time.time()) - 1
    told = hufu.userinfo(token=tokens[session["id"]])
    return page({**session.pop("renewed", {}), "sub": told["sub"]})


@app.get("/logout")
def logout() -> AnyResponse:
    token = tokens.pop(session["id"])
    del session["name"]
    back = url_for("signed_out", _external=True)
    answer: AnyResponse = hufu.logout_redirect(back, id_token_hint=token["id_token"])
    return answer


@app.get("/signed-out")
def signed_out() -> Response:
    hufu.validate_logout_response()
    return page({"stateIsMine": True})


if __name__ == "__main__":
    app.run(host="127.0.0.1", port=int(os.environ["PORT"]))
