// SPDX-License-Identifier: MIT
'use client';
import Link from 'next/link';
import { usePathname } from 'next/navigation';
import type { ReactNode } from 'react';
import { text } from '../strings/en.ts';
import styles from './frame.module.css';

const PLACES = [
  { href: '/', label: text.nav.home },
  { href: '/history', label: text.nav.history },
  { href: '/settings', label: text.nav.settings },
] as const;

interface FrameProps {
  /** Beside the name: how the connection is, and the way out. */
  readonly status?: ReactNode;
  readonly hasNavigation?: boolean;
  readonly children: ReactNode;
}

export function Frame({ status, hasNavigation = false, children }: FrameProps) {
  const here = usePathname();
  return (
    <div className={styles['frame']}>
      <header className={styles['header']}>
        <span className={styles['brand']}>
          <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
            <rect
              x="3"
              y="7"
              width="26"
              height="18"
              rx="4"
              fill="none"
              stroke="currentColor"
              strokeWidth="2.6"
            />
            <path d="M3 13h26" stroke="currentColor" strokeWidth="2.6" />
          </svg>
          {text.app.name}
        </span>
        {status}
      </header>
      <div className={styles['content']}>{children}</div>
      {hasNavigation ? (
        <nav className={styles['nav']} aria-label={text.app.menu}>
          {PLACES.map(({ href, label }) => (
            <Link key={href} href={href} aria-current={here === href ? 'page' : undefined}>
              {label}
            </Link>
          ))}
        </nav>
      ) : null}
    </div>
  );
}
