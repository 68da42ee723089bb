// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import type { Hash } from '../../lib/protocol/types.ts';
import { AmountField, useReadAmount, useTypedAmount } from '../amounts/amount-field.tsx';
import { useCard, useJournal } from '../connection/connection-context.ts';
import { selectedId } from '../history/selected.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { Button, ButtonLink, Buttons } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Facts } from '../ui/facts.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import type { PaymentDraft } from './outbox.ts';
import { payeeOf, payeeProblem } from './payee-problem.ts';
import { PaymentProgress } from './payment-progress.tsx';

const NOTE_MAX = 512;

export function TransferScreen() {
  const [paymentId, setPaymentId] = useState<Hash | null>(selectedId);
  return paymentId === null ? (
    <Compose onSent={setPaymentId} />
  ) : (
    <Followed paymentId={paymentId} onAnother={() => setPaymentId(null)} />
  );
}

function Compose({ onSent }: { readonly onSent: (paymentId: Hash) => void }) {
  const card = useCard();
  const [to, setTo] = useState('');
  const [typed, setTyped] = useTypedAmount();
  const [note, setNote] = useState('');
  const [isTried, setTried] = useState(false);
  const [draft, setDraft] = useState<PaymentDraft | null>(null);
  const { amount, problem } = useReadAmount(typed, true);
  const toProblem = payeeProblem(to, card.client.identifier, card.hubUrl);
  const noteProblem = note.length > NOTE_MAX ? text.transfer.noteLong : null;

  if (draft !== null) return <Review draft={draft} onChange={() => setDraft(null)} onSent={onSent} />;

  const review = () => {
    setTried(true);
    if (amount === null || toProblem !== null || noteProblem !== null) return;
    setDraft({
      to: payeeOf(to),
      asset: typed.asset,
      amount,
      note: note.trim() === '' ? null : note.trim(),
      expiresIn: null,
    });
  };
  return (
    <Screen title={text.transfer.title} lead={text.transfer.lead}>
      <Panel>
        <Form onSubmit={review}>
          <TextField
            label={text.transfer.to}
            value={to}
            onValue={setTo}
            hint={text.transfer.toHint}
            problem={isTried ? toProblem : null}
            rows={2}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
          <AmountField value={typed} onValue={setTyped} problem={isTried ? problem : null} />
          <TextField
            label={text.transfer.note}
            value={note}
            onValue={setNote}
            hint={text.transfer.noteHint}
            problem={noteProblem}
          />
          <Button type="submit">{text.app.continue}</Button>
        </Form>
      </Panel>
    </Screen>
  );
}

interface ReviewProps {
  readonly draft: PaymentDraft;
  readonly onChange: () => void;
  readonly onSent: (paymentId: Hash) => void;
}

function Review({ draft, onChange, onSent }: ReviewProps) {
  const card = useCard();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { to, asset, amount, note } = draft;
  const send = () => {
    setBusy(true);
    card.outbox.pay(draft).then(onSent, (cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <Screen title={text.transfer.review}>
      <Panel>
        <Amount amount={amount} asset={card.asset(asset)} isLarge />
        <Facts
          facts={[
            { label: text.transfer.to, value: to, isCode: true },
            ...(note === null ? [] : [{ label: text.redeem.note, value: note }]),
          ]}
        />
        {error === null ? null : <ErrorNotice error={error} />}
        <Buttons>
          <Button look="quiet" onClick={onChange}>
            {text.app.change}
          </Button>
          <Button isBusy={isBusy} onClick={send}>
            {text.transfer.send}
          </Button>
        </Buttons>
      </Panel>
    </Screen>
  );
}

function Followed({ paymentId, onAnother }: { readonly paymentId: Hash; readonly onAnother: () => void }) {
  const card = useCard();
  const entry = useJournal().find((other) => other.id === paymentId);
  return (
    <Screen title={text.transfer.title}>
      {entry?.kind !== 'payment' ? null : (
        <Panel>
          <Amount amount={entry.amount} asset={card.asset(entry.asset)} isLarge />
          <Facts facts={[{ label: text.transfer.to, value: entry.to, isCode: true }]} />
          <PaymentProgress entry={entry} />
        </Panel>
      )}
      <Buttons>
        <Button look="quiet" onClick={onAnother}>
          {text.transfer.another}
        </Button>
        <ButtonLink href="/">{text.app.done}</ButtonLink>
      </Buttons>
    </Screen>
  );
}
