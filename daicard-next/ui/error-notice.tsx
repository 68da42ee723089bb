// SPDX-License-Identifier: MIT
import { text } from '../strings/en.ts';
import { explainError, type Explanation } from '../strings/explain-error.ts';
import styles from './error-notice.module.css';
import { Notice } from './notice.tsx';

interface ErrorNoticeProps {
  /** What was thrown, or its explanation. */
  readonly error?: unknown;
  readonly explanation?: Explanation;
}

/** What happened, what became of the money, what to do, and the code for whoever is asked for help. */
export function ErrorNotice({ error, explanation = explainError(error) }: ErrorNoticeProps) {
  const { happened, state, next, code } = explanation;
  return (
    <Notice tone="bad" title={happened}>
      <p>{state}</p>
      <p>{next}</p>
      <p className={styles['code']}>{text.app.errorCode(code)}</p>
    </Notice>
  );
}
