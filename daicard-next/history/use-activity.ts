// SPDX-License-Identifier: MIT
'use client';
import { useCallback, useEffect, useMemo, useState } from 'react';
import type { HistoryPage, TransferEntry } from '../../lib/client/history.ts';
import { useCard, useCardView, useJournal } from '../connection/connection-context.ts';
import { activitiesOf, type Activity } from './activity.ts';

const SIDES = ['sent', 'received'] as const;
type Side = (typeof SIDES)[number];

interface Told {
  readonly transfers: ReadonlyMap<string, TransferEntry>;
  /** Where the next page of each side begins; null where there is none. */
  readonly next: Readonly<Record<Side, string | null>>;
}

export interface ActivityFeed {
  readonly activities: readonly Activity[];
  readonly isLoading: boolean;
  /** The hub did not answer: what is shown is what this device knows. */
  readonly isIncomplete: boolean;
  /** Null where there is no more. */
  readonly loadMore: (() => void) | null;
}

/** Milliseconds the hub is given for a page. */
const PATIENCE_MS = 8_000;

/** Follows what happens: each happening looks at the newest page again. */
export function useActivity(): ActivityFeed {
  const { client } = useCard();
  const { happenings, isOnline } = useCardView();
  const journal = useJournal();
  const [told, setTold] = useState<Told | null>(null);
  const [isLoading, setLoading] = useState(true);
  const [isIncomplete, setIncomplete] = useState(false);

  const load = useCallback(
    async (from: Told | null): Promise<void> => {
      setLoading(true);
      try {
        const pages = await Promise.all(
          SIDES.map(async (side): Promise<readonly [Side, HistoryPage]> => {
            const after = from?.next[side];
            if (from !== null && after === null) return [side, { entries: [], next: null }];
            return [
              side,
              await client.history(
                { side, ...(after === undefined || after === null ? {} : { after }) },
                { timeoutMs: PATIENCE_MS },
              ),
            ];
          }),
        );
        setTold((before) => merge(before, pages, from === null));
        setIncomplete(false);
      } catch {
        setIncomplete(true);
      } finally {
        setLoading(false);
      }
    },
    [client],
  );

  useEffect(() => {
    void load(null);
  }, [load, happenings, isOnline]);

  const hasMore = told !== null && SIDES.some((side) => told.next[side] !== null);
  const activities = useMemo(() => {
    const transfers = [...(told?.transfers.values() ?? [])];
    const oldest = hasMore ? Math.min(...transfers.map((transfer) => transfer.createdAt)) : 0;
    return activitiesOf(transfers, journal, { now: Math.floor(Date.now() / 1000), oldest });
  }, [told, journal, hasMore]);
  return { activities, isLoading, isIncomplete, loadMore: hasMore ? () => void load(told) : null };
}

/** A look at the newest page keeps the older ones, and where the next begins. */
function merge(
  before: Told | null,
  pages: readonly (readonly [Side, HistoryPage])[],
  isNewest: boolean,
): Told {
  const transfers = new Map(before?.transfers);
  const next = { sent: null, received: null } as Record<Side, string | null>;
  for (const [side, page] of pages) {
    for (const entry of page.entries) transfers.set(entry.transferId, entry);
    next[side] = isNewest && before !== null ? before.next[side] : page.next;
  }
  return { transfers, next };
}
