// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import { text } from '../strings/en.ts';
import { Button, Buttons } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { Form, Panel } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import { isGoodPassphrase, NO_PASSPHRASE, PassphraseFields } from './passphrase-fields.tsx';
import { useWallet } from './wallet-context.tsx';
import { readWords } from './words.ts';

/** Words in, a new passphrase for this device, and the wallet is open. */
export function RestoreForm({ onCancel }: { readonly onCancel: () => void }) {
  const wallet = useWallet();
  const [typed, setTyped] = useState('');
  const [passphrase, setPassphrase] = useState(NO_PASSPHRASE);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const words = readWords(typed);

  const restore = () => {
    setTried(true);
    if (isBusy || words === null || !isGoodPassphrase(passphrase)) return;
    setBusy(true);
    wallet.create(words, passphrase.first, true).catch((cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  return (
    <Panel>
      <Form onSubmit={restore}>
        <TextField
          label={text.wallet.words}
          rows={3}
          value={typed}
          onValue={setTyped}
          hint={text.wallet.wordsHint}
          problem={isTried && words === null ? text.wallet.wordsWrong : null}
          spellCheck={false}
          autoCapitalize="none"
          autoComplete="off"
        />
        <PassphraseFields value={passphrase} onValue={setPassphrase} isTried={isTried} />
        <Notice>{text.wallet.honest}</Notice>
        {error === null ? null : <ErrorNotice error={error} />}
        <Buttons>
          <Button look="quiet" onClick={onCancel}>
            {text.app.cancel}
          </Button>
          <Button type="submit" isBusy={isBusy}>
            {isBusy ? text.wallet.creating : text.wallet.restoreAction}
          </Button>
        </Buttons>
      </Form>
    </Panel>
  );
}
