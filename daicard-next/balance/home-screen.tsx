// SPDX-License-Identifier: MIT
'use client';
import Link from 'next/link';
import { useCard, useCardView } from '../connection/connection-context.ts';
import { ActivityList } from '../history/activity-list.tsx';
import { useActivity } from '../history/use-activity.ts';
import { text } from '../strings/en.ts';
import { ButtonLink } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { useWallet } from '../wallet/wallet-context.tsx';
import { BalancePanel } from './balance-panel.tsx';
import styles from './home-screen.module.css';

/** How much of the history the start shows. */
const RECENT = 4;

export function HomeScreen() {
  const card = useCard();
  const { balances } = useCardView();
  const { state } = useWallet();
  const { activities } = useActivity();
  const isEmpty = balances.every(({ available, locked, incoming }) => available + locked + incoming === 0n);
  const needsBackup = state.stage === 'open' && !state.wallet.isBackedUp && !isEmpty;
  return (
    <Screen title={text.balance.title} hasBack={false}>
      {needsBackup ? (
        <Notice tone="warn">
          <p>{text.wallet.backupReminder}</p>
          <Link href="/settings">{text.wallet.backupNow}</Link>
        </Notice>
      ) : null}
      <BalancePanel balances={balances} assetOf={(address) => card.asset(address)} />
      {isEmpty ? <p className={styles['empty']}>{text.balance.empty}</p> : null}
      <nav className={styles['actions']} aria-label={text.balance.actions}>
        <ButtonLink href="/transfer" look={isEmpty ? 'quiet' : 'primary'}>
          {text.balance.send}
        </ButtonLink>
        <ButtonLink href="/receive" look={isEmpty ? 'quiet' : 'primary'}>
          {text.balance.receive}
        </ButtonLink>
        <ButtonLink href="/link" look="quiet">
          {text.balance.link}
        </ButtonLink>
        <ButtonLink href="/deposit" look={isEmpty ? 'primary' : 'quiet'}>
          {text.balance.deposit}
        </ButtonLink>
        <ButtonLink href="/withdraw" look="quiet">
          {text.balance.withdraw}
        </ButtonLink>
      </nav>
      {activities.length === 0 ? null : (
        <Panel title={text.balance.recent}>
          <ActivityList activities={activities.slice(0, RECENT)} />
          <Link href="/history">{text.balance.allHistory}</Link>
        </Panel>
      )}
    </Screen>
  );
}
