// SPDX-License-Identifier: MIT
/** What the card keeps on this device beside the channels: the sealed words and a few choices. No secret is in the clear. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import { z } from 'zod';
import { vaultSchema } from './vault.ts';

const walletSchema = z.strictObject({
  vault: vaultSchema,
  /** Whether the user has said that the words are written down. */
  isBackedUp: z.boolean(),
  /** Minutes without a touch until the wallet locks itself. */
  lockAfterMinutes: z.int().min(1).max(60),
});
export type StoredWallet = z.output<typeof walletSchema>;

interface Layout extends DBSchema {
  wallet: { key: 'wallet'; value: unknown };
}

const NAME = 'daicard';

const open = (): Promise<IDBPDatabase<Layout>> =>
  openDB<Layout>(NAME, 1, { upgrade: (database) => void database.createObjectStore('wallet') });

/** Rejects where the browser keeps no data for this page, or what it kept is damaged. */
export async function readWallet(): Promise<StoredWallet | null> {
  const database = await open();
  try {
    const stored = await database.get('wallet', 'wallet');
    return stored === undefined ? null : walletSchema.parse(stored);
  } finally {
    database.close();
  }
}

/** On disk before it resolves. */
export async function writeWallet(wallet: StoredWallet): Promise<void> {
  await change((wallets) => wallets.put(wallet, 'wallet'));
  // Asks the browser not to throw the wallet away when space gets short; it may say no.
  await navigator.storage?.persist?.().catch(() => false);
}

export const removeWallet = (): Promise<void> => change((wallets) => wallets.delete('wallet'));

interface Wallets {
  put(wallet: StoredWallet, key: 'wallet'): Promise<unknown>;
  delete(key: 'wallet'): Promise<unknown>;
}

async function change(write: (wallets: Wallets) => Promise<unknown>): Promise<void> {
  const database = await open();
  try {
    const transaction = database.transaction('wallet', 'readwrite', { durability: 'strict' });
    await Promise.all([write(transaction.store), transaction.done]);
  } finally {
    database.close();
  }
}
