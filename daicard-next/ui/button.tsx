// SPDX-License-Identifier: MIT
import Link from 'next/link';
import type { ButtonHTMLAttributes, ReactNode } from 'react';
import styles from './button.module.css';

type Look = 'primary' | 'quiet' | 'danger';

interface ButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'className'> {
  readonly look?: Look;
  /** Waits for what was asked: pressing again does nothing. */
  readonly isBusy?: boolean;
}

const classOf = (look: Look): string => `${styles['button']} ${styles[look]}`;

export const Button = ({
  look = 'primary',
  isBusy = false,
  type = 'button',
  onClick,
  ...rest
}: ButtonProps) => (
  <button
    {...rest}
    type={type}
    className={classOf(look)}
    aria-busy={isBusy}
    aria-disabled={isBusy || undefined}
    onClick={isBusy ? (event) => event.preventDefault() : onClick}
  />
);

export const ButtonLink = ({
  href,
  look = 'primary',
  children,
}: {
  readonly href: string;
  readonly look?: Look;
  readonly children: ReactNode;
}) => (
  <Link href={href} className={classOf(look)}>
    {children}
  </Link>
);

export const Buttons = ({ children }: { readonly children: ReactNode }) => (
  <div className={styles['row']}>{children}</div>
);
