// An application as its author would write it with openid-client. It is told issuer, client id and secret, and its port.
import { randomUUID, webcrypto } from "node:crypto";
import { createServer } from "node:http";
import * as oidc from "openid-client";

// Node 18 (Debian 12) has the Web Cryptography API, but not under the name that the library looks for.
globalThis.crypto ??= webcrypto;

const { ISSUER, CLIENT_ID, CLIENT_SECRET, PORT, HOME_URI = "/" } = process.env;
const ORIGIN = `http://localhost:${PORT}`;
const REDIRECT_URI = `${ORIGIN}/callback`;
const SIGNED_OUT_URI = `${ORIGIN}/signed-out`;
const SCOPE = "openid profile offline_access";

const provider = await oidc.discovery(new URL(ISSUER), CLIENT_ID, CLIENT_SECRET, undefined, {
  // Plain http is for loopback addresses; and ID tokens are checked by their signature too, as if they came from anywhere.
  execute: [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks],
});

// What is kept for each browser, and for the one device.
const sessions = new Map();
let device;

async function begin(session, buildUrl) {
  session.verifier = oidc.randomPKCECodeVerifier();
  session.nonce = oidc.randomNonce();
  session.state = oidc.randomState();
  const url = await buildUrl(provider, {
    redirect_uri: REDIRECT_URI,
    scope: SCOPE,
    code_challenge: await oidc.calculatePKCECodeChallenge(session.verifier),
    code_challenge_method: "S256",
    nonce: session.nonce,
    state: session.state,
  });
  session.sentTo = url.href;
  return { goTo: url.href };
}

// Each answers with what is told to the browser, or with where it is sent.
const pages = {
  "/": async (session) => ({ name: session.person?.name ?? null }),

  "/login": (session) => begin(session, oidc.buildAuthorizationUrl),

  // RFC 9126: the request goes to the provider directly, the browser carries a reference alone.
  "/login-pushed": (session) => begin(session, oidc.buildAuthorizationUrlWithPAR),

  "/callback": async (session, url) => {
    session.tokens = await oidc.authorizationCodeGrant(provider, url, {
      pkceCodeVerifier: session.verifier,
      expectedNonce: session.nonce,
      expectedState: session.state,
      idTokenExpected: true,
    });
    session.claims = session.tokens.claims();
    session.person = await oidc.fetchUserInfo(provider, session.tokens.access_token, session.claims.sub);
    return { goTo: HOME_URI };
  },

  "/request": async (session) => ({ sentTo: session.sentTo }),

  "/userinfo": async ({ tokens, claims }) => oidc.fetchUserInfo(provider, tokens.access_token, claims.sub),

  "/refresh": async (session) => {
    const before = session.tokens;
    session.tokens = { ...before, ...(await oidc.refreshTokenGrant(provider, before.refresh_token)) };
    const isNew = (name) => session.tokens[name] !== before[name];
    return { access_token: isNew("access_token"), refresh_token: isNew("refresh_token") };
  },

  "/introspect": async (session) => oidc.tokenIntrospection(provider, session.tokens.access_token),

  "/revoke": async (session) => {
    await oidc.tokenRevocation(provider, session.tokens.refresh_token);
    return {};
  },

  "/logout": async (session) => {
    session.state = oidc.randomState();
    const parameters = { post_logout_redirect_uri: SIGNED_OUT_URI, state: session.state };
    const url = oidc.buildEndSessionUrl(provider, { ...parameters, id_token_hint: session.tokens.id_token });
    delete session.person;
    delete session.tokens;
    return { goTo: url.href };
  },

  "/signed-out": async (session, url) => ({ stateIsMine: url.searchParams.get("state") === session.state }),

  // RFC 8628: what a television shows; it goes on asking until the person has answered.
  "/device": async () => {
    const shown = await oidc.initiateDeviceAuthorization(provider, { scope: SCOPE });
    const answer = oidc.pollDeviceAuthorizationGrant(provider, shown);
    device = told(async () => {
      const tokens = await answer;
      const person = await oidc.fetchUserInfo(provider, tokens.access_token, tokens.claims().sub);
      return { name: person.name, has_refresh_token: "refresh_token" in tokens };
    });
    return shown;
  },

  "/device/outcome": async () => device,
};

function sessionOf(request, response) {
  const known = /(?:^|; )app=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (sessions.has(known)) {
    return sessions.get(known);
  }
  const id = randomUUID();
  sessions.set(id, {});
  response.setHeader("Set-Cookie", `app=${id}; HttpOnly; SameSite=Lax; Path=/`);
  return sessions.get(id);
}

// What the provider refuses is told by its code, and what the library refuses by its own.
async function told(answer) {
  try {
    return await answer();
  } catch (error) {
    return { error: error.error ?? error.code ?? String(error) };
  }
}

createServer(async (request, response) => {
  const url = new URL(request.url, ORIGIN);
  const page = pages[url.pathname];
  if (!page) {
    response.writeHead(404).end();
    return;
  }
  const session = sessionOf(request, response);
  const outcome = await told(() => page(session, url));
  if (outcome.goTo) {
    response.writeHead(303, { Location: outcome.goTo }).end();
    return;
  }
  const text = JSON.stringify(outcome).replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  response.writeHead(200, { "Content-Type": "text/html; charset=utf-8" });
  response.end(`<!doctype html><title>openid-client</title><link rel=icon href=data:,><pre>${text}</pre>`);
}).listen(Number(PORT), "127.0.0.1");
