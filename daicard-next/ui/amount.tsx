// SPDX-License-Identifier: MIT
import type { HubAsset } from '../../lib/client/hub-description.ts';
import { amountParts } from '../amounts/format-amount.ts';
import styles from './amount.module.css';

interface AmountProps {
  readonly amount: bigint;
  readonly asset: Pick<HubAsset, 'symbol' | 'decimals'>;
  readonly isLarge?: boolean;
  /** `+` or `−` before it, where it matters which way the money went. */
  readonly sign?: '+' | '−' | '';
}

/** Every digit is there; those nobody reads at a glance are faint. */
export function Amount({ amount, asset, isLarge = false, sign = '' }: AmountProps) {
  const { head, tail } = amountParts(amount, asset.decimals);
  return (
    <span className={isLarge ? `${styles['amount']} ${styles['large']}` : styles['amount']}>
      {sign}
      {head}
      {tail === '' ? null : <span className={styles['tail']}>{tail}</span>}{' '}
      <span className={styles['symbol']}>{asset.symbol}</span>
    </span>
  );
}
