// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useId, useState } from 'react';
import { text } from '../strings/en.ts';
import { Button } from './button.tsx';
import styles from './copyable.module.css';

interface CopyableProps {
  readonly label: string;
  readonly value: string;
  readonly look?: 'primary' | 'quiet';
}

/** Milliseconds "Copied" is shown. */
const SHOWN_MS = 2_500;

export function Copyable({ label, value, look = 'quiet' }: CopyableProps) {
  const id = useId();
  const [state, setState] = useState<'idle' | 'copied' | 'refused'>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => setState('copied'),
      () => setState('refused'),
    );
  return (
    <div className={styles['copyable']}>
      <span id={id} className={styles['label']}>
        {label}
      </span>
      <output className={styles['value']} aria-labelledby={id}>
        {value}
      </output>
      <Button look={look} onClick={() => void copy()}>
        {state === 'copied' ? text.app.copied : text.app.copy}
      </Button>
      <span className={styles['said']} role="status">
        {state === 'copied' ? text.app.copied : state === 'refused' ? text.app.copyRefused : ''}
      </span>
    </div>
  );
}
