// SPDX-License-Identifier: MIT
'use client';
import { useCard } from '../connection/connection-context.ts';
import type { PaymentEntry } from '../history/journal-entry.ts';
import { explainCode } from '../strings/explain-error.ts';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { Waiting } from '../ui/waiting.tsx';
import { useTransfer } from './use-transfer.ts';

const useIsPaid = (entry: PaymentEntry): boolean =>
  useTransfer(entry.status === 'sent' ? entry.transferId : null)?.status === 'resolved';

/** How far a payment is, in words that never call a silence a failure. */
export function PaymentProgress({ entry }: { readonly entry: PaymentEntry }) {
  const { outbox } = useCard();
  const isPaid = useIsPaid(entry);
  const retry = outbox.isRunning(entry.id) ? null : (
    <Button look="quiet" onClick={() => outbox.retry(entry.id)}>
      {text.payment.retry}
    </Button>
  );
  switch (entry.status) {
    case 'sending':
      return (
        <>
          <Waiting label={text.payment.sending} />
          <p>{text.payment.sendingLead}</p>
        </>
      );
    case 'unknown':
      return (
        <>
          <Notice tone="warn" title={text.payment.unknown}>
            <p>{text.payment.unknownLead}</p>
          </Notice>
          {retry}
        </>
      );
    case 'refused':
      return (
        <>
          <h2>{text.payment.refused}</h2>
          {entry.code === null ? null : <ErrorNotice explanation={explainCode(entry.code)} />}
          {retry}
        </>
      );
    case 'sent':
      return (
        <Notice tone="good" title={isPaid ? text.payment.paid : text.payment.sent}>
          <p>{isPaid ? text.payment.paidLead : text.payment.sentLead}</p>
        </Notice>
      );
  }
}
