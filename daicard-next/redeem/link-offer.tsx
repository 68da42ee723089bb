// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useState } from 'react';
import type { TransferEntry } from '../../lib/client/history.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import type { Link } from '../../lib/protocol/link.ts';
import { useCard } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { Button, ButtonLink, Buttons } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { forgetLink } from './opened-link.ts';

type Step =
  | { readonly kind: 'looking' }
  | { readonly kind: 'offered'; readonly transfer: TransferEntry }
  | { readonly kind: 'receiving'; readonly transfer: TransferEntry }
  | { readonly kind: 'received'; readonly transfer: TransferEntry }
  | { readonly kind: 'stopped'; readonly transfer: TransferEntry | null; readonly error: unknown };

interface LinkOfferProps {
  readonly link: Link;
  readonly fragment: string;
  readonly onForget: () => void;
}

/** What a link brings, and the question whether to receive it. Nothing is claimed before the answer. */
export function LinkOffer({ link, fragment, onForget }: LinkOfferProps) {
  const { client, hubUrl } = useCard();
  const [step, setStep] = useState<Step>({ kind: 'looking' });
  const isHere = new URL(link.hubUrl).origin === new URL(hubUrl).origin && link.chainId === client.chainId;
  const [looks, setLooks] = useState(0);

  useEffect(() => {
    if (!isHere) return;
    const leaving = new AbortController();
    client.linkStatus(`#${fragment}`, { signal: leaving.signal }).then(
      (transfer) => {
        const next = offerOf(transfer);
        if (next.kind !== 'offered') forgetLink();
        setStep(next);
      },
      (error: unknown) => leaving.signal.aborted || setStep({ kind: 'stopped', transfer: null, error }),
    );
    return () => leaving.abort();
  }, [client, fragment, isHere, looks]);

  const receive = (transfer: TransferEntry) => {
    setStep({ kind: 'receiving', transfer });
    client.redeem(`#${fragment}`).then(
      () => {
        forgetLink();
        setStep({ kind: 'received', transfer });
      },
      (error: unknown) => setStep({ kind: 'stopped', transfer, error }),
    );
  };

  if (!isHere)
    return (
      <Screen title={text.redeem.title}>
        <Notice tone="bad">{text.redeem.otherHub(link.hubUrl)}</Notice>
      </Screen>
    );
  switch (step.kind) {
    case 'looking':
      return (
        <Screen title={text.redeem.title}>
          <Waiting label={text.redeem.looking} />
        </Screen>
      );
    case 'offered':
      return (
        <Screen title={text.redeem.title}>
          <Panel>
            <Offer transfer={step.transfer} />
            {step.transfer.direction === 'sent' ? (
              <Notice>{text.redeem.own}</Notice>
            ) : (
              <p>{text.redeem.keep}</p>
            )}
            <Buttons>
              <Button look="quiet" onClick={onForget}>
                {text.redeem.forget}
              </Button>
              {step.transfer.direction === 'sent' ? null : (
                <Button onClick={() => receive(step.transfer)}>{text.redeem.confirm}</Button>
              )}
            </Buttons>
          </Panel>
        </Screen>
      );
    case 'receiving':
      return (
        <Screen title={text.redeem.title}>
          <Panel>
            <Offer transfer={step.transfer} />
            <Waiting label={text.redeem.working} />
            <p>{text.redeem.workingLead}</p>
          </Panel>
        </Screen>
      );
    case 'received':
      return (
        <Screen title={text.redeem.title}>
          <Panel>
            <Offer transfer={step.transfer} />
            <Notice tone="good" title={text.redeem.done} />
          </Panel>
          <ButtonLink href="/">{text.app.done}</ButtonLink>
        </Screen>
      );
    case 'stopped': {
      const { error, transfer } = step;
      const mayRetry = !(error instanceof IndraError) || error.retryable;
      const again = () => {
        if (transfer !== null) return receive(transfer);
        setStep({ kind: 'looking' });
        setLooks(looks + 1);
      };
      return (
        <Screen title={text.redeem.title}>
          <ErrorNotice error={error} />
          <Buttons>
            {mayRetry ? <Button onClick={again}>{text.app.again}</Button> : null}
            <ButtonLink href="/" look="quiet">
              {text.app.toHome}
            </ButtonLink>
          </Buttons>
        </Screen>
      );
    }
  }
}

/** What can be received is offered; for the rest, why not. */
function offerOf(transfer: TransferEntry): Step {
  const stopped = (code: 'transfer_resolved' | 'transfer_cancelled' | 'transfer_expired'): Step => ({
    kind: 'stopped',
    transfer: null,
    error: IndraError.from(code),
  });
  if (transfer.status === 'resolved')
    return transfer.direction === 'received' ? { kind: 'received', transfer } : stopped('transfer_resolved');
  if (transfer.status === 'cancelled') return stopped('transfer_cancelled');
  return transfer.expiresAt * 1000 < Date.now() ? stopped('transfer_expired') : { kind: 'offered', transfer };
}

function Offer({ transfer }: { readonly transfer: TransferEntry }) {
  const card = useCard();
  const { amount, asset, from, payer, note } = transfer;
  return (
    <>
      <p>{text.redeem.lead}</p>
      <Amount amount={amount} asset={card.asset(asset)} isLarge />
      <Facts
        facts={[
          { label: text.redeem.from, value: from ?? payer, isCode: true },
          ...(note === null ? [] : [{ label: text.redeem.note, value: note }]),
        ]}
      />
    </>
  );
}
