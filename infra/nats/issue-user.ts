// SPDX-License-Identifier: MIT
import { encodeUser } from '@nats-io/jwt';
import { fromPublic, fromSeed } from '@nats-io/nkeys';

export interface UserClaim {
  /** The user's lowercase address. It becomes `{{name()}}` in every permission. */
  readonly address: string;
  /** Public nkey of the connection (`U…`); its seed never leaves the client. */
  readonly publicKey: string;
  /** Seconds since 1970. The server drops the connection then. */
  readonly expiresAt: number;
}

export interface Issuer {
  readonly account: string;
  readonly signingSeed: string;
}

/** A user JWT of the scoped signing key: it holds no permission of its own, the scope's template is all it gets. */
export async function issueUser(claim: UserClaim, issuer: Issuer): Promise<string> {
  if (!/^0x[0-9a-f]{40}$/.test(claim.address)) throw new Error('a user is named by a lowercase address');
  return encodeUser(
    claim.address,
    fromPublic(claim.publicKey),
    fromPublic(issuer.account),
    {},
    {
      scopedUser: true,
      signer: fromSeed(new TextEncoder().encode(issuer.signingSeed)),
      exp: claim.expiresAt,
    },
  );
}

/** Whether a text is the public nkey of a user. */
export function isUserKey(text: string): boolean {
  if (!text.startsWith('U')) return false;
  try {
    fromPublic(text);
    return true;
  } catch {
    return false;
  }
}
