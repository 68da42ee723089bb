// SPDX-License-Identifier: MIT
/**
 * The payer's statement, as the hub takes it on: signed by the caller, about this very install, and something this hub carries.
 * The hub stores and hands on what was signed, and can neither read the metadata nor change a word (invariant 16).
 */
import { toBytes } from '../../protocol/bytes.ts';
import { refuse, type Outcomes } from '../../protocol/errors.ts';
import type { SendRoute } from '../../protocol/operations.ts';
import { paymentOf, type PaymentTerms } from '../../protocol/payment.ts';
import { ok } from '../../protocol/result.ts';
import { paymentDigest } from '../../protocol/statement-digests.ts';
import type { Address, Channel, Hash } from '../../protocol/types.ts';
import type { Hub } from '../hub.ts';

/** What the hub keeps of a payment, in the asset's smallest unit. It is published with the hub's description once it is not zero. */
const FEE = 0n;

interface Staked {
  readonly asset: Address;
  readonly amount: bigint;
}

/** The payment's terms, to be stored with the payer's signature. */
export function admitPayment(
  hub: Pick<Hub, 'recover' | 'chains'>,
  { domain, initiator }: Channel,
  {
    transferId,
    staked,
    route,
  }: { readonly transferId: Hash; readonly staked: Staked; readonly route: SendRoute },
): Outcomes<PaymentTerms> {
  const { toChainId, asset, amount } = route;
  if (!hub.chains.has(toChainId)) return refuse('unknown_chain', { toChainId });
  if (toChainId !== domain.chainId) return refuse('unsupported_route', { toChainId });
  if (asset !== staked.asset) return refuse('unsupported_route', { asset, staked: staked.asset });
  if (staked.amount - amount !== FEE)
    return refuse('wrong_fee', {
      amount: amount.toString(),
      staked: staked.amount.toString(),
      fee: FEE.toString(),
    });
  const { recipient, expiresAt, metadata } = route;
  const terms = { transferId, payer: initiator, recipient, toChainId, asset, amount, expiresAt, metadata };
  const signer = hub.recover(paymentDigest(domain, paymentOf(terms)), toBytes(route.signature));
  return signer === initiator ? ok(terms) : refuse('bad_signature', { what: 'payment' });
}
