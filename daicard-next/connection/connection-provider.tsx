// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useMemo, useState, type ReactNode } from 'react';
import { IndraError } from '../../lib/client/indra-error.ts';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { Frame } from '../wallet/frame.tsx';
import { CardSession } from './card-session.ts';
import { connectWallet } from './connect-wallet.ts';
import { ConnectionContext } from './connection-context.ts';
import { ConnectionNotices, ConnectionStatus } from './connection-status.tsx';

type Attempt =
  | { readonly kind: 'connecting'; readonly lastError: IndraError | null }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'ready'; readonly card: CardSession };

/** Milliseconds before the next attempt, growing with each. */
const RETRY_MS = [1_000, 2_000, 4_000, 8_000];

export function ConnectionProvider({
  walletKey,
  children,
}: {
  readonly walletKey: Uint8Array;
  readonly children: ReactNode;
}) {
  const [attempt, setAttempt] = useState<Attempt>({ kind: 'connecting', lastError: null });
  const [round, setRound] = useState({ count: 0, takeOver: false });

  useEffect(() => {
    const leaving = new AbortController();
    let card: CardSession | null = null;
    let isOnline = true;
    const onOnline = (value: boolean): void => {
      isOnline = value;
      card?.online(value);
    };
    const run = async (): Promise<void> => {
      for (let tries = 0; !leaving.signal.aborted; tries++) {
        try {
          const connected = await connectWallet({
            walletKey,
            takeOver: round.takeOver,
            signal: leaving.signal,
            onOnline,
          });
          card = await CardSession.begin(connected, isOnline);
          if (leaving.signal.aborted) await card.close();
          else setAttempt({ kind: 'ready', card });
          return;
        } catch (error) {
          if (leaving.signal.aborted) return;
          if (!(error instanceof IndraError) || !error.retryable)
            return setAttempt({ kind: 'failed', error });
          setAttempt({ kind: 'connecting', lastError: error });
          await new Promise((resolve) => setTimeout(resolve, RETRY_MS[tries] ?? RETRY_MS.at(-1)));
        }
      }
    };
    const running = run();
    return () => {
      leaving.abort();
      void running.then(() => card?.close());
    };
  }, [walletKey, round]);

  const connection = useMemo(() => {
    if (attempt.kind !== 'ready') return null;
    const takeOver = (): void => {
      setAttempt({ kind: 'connecting', lastError: null });
      setRound(({ count }) => ({ count: count + 1, takeOver: true }));
    };
    return { card: attempt.card, takeOver };
  }, [attempt]);

  if (connection !== null)
    return (
      <ConnectionContext value={connection}>
        <Frame status={<ConnectionStatus />} hasNavigation>
          <ConnectionNotices />
          {children}
        </Frame>
      </ConnectionContext>
    );
  return (
    <Frame>
      {attempt.kind === 'failed' ? (
        <>
          <ErrorNotice error={attempt.error} />
          <Button
            onClick={() => {
              setAttempt({ kind: 'connecting', lastError: null });
              setRound(({ count, takeOver }) => ({ count: count + 1, takeOver }));
            }}
          >
            {text.connection.retry}
          </Button>
        </>
      ) : (
        <>
          <Waiting label={text.connection.connecting} />
          {attempt.kind === 'connecting' && attempt.lastError !== null ? (
            <Notice tone="warn">{text.connection.waiting}</Notice>
          ) : null}
        </>
      )}
    </Frame>
  );
}
