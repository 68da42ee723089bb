// SPDX-License-Identifier: MIT
/** The client's half of signing in with Ethereum (EIP-4361): ask for a challenge, sign it, get the keys to bus and HTTP API. */
import { createUser, fromSeed, type KeyPair } from '@nats-io/nkeys';
import { refuse, fault, type Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import { failure, newCorrelationId, type Reply } from './envelope.ts';
import { postRequest, type Fetch } from './http-post.ts';
import { personalDigest } from './personal-message.ts';
import { signInMessage } from './sign-in-message.ts';

export interface Session {
  readonly hubUrl: string;
  /** Lowercase. */
  readonly address: string;
  readonly chainId: number;
  readonly token: string;
  readonly natsJwt: string;
  /** Seed of the connection's nkey. It never leaves the client. */
  readonly natsSeed: Uint8Array;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly nats: { readonly urls: readonly string[]; readonly websocketUrls: readonly string[] };
}

export interface SignInOptions {
  /** Origin of the hub's HTTP API. */
  readonly hubUrl: string;
  /** The signer's lowercase address. */
  readonly address: string;
  /** Signs a 32-byte digest (of an EIP-191 personal message) into 65 bytes. */
  readonly sign: (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>;
  readonly chainId: number;
  readonly signal?: AbortSignal;
  readonly fetch?: Fetch;
  /** Seed to keep from an earlier session, so that a renewed session has the same connection key. */
  readonly natsSeed?: Uint8Array;
}

export async function signIn(options: SignInOptions): Promise<Outcomes<Session>> {
  const { address, chainId } = options;
  const hubUrl = options.hubUrl.replace(/\/+$/, '');
  const key = options.natsSeed === undefined ? createUser() : fromSeed(options.natsSeed);
  const challenge = await post(hubUrl, { step: 'challenge', address, chainId }, options);
  if (!challenge.ok) return challenge;
  if (!isChallenge(challenge.result)) return refuse('internal', { reason: 'unreadable challenge' });
  const { nonce, domain, issuedAt, expiresAt } = challenge.result;
  // The hub says what domain it is; a hub that names another one could have its message replayed there.
  if (domain !== new URL(hubUrl).host)
    return refuse('unauthenticated', { reason: 'the hub names another domain', domain });
  const message = signInMessage({
    domain,
    address,
    chainId,
    nonce,
    issuedAt,
    expiresAt,
    natsKey: key.getPublicKey(),
  });
  const signature = toHex(await options.sign(personalDigest(message)));
  const session = await post(hubUrl, { step: 'verify', message, signature }, options);
  if (!session.ok) return session;
  if (!isSessionResult(session.result)) return refuse('internal', { reason: 'unreadable session' });
  const { token, natsJwt, nats } = session.result;
  return ok({
    hubUrl,
    address,
    chainId,
    token,
    natsJwt,
    natsSeed: seedOf(key),
    expiresAt: session.result.expiresAt,
    nats,
  });
}

async function post(hubUrl: string, body: unknown, options: SignInOptions): Promise<Reply> {
  const id = newCorrelationId();
  try {
    return await postRequest({
      url: `${hubUrl}/v1/auth`,
      body,
      id,
      fetch: options.fetch,
      signal: options.signal,
    });
  } catch {
    return failure(id, fault('unreachable'));
  }
}

interface Challenge {
  readonly nonce: string;
  readonly domain: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
}

function isChallenge(value: unknown): value is Challenge {
  const { nonce, domain, issuedAt, expiresAt } = record(value);
  return (
    typeof nonce === 'string' &&
    typeof domain === 'string' &&
    Number.isInteger(issuedAt) &&
    Number.isInteger(expiresAt)
  );
}

function isSessionResult(value: unknown): value is Pick<Session, 'token' | 'natsJwt' | 'expiresAt' | 'nats'> {
  const { token, natsJwt, expiresAt, nats } = record(value);
  const { urls, websocketUrls } = record(nats);
  return (
    typeof token === 'string' &&
    typeof natsJwt === 'string' &&
    Number.isInteger(expiresAt) &&
    isTexts(urls) &&
    isTexts(websocketUrls)
  );
}

const record = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');
const toHex = (bytes: Uint8Array): string =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
const seedOf = (key: KeyPair): Uint8Array => key.getSeed().slice();
