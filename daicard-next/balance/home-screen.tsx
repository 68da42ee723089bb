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

/** What one most likely came for is first: whoever has nothing yet wants to get some. */
function actionsFor(isEmpty: boolean) {
  const send = { href: '/transfer', label: text.balance.send };
  const receive = { href: '/receive', label: text.balance.receive };
  const deposit = { href: '/deposit', label: text.balance.deposit };
  const link = { href: '/link', label: text.balance.link };
  const withdraw = { href: '/withdraw', label: text.balance.withdraw };
  const [main, rest] = isEmpty
    ? [
        [deposit, receive],
        [send, link, withdraw],
      ]
    : [
        [send, receive],
        [link, deposit, withdraw],
      ];
  return [
    ...main.map((action) => ({ ...action, look: 'primary' as const })),
    ...rest.map((action) => ({ ...action, look: 'quiet' as const })),
  ];
}

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
        {actionsFor(isEmpty).map(({ href, label, look }) => (
          <ButtonLink key={href} href={href} look={look}>
            {label}
          </ButtonLink>
        ))}
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
