// SPDX-License-Identifier: MIT
'use client';
import {
  createContext,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useRef,
  useState,
  type ReactNode,
} from 'react';
import { keyOfMnemonic } from '../../lib/client/channel-key.ts';
import { whenIdle } from './idle.ts';
import { otherTabs, type OtherTabs } from './other-tabs.ts';
import { openVault, sealWords } from './vault.ts';
import { readWallet, removeWallet, writeWallet, type StoredWallet } from './wallet-database.ts';

export type WalletState =
  | { readonly stage: 'loading' }
  | { readonly stage: 'unusable'; readonly reason: 'insecure' | 'storage' }
  | { readonly stage: 'absent' }
  | { readonly stage: 'locked'; readonly wallet: StoredWallet }
  | {
      readonly stage: 'open';
      readonly wallet: StoredWallet;
      readonly key: Uint8Array;
      /** Words made a moment ago and not yet shown; null for a wallet that was unlocked. */
      readonly freshWords: string | null;
    };

export interface Wallet {
  readonly state: WalletState;
  /** Encrypts the words under the passphrase, replaces what was stored, and opens the wallet. */
  create(words: string, passphrase: string, isBackedUp: boolean): Promise<void>;
  /** False where the passphrase is wrong. */
  unlock(passphrase: string): Promise<boolean>;
  /** The words, for the one who knows the passphrase; null for anyone else. */
  revealWords(passphrase: string): Promise<string | null>;
  lock(): void;
  change(change: Partial<Pick<StoredWallet, 'isBackedUp' | 'lockAfterMinutes'>>): Promise<void>;
  forgetFreshWords(): void;
  remove(): Promise<void>;
  /** Locks this wallet in every other tab. */
  useHere(): void;
}

const LOCK_AFTER_MINUTES = 10;

const WalletContext = createContext<Wallet | null>(null);

export function useWallet(): Wallet {
  const wallet = useContext(WalletContext);
  if (wallet === null) throw new Error('useWallet outside of WalletProvider');
  return wallet;
}

async function beginning(): Promise<WalletState> {
  if (globalThis.crypto?.subtle === undefined) return { stage: 'unusable', reason: 'insecure' };
  try {
    const wallet = await readWallet();
    return wallet === null ? { stage: 'absent' } : { stage: 'locked', wallet };
  } catch {
    return { stage: 'unusable', reason: 'storage' };
  }
}

export function WalletProvider({ children }: { readonly children: ReactNode }) {
  const [state, setState] = useState<WalletState>({ stage: 'loading' });
  useEffect(() => void beginning().then(setState), []);

  const lock = useCallback(
    () =>
      setState((before) => {
        if (before.stage !== 'open') return before;
        before.key.fill(0);
        return { stage: 'locked', wallet: before.wallet };
      }),
    [],
  );
  const minutes = state.stage === 'open' ? state.wallet.lockAfterMinutes : null;
  useEffect(() => (minutes === null ? undefined : whenIdle(minutes * 60_000, lock)), [minutes, lock]);
  const tabs = useRef<OtherTabs | null>(null);
  useEffect(() => {
    const opened = otherTabs(lock);
    tabs.current = opened;
    return () => opened.close();
  }, [lock]);

  const wallet = useMemo(
    (): Wallet => ({
      state,
      lock,
      async create(words, passphrase, isBackedUp) {
        const stored = {
          vault: await sealWords(words, passphrase),
          isBackedUp,
          lockAfterMinutes: LOCK_AFTER_MINUTES,
        };
        await writeWallet(stored);
        setState({
          stage: 'open',
          wallet: stored,
          key: keyOfMnemonic(words),
          freshWords: isBackedUp ? null : words,
        });
      },
      async unlock(passphrase) {
        if (state.stage !== 'locked') return false;
        const words = await openVault(state.wallet.vault, passphrase);
        if (words === null) return false;
        setState({ stage: 'open', wallet: state.wallet, key: keyOfMnemonic(words), freshWords: null });
        return true;
      },
      async revealWords(passphrase) {
        return state.stage === 'open' ? openVault(state.wallet.vault, passphrase) : null;
      },
      async change(change) {
        if (state.stage !== 'open') return;
        const stored = { ...state.wallet, ...change };
        await writeWallet(stored);
        setState((before) => (before.stage === 'open' ? { ...before, wallet: stored } : before));
      },
      forgetFreshWords: () =>
        setState((before) => (before.stage === 'open' ? { ...before, freshWords: null } : before)),
      async remove() {
        await removeWallet();
        setState({ stage: 'absent' });
      },
      useHere: () => tabs.current?.leave(),
    }),
    [state, lock],
  );
  return <WalletContext value={wallet}>{children}</WalletContext>;
}
