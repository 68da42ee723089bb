// SPDX-License-Identifier: MIT
/** Challenges the hub need not remember: a nonce says until when, for whom and for what it is good, under the hub's own seal. */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export interface ChallengeScope {
  readonly domain: string;
  readonly address: string;
  readonly chainId: number;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** 32 random hex digits and 64 of a MAC over them and the scope: EIP-4361 wants letters and digits only. */
export function challengeNonce(scope: ChallengeScope, secret: Uint8Array): string {
  const random = randomBytes(16).toString('hex');
  return random + seal(random, scope, secret);
}

export function isOurNonce(nonce: string, scope: ChallengeScope, secret: Uint8Array): boolean {
  if (!/^[0-9a-f]{96}$/.test(nonce)) return false;
  const expected = Buffer.from(seal(nonce.slice(0, 32), scope, secret), 'hex');
  return timingSafeEqual(expected, Buffer.from(nonce.slice(32), 'hex'));
}

function seal(random: string, scope: ChallengeScope, secret: Uint8Array): string {
  const { domain, address, chainId, issuedAt, expiresAt } = scope;
  const text = ['indra/v1/sign-in', random, domain, address, chainId, issuedAt, expiresAt].join('\n');
  return createHmac('sha256', secret).update(text).digest('hex');
}
