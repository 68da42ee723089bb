// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useState } from 'react';
import type { TransferEntry } from '../../lib/client/history.ts';
import type { Hash } from '../../lib/protocol/types.ts';
import { useCard, useCardView } from '../connection/connection-context.ts';

const isOver = ({ status }: TransferEntry): boolean => status === 'resolved' || status === 'cancelled';

/** Milliseconds between two looks at a transfer that is not over. */
const LOOK_MS = 3_000;

/** The hub's view of a transfer, followed until it is over; null until it is known. */
export function useTransfer(transferId: Hash | null): TransferEntry | null {
  const { client } = useCard();
  const { happenings } = useCardView();
  const [transfer, setTransfer] = useState<TransferEntry | null>(null);
  const [looks, setLooks] = useState(0);
  const isFollowed = transferId !== null && (transfer?.transferId !== transferId || !isOver(transfer));
  useEffect(() => {
    if (!isFollowed) return;
    const leaving = new AbortController();
    client.transferStatus(transferId, { signal: leaving.signal }).then(setTransfer, () => {});
    const timer = setTimeout(() => setLooks(looks + 1), LOOK_MS);
    return () => {
      leaving.abort();
      clearTimeout(timer);
    };
  }, [client, transferId, isFollowed, happenings, looks]);
  return transfer?.transferId === transferId ? transfer : null;
}
