// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useState } from 'react';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { useWallet } from '../wallet/wallet-context.tsx';
import { useCardView, useTakeOver } from './connection-context.ts';
import styles from './connection-status.module.css';

/** Milliseconds other tabs have to give way. */
const TABS_ANSWER_MS = 2_000;

export function ConnectionStatus() {
  const { isOnline, isReadOnly } = useCardView();
  const wallet = useWallet();
  const [tone, label] = !isOnline
    ? (['off', text.connection.offline] as const)
    : isReadOnly
      ? (['read', text.connection.readOnly] as const)
      : (['on', text.connection.online] as const);
  return (
    <div className={styles['status']}>
      <span role="status" className={`${styles['state']} ${styles[tone]}`}>
        {label}
      </span>
      <button type="button" className={styles['lock']} onClick={wallet.lock}>
        {text.nav.lock}
      </button>
    </div>
  );
}

/** The browser refused a request because of the page's policy: the chain's node was not known when the page was made. */
function useIsBlocked(): boolean {
  const [isBlocked, setBlocked] = useState(false);
  useEffect(() => {
    const note = (event: SecurityPolicyViolationEvent) =>
      event.effectiveDirective === 'connect-src' && setBlocked(true);
    document.addEventListener('securitypolicyviolation', note);
    return () => document.removeEventListener('securitypolicyviolation', note);
  }, []);
  return isBlocked;
}

export function ConnectionNotices() {
  const { isOnline, isReadOnly, isUnproven, readOnlyBecause } = useCardView();
  const wallet = useWallet();
  const takeOver = useTakeOver();
  const isBlocked = useIsBlocked();
  const [hasAsked, setAsked] = useState(false);
  useEffect(() => {
    if (!isReadOnly) setAsked(false);
  }, [isReadOnly]);
  const useHere = () => {
    wallet.useHere();
    setTimeout(() => setAsked(true), TABS_ANSWER_MS);
  };
  // Other tabs give way when asked; where that changes nothing, it is another device.
  const isOtherDevice = readOnlyBecause !== null || hasAsked;
  return (
    <>
      {isBlocked ? <Notice tone="warn">{text.connection.blocked}</Notice> : null}
      {isOnline ? null : <Notice tone="warn">{text.connection.offlineNotice}</Notice>}
      {isUnproven ? <Notice>{text.connection.restored}</Notice> : null}
      {!isReadOnly ? null : !isOtherDevice ? (
        <Notice tone="warn">
          <p>{text.connection.otherTab}</p>
          <Button look="quiet" onClick={useHere}>
            {text.connection.useHere}
          </Button>
        </Notice>
      ) : (
        <Notice tone="warn">
          <p>{text.connection.otherDevice}</p>
          <Button look="quiet" onClick={takeOver}>
            {text.connection.takeOver}
          </Button>
        </Notice>
      )}
    </>
  );
}
