// SPDX-License-Identifier: MIT
/** Signing in with Ethereum, without I/O: what a challenge is and when its answer opens a session. */
import { z } from 'zod';
import { issueUser, isUserKey } from '../../infra/nats/issue-user.ts';
import { issueBearerToken } from '../../lib/messaging/bearer-token.ts';
import { personalDigest } from '../../lib/messaging/personal-message.ts';
import { parseSignInMessage } from '../../lib/messaging/sign-in-message.ts';
import { refuse, type Outcomes } from '../../lib/protocol/errors.ts';
import { ok } from '../../lib/protocol/result.ts';
import { recoverAddress } from '../../lib/signing/native.ts';
import { challengeNonce, isOurNonce } from './challenge.ts';

export interface AuthService {
  readonly domain: string;
  readonly chainIds: readonly number[];
  readonly tokenSecret: Uint8Array;
  readonly challengeLifetime: number;
  readonly sessionLifetime: number;
  readonly nats: {
    readonly account: string;
    readonly signingSeed: string;
    readonly urls: readonly string[];
    readonly websocketUrls: readonly string[];
  };
}

const requestSchema = z.discriminatedUnion('step', [
  z.strictObject({
    step: z.literal('challenge'),
    address: z.string().regex(/^0x[0-9a-f]{40}$/),
    chainId: z.int().positive(),
  }),
  z.strictObject({
    step: z.literal('verify'),
    message: z.string().max(1_024),
    signature: z.string().regex(/^0x[0-9a-f]{130}$/),
  }),
]);
type AuthRequest = z.output<typeof requestSchema>;

/** Both times in a challenge are the hub's own, so no clock of a client matters. */
export async function authenticate(
  body: unknown,
  service: AuthService,
  now: number,
): Promise<Outcomes<unknown>> {
  const request = requestSchema.safeParse(body);
  if (!request.success) {
    return refuse('malformed', { fields: request.error.issues.map((issue) => issue.path.join('.')) });
  }
  return request.data.step === 'challenge'
    ? challenge(request.data, service, now)
    : verify(request.data, service, now);
}

function challenge(
  request: AuthRequest & { step: 'challenge' },
  service: AuthService,
  now: number,
): Outcomes<unknown> {
  const { address, chainId } = request;
  if (!service.chainIds.includes(chainId)) return refuse('unknown_chain', { chainId });
  const { domain } = service;
  const scope = { domain, address, chainId, issuedAt: now, expiresAt: now + service.challengeLifetime };
  const nonce = challengeNonce(scope, service.tokenSecret);
  return ok({ nonce, domain, issuedAt: scope.issuedAt, expiresAt: scope.expiresAt });
}

async function verify(
  request: AuthRequest & { step: 'verify' },
  service: AuthService,
  now: number,
): Promise<Outcomes<unknown>> {
  const claim = parseSignInMessage(request.message);
  if (claim === undefined) return refuse('malformed', { fields: ['message'] });
  if (claim.domain !== service.domain) return refuse('unauthenticated', { reason: 'domain' });
  if (!service.chainIds.includes(claim.chainId)) return refuse('unknown_chain', { chainId: claim.chainId });
  if (!isOurNonce(claim.nonce, claim, service.tokenSecret))
    return refuse('unauthenticated', { reason: 'nonce' });
  if (claim.expiresAt < now) return refuse('unauthenticated', { reason: 'expired' });
  if (!isUserKey(claim.natsKey)) return refuse('malformed', { fields: ['message'] });
  const signer = recoverAddress(
    personalDigest(request.message),
    Buffer.from(request.signature.slice(2), 'hex'),
  );
  if (signer !== claim.address) return refuse('bad_signature', { expected: claim.address });

  const expiresAt = now + service.sessionLifetime;
  const { account, signingSeed, urls, websocketUrls } = service.nats;
  const { address, natsKey } = claim;
  const [natsJwt, token] = await Promise.all([
    issueUser({ address, publicKey: natsKey, expiresAt }, { account, signingSeed }),
    issueBearerToken({ address, expiresAt }, service.tokenSecret),
  ]);
  return ok({ natsJwt, token, expiresAt, nats: { urls, websocketUrls } });
}
