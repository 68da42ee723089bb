// SPDX-License-Identifier: MIT
'use client';
import { createContext, useContext, useSyncExternalStore } from 'react';
import type { JournalEntry } from '../history/journal-entry.ts';
import type { CardSession, CardView } from './card-session.ts';

export interface Connection {
  readonly card: CardSession;
  /** Writes here although another device wrote last. */
  takeOver(): void;
}

export const ConnectionContext = createContext<Connection | null>(null);

function useConnection(): Connection {
  const connection = useContext(ConnectionContext);
  if (connection === null) throw new Error('used outside of a connected wallet');
  return connection;
}

export const useCard = (): CardSession => useConnection().card;

export const useTakeOver = (): (() => void) => useConnection().takeOver;

/** Follows balances, connection and events. */
export function useCardView(): CardView {
  const card = useCard();
  return useSyncExternalStore(card.subscribe, card.view);
}

/** Entries of the journal, newest first. */
export function useJournal(): readonly JournalEntry[] {
  const { journal } = useCard();
  return useSyncExternalStore(journal.subscribe, () => journal.entries);
}
