// SPDX-License-Identifier: MIT
'use client';
import { useId, useState } from 'react';
import type { Hash } from '../../lib/protocol/types.ts';
import { AmountField, useReadAmount, useTypedAmount } from '../amounts/amount-field.tsx';
import { useCard, useJournal } from '../connection/connection-context.ts';
import { selectedId } from '../history/selected.ts';
import { text } from '../strings/en.ts';
import { PaymentProgress } from '../transfer/payment-progress.tsx';
import { Amount } from '../ui/amount.tsx';
import { Button, ButtonLink, Buttons } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import styles from './link-screen.module.css';
import { OpenLink } from './open-link.tsx';

const HOUR = 3_600;
const LIFETIMES = [HOUR, 24 * HOUR, 7 * 24 * HOUR];

const lifetime = (seconds: number): string =>
  seconds < 24 * HOUR ? text.link.hours(seconds / HOUR) : text.link.days(seconds / (24 * HOUR));

export function LinkScreen() {
  const [selected, setSelected] = useState<Hash | null>(selectedId);
  return selected === null ? (
    <Compose onMade={setSelected} />
  ) : (
    <Made selected={selected} onAnother={() => setSelected(null)} />
  );
}

function Compose({ onMade }: { readonly onMade: (paymentId: Hash) => void }) {
  const id = useId();
  const card = useCard();
  const longest = card.longestOffer;
  const lifetimes = LIFETIMES.filter((seconds) => seconds <= longest);
  const [typed, setTyped] = useTypedAmount();
  const [note, setNote] = useState('');
  const [expiresIn, setExpiresIn] = useState(
    lifetimes.find((seconds) => seconds === 24 * HOUR) ?? lifetimes.at(-1) ?? longest,
  );
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { amount, problem } = useReadAmount(typed, true);
  const create = () => {
    setTried(true);
    if (amount === null || isBusy) return;
    setBusy(true);
    card.outbox
      .pay({ to: null, asset: typed.asset, amount, note: note.trim() === '' ? null : note.trim(), expiresIn })
      .then(onMade, (cause: unknown) => {
        setError(cause);
        setBusy(false);
      });
  };
  return (
    <Screen title={text.link.title} lead={text.link.lead}>
      <Panel>
        <Form onSubmit={create}>
          <AmountField value={typed} onValue={setTyped} problem={isTried ? problem : null} />
          <TextField
            label={text.transfer.note}
            value={note}
            onValue={setNote}
            hint={text.transfer.noteHint}
            maxLength={512}
          />
          {lifetimes.length === 0 ? null : (
            <div className={styles['choice']}>
              <label htmlFor={id}>{text.link.valid}</label>
              <select
                id={id}
                value={expiresIn}
                onChange={(event) => setExpiresIn(Number(event.target.value))}
              >
                {lifetimes.map((seconds) => (
                  <option key={seconds} value={seconds}>
                    {lifetime(seconds)}
                  </option>
                ))}
              </select>
            </div>
          )}
          {error === null ? null : <ErrorNotice error={error} />}
          <Button type="submit" isBusy={isBusy}>
            {text.link.create}
          </Button>
        </Form>
      </Panel>
    </Screen>
  );
}

/** `selected` is the payment's id, or the transfer's where the history pointed here. */
function Made({ selected, onAnother }: { readonly selected: Hash; readonly onAnother: () => void }) {
  const card = useCard();
  const found = useJournal().find(
    (entry) => entry.kind === 'payment' && (entry.id === selected || entry.transferId === selected),
  );
  const entry = found?.kind === 'payment' ? found : null;
  const isSent = entry === null || entry.status === 'sent';
  return (
    <Screen title={text.link.title}>
      <Panel>
        {entry === null ? null : <Amount amount={entry.amount} asset={card.asset(entry.asset)} isLarge />}
        {isSent ? <OpenLink transferId={entry?.transferId ?? selected} /> : <PaymentProgress entry={entry} />}
      </Panel>
      <Buttons>
        <Button look="quiet" onClick={onAnother}>
          {text.link.another}
        </Button>
        <ButtonLink href="/">{text.app.done}</ButtonLink>
      </Buttons>
    </Screen>
  );
}
