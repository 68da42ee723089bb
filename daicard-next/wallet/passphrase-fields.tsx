// SPDX-License-Identifier: MIT
'use client';
import { text } from '../strings/en.ts';
import { TextField } from '../ui/text-field.tsx';

const SHORTEST = 10;

export interface NewPassphrase {
  readonly first: string;
  readonly second: string;
}

export const NO_PASSPHRASE: NewPassphrase = { first: '', second: '' };

export const passphraseProblems = ({ first, second }: NewPassphrase) => ({
  first: first.length < SHORTEST ? text.wallet.passphraseShort : null,
  second: first !== second ? text.wallet.passphraseDiffers : null,
});

export const isGoodPassphrase = (passphrase: NewPassphrase): boolean =>
  Object.values(passphraseProblems(passphrase)).every((problem) => problem === null);

interface PassphraseFieldsProps {
  readonly value: NewPassphrase;
  readonly onValue: (value: NewPassphrase) => void;
  /** Problems are told once the form was tried. */
  readonly isTried: boolean;
}

export function PassphraseFields({ value, onValue, isTried }: PassphraseFieldsProps) {
  const problems = passphraseProblems(value);
  return (
    <>
      <TextField
        label={text.wallet.newPassphrase}
        type="password"
        autoComplete="new-password"
        value={value.first}
        onValue={(first) => onValue({ ...value, first })}
        hint={text.wallet.passphraseHint}
        problem={isTried ? problems.first : null}
      />
      <TextField
        label={text.wallet.passphraseAgain}
        type="password"
        autoComplete="new-password"
        value={value.second}
        onValue={(second) => onValue({ ...value, second })}
        problem={isTried && problems.first === null ? problems.second : null}
      />
    </>
  );
}
