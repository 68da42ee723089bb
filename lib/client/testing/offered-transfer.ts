// SPDX-License-Identifier: MIT
/** A payment to this user that the scripted hub holds ready: truly signed by its payer, the secret sealed to the user's key. */
import { publicKey } from '#secp256k1';
import { paymentOf } from '../../protocol/payment.ts';
import { boundPreimage, lockHashOf, transferIdOf } from '../../protocol/secrets.ts';
import { paymentDigest } from '../../protocol/statement-digests.ts';
import { ETHER, type Address, type Hash } from '../../protocol/types.ts';
import type { TransferView } from '../../protocol/wire/requests.ts';
import { seal } from '../seal.ts';
import type { DisputedWorld } from './disputed-world.ts';

/** The payer's channel is none that anybody here watches. */
const OUTSIDE = `0x${'99'.repeat(20)}` as string as Address;
const hashOf = (seed: number): Hash => `0x${seed.toString(16).padStart(64, '0')}` as string as Hash;

export interface Offer {
  readonly amount: bigint;
  /** Another one is another payment. */
  readonly seed?: number | undefined;
  /** Seconds since 1970. */
  readonly createdAt: number;
  readonly holdUntil: (expiresAt: number) => number;
}

export function offeredTransfer(world: DisputedWorld, offer: Offer): TransferView {
  const { amount, seed = 1, createdAt } = offer;
  const secret = hashOf(0xabc + seed);
  const sealed = seal(secret, publicKey(world.privateKey), new Uint8Array(32).fill(9));
  if (sealed === null) throw new Error('not sealed');
  const { domain } = world.channel;
  const expiresAt = createdAt + 20_000;
  const terms = {
    transferId: transferIdOf(domain.chainId, OUTSIDE, hashOf(seed)),
    payer: world.door.address,
    recipient: world.key.address,
    toChainId: domain.chainId,
    asset: ETHER,
    amount,
    expiresAt,
    metadata: null,
  };
  const digest = paymentDigest(domain, paymentOf(terms));
  return {
    ...terms,
    status: 'pending',
    role: 'payee',
    signature: world.door.sign(digest),
    lockHash: lockHashOf(boundPreimage(secret, digest)),
    claimant: null,
    sealed,
    holdUntil: offer.holdUntil(expiresAt),
    preimage: null,
    claimerSignature: null,
    appId: null,
    createdAt,
  };
}
