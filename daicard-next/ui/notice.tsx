// SPDX-License-Identifier: MIT
import type { ReactNode } from 'react';
import styles from './notice.module.css';

interface NoticeProps {
  readonly tone?: 'info' | 'good' | 'warn' | 'bad';
  readonly title?: string | undefined;
  readonly children?: ReactNode;
}

/** Bad news interrupts a screen reader, everything else waits its turn. */
export const Notice = ({ tone = 'info', title, children }: NoticeProps) => (
  <div className={`${styles['notice']} ${styles[tone]}`} role={tone === 'bad' ? 'alert' : 'status'}>
    {title === undefined ? null : <p className={styles['title']}>{title}</p>}
    {children}
  </div>
);
