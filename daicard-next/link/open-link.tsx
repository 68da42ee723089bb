// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import type { Hash } from '../../lib/protocol/types.ts';
import { useCard, useCardView } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { useTransfer } from '../transfer/use-transfer.ts';
import { Button, Buttons } from '../ui/button.tsx';
import { Copyable } from '../ui/copyable.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { Waiting } from '../ui/waiting.tsx';

const when = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A link nobody has used yet, to be handed on or taken back; or what became of it. */
export function OpenLink({ transferId }: { readonly transferId: Hash }) {
  const { client } = useCard();
  useCardView();
  const transfer = useTransfer(transferId);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  if (transfer?.status === 'resolved') return <Notice tone="good" title={text.link.used} />;
  if (transfer?.status === 'cancelled') return <Notice tone="good" title={text.link.takenBack} />;
  const link = client.linkOf(transferId, window.location.origin);
  if (link === null || transfer === null) return <Waiting label={text.payment.sending} />;

  const takeBack = () => {
    setBusy(true);
    setError(null);
    client
      .cancel(transferId)
      .catch(setError)
      .finally(() => setBusy(false));
  };
  return (
    <>
      <QrCode value={link} label={text.link.qr} />
      <Copyable label={text.link.ready} value={link} look="primary" />
      <Notice tone="warn">
        <p>{text.link.warning}</p>
      </Notice>
      <p>{text.link.expires(when.format(transfer.expiresAt * 1000))}</p>
      {error === null ? null : <ErrorNotice error={error} />}
      <Buttons>
        {typeof navigator.share === 'function' ? (
          <Button look="quiet" onClick={() => void navigator.share({ url: link }).catch(() => {})}>
            {text.app.share}
          </Button>
        ) : null}
        <Button look="danger" isBusy={isBusy} onClick={takeBack}>
          {text.link.takeBack}
        </Button>
      </Buttons>
    </>
  );
}
