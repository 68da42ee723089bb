// SPDX-License-Identifier: MIT
'use client';
import { getAddress } from 'ethers';
import { useState } from 'react';
import type { Address } from '../../lib/protocol/types.ts';
import { AmountField, useReadAmount, useTypedAmount } from '../amounts/amount-field.tsx';
import { useCard, useJournal } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { Button, ButtonLink, Buttons } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import { recipientProblem } from './recipient-problem.ts';
import type { WithdrawalDraft } from './withdrawal-desk.ts';
import { WithdrawalProgress } from './withdrawal-progress.tsx';

export function WithdrawScreen() {
  const [id, setId] = useState<string | null>(null);
  return id === null ? <Compose onAsked={setId} /> : <Followed id={id} onAnother={() => setId(null)} />;
}

function Compose({ onAsked }: { readonly onAsked: (id: string) => void }) {
  const { client } = useCard();
  const [to, setTo] = useState('');
  const [typed, setTyped] = useTypedAmount();
  const [isTried, setTried] = useState(false);
  const [draft, setDraft] = useState<WithdrawalDraft | null>(null);
  const { amount, problem } = useReadAmount(typed, false);
  const toProblem = recipientProblem(to, client.channelAddress);

  if (draft !== null) return <Review draft={draft} onChange={() => setDraft(null)} onAsked={onAsked} />;

  const review = () => {
    setTried(true);
    if (amount === null || toProblem !== null) return;
    setDraft({ asset: typed.asset, amount, recipient: to.trim().toLowerCase() as Address });
  };
  return (
    <Screen title={text.withdraw.title} lead={text.withdraw.lead(text.deposit.chain(client.chainId))}>
      <Panel>
        <Form onSubmit={review}>
          <TextField
            label={text.withdraw.to}
            value={to}
            onValue={setTo}
            placeholder="0x…"
            problem={isTried ? toProblem : null}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
          <AmountField value={typed} onValue={setTyped} problem={isTried ? problem : null} />
          <Button type="submit">{text.app.continue}</Button>
        </Form>
      </Panel>
    </Screen>
  );
}

interface ReviewProps {
  readonly draft: WithdrawalDraft;
  readonly onChange: () => void;
  readonly onAsked: (id: string) => void;
}

function Review({ draft, onChange, onAsked }: ReviewProps) {
  const card = useCard();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const withdraw = () => {
    setBusy(true);
    card.desk.withdraw(draft).then(onAsked, (cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <Screen title={text.withdraw.review}>
      <Panel>
        <Amount amount={draft.amount} asset={card.asset(draft.asset)} isLarge />
        <Facts facts={[{ label: text.withdraw.to, value: getAddress(draft.recipient), isCode: true }]} />
        <Notice tone="warn">
          <p>{text.withdraw.irrevocable}</p>
        </Notice>
        {error === null ? null : <ErrorNotice error={error} />}
        <Buttons>
          <Button look="quiet" onClick={onChange}>
            {text.app.change}
          </Button>
          <Button isBusy={isBusy} onClick={withdraw}>
            {text.withdraw.confirm}
          </Button>
        </Buttons>
      </Panel>
    </Screen>
  );
}

function Followed({ id, onAnother }: { readonly id: string; readonly onAnother: () => void }) {
  const card = useCard();
  const entry = useJournal().find((other) => other.id === id);
  return (
    <Screen title={text.withdraw.title}>
      {entry?.kind !== 'withdrawal' ? null : (
        <Panel>
          <Amount amount={entry.amount} asset={card.asset(entry.asset)} isLarge />
          <Facts
            facts={[
              { label: text.withdraw.to, value: getAddress(entry.recipient), isCode: true },
              ...(entry.transactionHash === null
                ? []
                : [{ label: text.withdraw.transaction, value: entry.transactionHash, isCode: true }]),
            ]}
          />
          <WithdrawalProgress entry={entry} />
        </Panel>
      )}
      <Buttons>
        <Button look="quiet" onClick={onAnother}>
          {text.withdraw.another}
        </Button>
        <ButtonLink href="/">{text.app.done}</ButtonLink>
      </Buttons>
    </Screen>
  );
}
