// SPDX-License-Identifier: MIT
import { useId, type InputHTMLAttributes, type ReactNode } from 'react';
import styles from './text-field.module.css';

interface TextFieldProps extends Omit<
  InputHTMLAttributes<HTMLInputElement>,
  'className' | 'onChange' | 'value' | 'id'
> {
  readonly label: string;
  readonly value: string;
  readonly onValue: (value: string) => void;
  readonly hint?: ReactNode;
  /** What is wrong with the value, once it is time to say so. */
  readonly problem?: string | null | undefined;
  /** More than one line. */
  readonly rows?: number;
  /** Shown beside the label. */
  readonly aside?: ReactNode;
}

export function TextField({ label, value, onValue, hint, problem, rows, aside, ...rest }: TextFieldProps) {
  const id = useId();
  const isWrong = problem !== undefined && problem !== null;
  const notes = [hint === undefined ? '' : `${id}-hint`, isWrong ? `${id}-problem` : ''].join(' ').trim();
  const common = {
    id,
    value,
    className: styles['input'],
    'aria-invalid': isWrong,
    ...(notes === '' ? {} : { 'aria-describedby': notes }),
    onChange: (event: { readonly target: { readonly value: string } }) => onValue(event.target.value),
  };
  const { required, placeholder, autoFocus, spellCheck, autoCapitalize, autoComplete } = rest;
  return (
    <div className={styles['field']}>
      <div className={styles['head']}>
        <label htmlFor={id}>{label}</label>
        {aside}
      </div>
      {rows === undefined ? (
        <input {...rest} {...common} />
      ) : (
        <textarea
          rows={rows}
          {...{ required, placeholder, autoFocus, spellCheck, autoCapitalize, autoComplete }}
          {...common}
        />
      )}
      {hint === undefined ? null : (
        <p id={`${id}-hint`} className={styles['hint']}>
          {hint}
        </p>
      )}
      {isWrong ? (
        <p id={`${id}-problem`} className={styles['problem']} role="alert">
          {problem}
        </p>
      ) : null}
    </div>
  );
}
