// SPDX-License-Identifier: MIT
/** `POST /v1/auth`: sign-in with Ethereum (EIP-4361) for a NATS user JWT and a bearer token, both for that address only. */
import { loadConfig } from '../../infra/config/load-config.ts';
import { readSecret } from '../../infra/config/read-secret.ts';
import { decodeRequest } from '../../lib/messaging/envelope.ts';
import { httpBody, httpReply, type HttpEvent, type HttpReply } from '../../lib/messaging/http-event.ts';
import { refuse } from '../../lib/protocol/errors.ts';
import { authenticate, type AuthService } from './authenticate.ts';

const MAX_BYTES = 8_192;
let service: Promise<AuthService> | undefined;

export const handler = async (event: HttpEvent): Promise<HttpReply> => {
  const { id, request } = decodeRequest(httpBody(event), MAX_BYTES);
  if (!request.ok) return httpReply(id, request);
  service ??= loadService();
  try {
    return httpReply(
      id,
      await authenticate(request.value.body, await service, Math.floor(Date.now() / 1000)),
    );
  } catch (error) {
    service = undefined;
    console.error(JSON.stringify({ level: 'error', function: 'auth', id, message: String(error) }));
    return httpReply(id, refuse('internal'));
  }
};

async function loadService(): Promise<AuthService> {
  const config = loadConfig();
  const [secret, signingSeed] = await Promise.all([
    readSecret(config.auth.tokenSecret),
    readSecret(config.nats.signingSeed),
  ]);
  const tokenSecret = new TextEncoder().encode(secret);
  if (tokenSecret.length < 32) throw new Error('INDRA_TOKEN_SECRET is shorter than 32 bytes');
  const { domain, challengeLifetime, sessionLifetime } = config.auth;
  const { account, publicUrls, publicWebsocketUrls } = config.nats;
  return {
    domain,
    chainIds: config.chains.map((chain) => chain.chainId),
    tokenSecret,
    challengeLifetime,
    sessionLifetime,
    nats: { account, signingSeed, urls: publicUrls, websocketUrls: publicWebsocketUrls },
  };
}
