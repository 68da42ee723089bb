// SPDX-License-Identifier: MIT
import styles from './waiting.module.css';

/** Something goes on; `label` says what. */
export const Waiting = ({ label }: { readonly label: string }) => (
  <div className={styles['waiting']} role="status">
    <span className={styles['dots']} aria-hidden="true">
      <span />
      <span />
      <span />
    </span>
    <span>{label}</span>
  </div>
);
