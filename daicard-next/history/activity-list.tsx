// SPDX-License-Identifier: MIT
'use client';
import Link from 'next/link';
import { useCard } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import type { Activity, ActivityState } from './activity.ts';
import styles from './activity-list.module.css';

/** Beginning and end of an id, enough to recognize it by. */
const short = (id: string): string => (id.length > 20 ? `${id.slice(0, 10)}…${id.slice(-6)}` : id);

function titleOf({ kind, counterparty }: Activity): string {
  switch (kind) {
    case 'sent':
      return counterparty === null ? text.history.sentSomewhere : text.history.sentTo(short(counterparty));
    case 'link':
      return text.history.sentLink;
    case 'received':
      return text.history.receivedFrom(short(counterparty ?? ''));
    case 'deposit':
      return text.history.deposit;
    case 'withdrawal':
      return text.history.withdrawal(short(counterparty ?? ''));
  }
}

const TONES: Readonly<Partial<Record<ActivityState, string>>> = {
  unknown: 'warn',
  sending: 'open',
  pending: 'open',
  arriving: 'open',
  returning: 'open',
  onItsWay: 'open',
  refused: 'bad',
};

const isComing = ({ kind }: Activity): boolean => kind === 'received' || kind === 'deposit';

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

export function ActivityList({ activities }: { readonly activities: readonly Activity[] }) {
  const card = useCard();
  return (
    <ul className={styles['list']}>
      {activities.map((activity) => (
        <li key={activity.id} data-state={activity.state}>
          <div className={styles['what']}>
            <p>{titleOf(activity)}</p>
            {activity.note === null ? null : <p className={styles['note']}>{activity.note}</p>}
            <p className={styles['when']}>{when.format(activity.at * 1000)}</p>
          </div>
          <div className={styles['how']}>
            <p className={isComing(activity) ? styles['coming'] : undefined}>
              <Amount
                amount={activity.amount}
                asset={card.asset(activity.asset)}
                sign={isComing(activity) ? '+' : '−'}
              />
            </p>
            <p className={`${styles['state']} ${styles[TONES[activity.state] ?? 'over']}`}>
              {text.history.states[activity.state]}
            </p>
            {activity.retry === null ? null : (
              <Link href={`/${activity.kind === 'link' ? 'link' : 'transfer'}#${activity.retry}`}>
                {text.history.details}
              </Link>
            )}
            {activity.openLink === null ? null : (
              <Link href={`/link#${activity.openLink}`}>{text.link.show}</Link>
            )}
          </div>
        </li>
      ))}
    </ul>
  );
}
