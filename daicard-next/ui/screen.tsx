// SPDX-License-Identifier: MIT
'use client';
import Link from 'next/link';
import { useEffect, useRef, type ReactNode } from 'react';
import { text } from '../strings/en.ts';
import styles from './screen.module.css';

interface ScreenProps {
  readonly title: string;
  readonly lead?: ReactNode;
  /** Whether a way back to the start is offered. */
  readonly hasBack?: boolean;
  readonly children: ReactNode;
}

/** One page. Its heading takes the focus, so that a screen reader says where one is. */
export function Screen({ title, lead, hasBack = true, children }: ScreenProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · ${text.app.name}`;
    heading.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [title]);
  return (
    <main className={styles['screen']}>
      <header className={styles['head']}>
        {hasBack ? (
          <Link href="/" className={styles['back']}>
            <span aria-hidden="true">←</span> {text.app.back}
          </Link>
        ) : null}
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {lead === undefined ? null : <p className={styles['lead']}>{lead}</p>}
      </header>
      {children}
    </main>
  );
}

export const Panel = ({ title, children }: { readonly title?: string; readonly children: ReactNode }) => (
  <section className={styles['panel']} aria-label={title}>
    {title === undefined ? null : <h2>{title}</h2>}
    {children}
  </section>
);

/** A form whose answer is handled in the page; it is never sent anywhere. */
export const Form = ({
  onSubmit,
  children,
}: {
  readonly onSubmit: () => void;
  readonly children: ReactNode;
}) => (
  <form
    className={styles['form']}
    noValidate
    onSubmit={(event) => {
      event.preventDefault();
      onSubmit();
    }}
  >
    {children}
  </form>
);
