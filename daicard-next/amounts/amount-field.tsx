// SPDX-License-Identifier: MIT
'use client';
import { useId, useState } from 'react';
import type { HubAsset } from '../../lib/client/hub-description.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { useCard, useCardView } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { TextField } from '../ui/text-field.tsx';
import styles from './amount-field.module.css';
import { formatAmount } from './format-amount.ts';
import { parseAmount } from './parse-amount.ts';

export interface TypedAmount {
  readonly asset: Address;
  readonly typed: string;
}

export interface ReadAmount {
  readonly asset: HubAsset;
  /** Null while what is typed cannot be paid. */
  readonly amount: bigint | null;
  readonly problem: string | null;
}

/** An empty field in the first asset one has something of. */
export function useTypedAmount() {
  const { client } = useCard();
  const { balances } = useCardView();
  const first = balances.find(({ available }) => available > 0n)?.asset ?? client.assets[0]?.address ?? ETHER;
  return useState<TypedAmount>({ asset: first, typed: '' });
}

/** What is typed, against what there is. `hasLimits`: the hub's smallest and largest payment count. */
export function useReadAmount({ asset: address, typed }: TypedAmount, hasLimits: boolean): ReadAmount {
  const card = useCard();
  const { balances } = useCardView();
  const asset = card.asset(address);
  const { symbol, decimals, transfer } = asset;
  const parsed = parseAmount(typed, decimals);
  const wrong = (problem: string): ReadAmount => ({ asset, amount: null, problem });
  if (!parsed.ok)
    return wrong(
      parsed.error === 'too_precise' ? text.amount.too_precise(decimals) : text.amount[parsed.error],
    );
  const available = balances.find((balance) => balance.asset === address)?.available ?? 0n;
  const written = (amount: bigint): string => `${formatAmount(amount, decimals)} ${symbol}`;
  if (parsed.value > available) return wrong(text.amount.tooMuch);
  if (hasLimits && parsed.value < transfer.min) return wrong(text.amount.tooSmall(written(transfer.min)));
  if (hasLimits && parsed.value > transfer.max) return wrong(text.amount.tooLarge(written(transfer.max)));
  return { asset, amount: parsed.value, problem: null };
}

interface AmountFieldProps {
  readonly value: TypedAmount;
  readonly onValue: (value: TypedAmount) => void;
  readonly problem: string | null;
}

export function AmountField({ value, onValue, problem }: AmountFieldProps) {
  const id = useId();
  const card = useCard();
  const { balances } = useCardView();
  const { symbol, decimals } = card.asset(value.asset);
  const available = balances.find((balance) => balance.asset === value.asset)?.available ?? 0n;
  const useAll = (
    <button
      type="button"
      className={styles['all']}
      onClick={() => onValue({ ...value, typed: formatAmount(available, decimals) })}
    >
      {text.app.all}
    </button>
  );
  return (
    <div className={styles['row']}>
      <TextField
        label={text.amount.label}
        inputMode="decimal"
        autoComplete="off"
        placeholder="0.00"
        value={value.typed}
        onValue={(typed) => onValue({ ...value, typed })}
        hint={text.amount.available(`${formatAmount(available, decimals)} ${symbol}`)}
        problem={problem}
        aside={available > 0n ? useAll : null}
      />
      <div className={styles['asset']}>
        <label htmlFor={id}>{text.amount.asset}</label>
        <select
          id={id}
          value={value.asset}
          onChange={(event) => onValue({ ...value, asset: event.target.value as Address })}
        >
          {card.client.assets.map((asset) => (
            <option key={asset.address} value={asset.address}>
              {asset.symbol}
            </option>
          ))}
        </select>
      </div>
    </div>
  );
}
