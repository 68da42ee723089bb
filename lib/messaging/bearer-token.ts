// SPDX-License-Identifier: MIT
import { jwtVerify, SignJWT } from 'jose';

const AUDIENCE = 'indra/http/v1';

export interface BearerClaim {
  /** Lowercase address. */
  readonly address: string;
  /** Seconds since 1970. */
  readonly expiresAt: number;
}

/** A token for the HTTP API; `secret` is the hub's own, at least 32 bytes. */
export async function issueBearerToken(claim: BearerClaim, secret: Uint8Array): Promise<string> {
  return new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject(claim.address)
    .setAudience(AUDIENCE)
    .setIssuedAt()
    .setExpirationTime(claim.expiresAt)
    .sign(secret);
}

/** Whose token this is; undefined if it is not ours, is for something else, or has expired. */
export async function verifyBearerToken(token: string, secret: Uint8Array): Promise<string | undefined> {
  try {
    const { payload } = await jwtVerify(token, secret, { audience: AUDIENCE, algorithms: ['HS256'] });
    return payload.sub !== undefined && /^0x[0-9a-f]{40}$/.test(payload.sub) ? payload.sub : undefined;
  } catch {
    return undefined;
  }
}
