// SPDX-License-Identifier: MIT
import type { Address } from '../protocol/types.ts';
import type { TransferView } from '../protocol/wire/requests.ts';
import type { Caller } from './hub.ts';
import type { Transfer } from './transfer-item.ts';

function roleOf(transfer: Transfer, user: Address): TransferView['role'] | null {
  if (transfer.payer === user) return 'payer';
  const { status } = transfer;
  const taker = status.kind === 'claimed' || status.kind === 'resolved' ? status.user : transfer.recipient;
  if (taker === user) return 'payee';
  return transfer.recipient === null ? 'bearer' : null;
}

/** What this user may see of it; null if nothing. Secrets of others are left out (invariant 9). */
export function viewOf(transfer: Transfer, caller: Pick<Caller, 'chainId' | 'user'>): TransferView | null {
  const role = transfer.chainId === caller.chainId ? roleOf(transfer, caller.user) : null;
  if (role === null) return null;
  const { status } = transfer;
  return {
    transferId: transfer.transferId,
    status: status.kind,
    role,
    payer: transfer.payer,
    toChainId: transfer.toChainId,
    asset: transfer.asset,
    amount: transfer.amount,
    metadata: transfer.metadata,
    signature: transfer.signature,
    lockHash: transfer.lockHash,
    claimant: transfer.claimant,
    recipient: transfer.recipient,
    sealed: role === 'payee' ? transfer.sealed : null,
    expiresAt: transfer.expiresAt,
    holdUntil: transfer.holdUntil,
    preimage: status.kind === 'resolved' && role !== 'bearer' ? status.preimage : null,
    claimerSignature: status.kind === 'resolved' && role !== 'bearer' ? status.claimerSignature : null,
    appId: role === 'payer' ? transfer.appId : null,
    createdAt: transfer.createdAt,
  };
}
