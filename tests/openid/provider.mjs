/**
 * A real OpenID provider (npm oidc-provider) for the tests: `node provider.mjs PORT CALLBACK`.
 *
 * Whoever comes is signed in as the account named in the cookie `account`, whose claims POST /accounts sets; there is no page to
 * fill in. POST /faults makes ID tokens that must not be believed: what it sets is put into each of them.
 */
import { createServer } from "node:http";
import { generateKeyPairSync, createPrivateKey, sign } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const accounts = new Map();
let faults = {};

const newKey = (kid) => ({ ...generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" }), kid, use: "sig", alg: "RS256" });
const own = newKey("own");
const foreign = newKey("own");
const claims = ["name", "groups", "email"];

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "avow",
      client_secret: "a secret of the tests / with : signs",
      redirect_uris: [callback],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  jwks: { keys: [own] },
  claims: { openid: ["sub", "acr", "amr"], profile: claims },
  conformIdTokenClaims: false,
  acrValues: ["mfa", "password"],
  pkce: { required: () => true },
  features: { devInteractions: { enabled: false } },
  cookies: { keys: ["of the tests"] },
  interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_context, sub) => ({ accountId: sub, claims: () => ({ sub, ...accounts.get(sub) }) }),
  renderError: (context, out) => {
    context.type = "text/plain";
    context.body = JSON.stringify(out);
  },
});

const read = async (request) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString();
};
const coded = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** Return an ID token with other claims, signed by the key of another header, by none, or by a key that is not the provider's. */
const spoilt = (token) => {
  const [header, body] = token.split(".").map((part) => Buffer.from(part, "base64url").toString());
  const head = { ...JSON.parse(header), ...faults.header };
  const text = `${coded(head)}.${coded({ ...JSON.parse(body), ...faults.claims })}`;
  if (head.alg === "none") return `${text}.`;
  const key = createPrivateKey({ key: faults.foreign ? foreign : own, format: "jwk" });
  return `${text}.${sign("sha256", Buffer.from(text), key).toString("base64url")}`;
};

const interact = async (request, response) => {
  const details = await provider.interactionDetails(request, response);
  const { params, prompt, session } = details;
  const account = /(?:^|; )account=([^;]+)/.exec(request.headers.cookie ?? "")?.[1];
  if (!account) {
    const result = { error: "access_denied", error_description: "nobody is here" };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  if (prompt.name === "login") {
    const { acr, amr } = accounts.get(account) ?? {};
    return provider.interactionFinished(request, response, { login: { accountId: account, acr, amr } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  grant.addOIDCClaims(claims);
  return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } }, { mergeWithLastSubmission: true });
};

const callbackOfProvider = provider.callback();
const server = createServer(async (request, response) => {
  try {
    if (request.url === "/accounts") {
      for (const [sub, one] of Object.entries(JSON.parse(await read(request)))) accounts.set(sub, one);
      return response.end("{}");
    }
    if (request.url === "/faults") {
      faults = JSON.parse(await read(request));
      return response.end("{}");
    }
    if (request.url.startsWith("/interaction/")) return await interact(request, response);
    if (request.url === "/token" && Object.keys(faults).length) {
      const end = response.end.bind(response);
      response.end = (content) => {
        const answer = JSON.parse(content.toString());
        if (answer.id_token) answer.id_token = spoilt(answer.id_token);
        const text = Buffer.from(JSON.stringify(answer));
        response.setHeader("content-length", text.length);
        return end(text);
      };
    }
    return callbackOfProvider(request, response);
  } catch (error) {
    response.statusCode = 500;
    return response.end(String(error));
  }
});
server.listen(Number(port), "127.0.0.1", () => console.log("ready"));
