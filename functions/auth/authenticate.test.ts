// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { decode } from '@nats-io/jwt';
import { createUser } from '@nats-io/nkeys';
import { Wallet } from 'ethers';
import { createAuthority } from '../../infra/nats/authority.ts';
import { verifyBearerToken } from '../../lib/messaging/bearer-token.ts';
import { signInMessage, type SignInClaim } from '../../lib/messaging/sign-in-message.ts';
import { authenticate, type AuthService } from './authenticate.ts';

const authority = await createAuthority();
const now = 1_800_000_000;
const tokenSecret = new TextEncoder().encode('0123456789abcdef0123456789abcdef');
const service: AuthService = {
  domain: 'hub.example',
  chainIds: [31337, 5],
  tokenSecret,
  challengeLifetime: 300,
  sessionLifetime: 3_600,
  nats: {
    account: authority.account.publicKey,
    signingSeed: authority.signingSeed,
    urls: ['nats://hub.example:4222'],
    websocketUrls: ['wss://hub.example/nats'],
  },
};
const wallet = Wallet.createRandom();
const address = wallet.address.toLowerCase();
const natsKey = createUser().getPublicKey();

async function claimFor(chainId = 31337, at = now): Promise<SignInClaim> {
  const reply = await authenticate({ step: 'challenge', address, chainId }, service, at);
  if (!reply.ok) throw new Error(reply.error.code);
  const { nonce, domain, issuedAt, expiresAt } = reply.value as Omit<
    SignInClaim,
    'address' | 'chainId' | 'natsKey'
  >;
  return { domain, address, chainId, nonce, issuedAt, expiresAt, natsKey };
}

async function answer(claim: SignInClaim, { signer = wallet, at = now, edit = (text: string) => text } = {}) {
  const message = edit(signInMessage(claim));
  return authenticate({ step: 'verify', message, signature: await signer.signMessage(message) }, service, at);
}

test('a signed challenge opens a session for the signer only', async () => {
  const reply = await answer(await claimFor());
  expect(reply.ok).toBe(true);
  if (!reply.ok) return;
  const session = reply.value as { natsJwt: string; token: string; expiresAt: number };
  const jwt = decode<{ issuer_account: string; pub?: unknown }>(session.natsJwt);
  expect(jwt).toMatchObject({ name: address, sub: natsKey, exp: now + 3_600 });
  expect(jwt.nats.issuer_account).toBe(authority.account.publicKey);
  expect(jwt.nats.pub).toBeUndefined();
  expect(await verifyBearerToken(session.token, tokenSecret)).toBe(address);
  expect(
    await verifyBearerToken(session.token, new TextEncoder().encode('another secret of thirty-two byte')),
  ).toBeUndefined();
});

test('every way to bend a sign-in has its code', async () => {
  const claim = await claimFor();
  const other = Wallet.createRandom();
  const bent: [string, string, () => Promise<{ ok: boolean; error?: { code: string } }>][] = [
    ['someone else signed', 'bad_signature', () => answer(claim, { signer: other })],
    ['too late', 'unauthenticated', () => answer(claim, { at: now + 301 })],
    ['another domain', 'unauthenticated', () => answer({ ...claim, domain: 'evil.example' })],
    ['another chain than challenged', 'unauthenticated', () => answer({ ...claim, chainId: 5 })],
    ['an unknown chain', 'unknown_chain', () => answer({ ...claim, chainId: 77 })],
    ['a longer life', 'unauthenticated', () => answer({ ...claim, expiresAt: claim.expiresAt + 3_600 })],
    [
      'another address',
      'unauthenticated',
      () => answer({ ...claim, address: other.address.toLowerCase() }, { signer: other }),
    ],
    ['an invented nonce', 'unauthenticated', () => answer({ ...claim, nonce: '0'.repeat(96) })],
    ['an added line', 'malformed', () => answer(claim, { edit: (text) => `${text}\n- urn:more` })],
    [
      'a lowercase address',
      'malformed',
      () => answer(claim, { edit: (text) => text.replace(wallet.address, address) }),
    ],
    [
      'a challenge on an unknown chain',
      'unknown_chain',
      () => authenticate({ step: 'challenge', address, chainId: 9 }, service, now),
    ],
    [
      'an uppercase challenge',
      'malformed',
      () => authenticate({ step: 'challenge', address: wallet.address, chainId: 5 }, service, now),
    ],
    ['no step', 'malformed', () => authenticate({}, service, now)],
    ['nothing', 'malformed', () => authenticate(null, service, now)],
  ];
  for (const [what, code, attempt] of bent) {
    const reply = await attempt();
    expect({ what, ok: reply.ok, code: reply.error?.code }).toEqual({ what, ok: false, code });
  }
});
