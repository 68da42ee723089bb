// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import { openedLink } from '../redeem/opened-link.ts';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { isGoodPassphrase, NO_PASSPHRASE, PassphraseFields } from './passphrase-fields.tsx';
import { RestoreForm } from './restore-form.tsx';
import { useWallet } from './wallet-context.tsx';
import { newWords } from './words.ts';

export function WelcomeScreen() {
  const wallet = useWallet();
  const [isRestoring, setRestoring] = useState(false);
  const [passphrase, setPassphrase] = useState(NO_PASSPHRASE);
  const [isTried, setTried] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  if (isRestoring)
    return (
      <Screen title={text.wallet.restoreTitle} lead={text.wallet.restoreLead} hasBack={false}>
        <RestoreForm onCancel={() => setRestoring(false)} />
      </Screen>
    );

  const create = () => {
    setTried(true);
    if (isBusy || !isGoodPassphrase(passphrase)) return;
    setBusy(true);
    wallet.create(newWords(), passphrase.first, false).catch((cause: unknown) => {
      setError(cause);
      setBusy(false);
    });
  };
  const isForLink = openedLink() !== null;
  return (
    <Screen
      title={isForLink ? text.wallet.welcomeLink : text.wallet.welcome}
      lead={isForLink ? text.wallet.leadLink : text.wallet.lead}
      hasBack={false}
    >
      <Panel>
        <Form onSubmit={create}>
          <PassphraseFields value={passphrase} onValue={setPassphrase} isTried={isTried} />
          <Notice>{text.wallet.honest}</Notice>
          {error === null ? null : <ErrorNotice error={error} />}
          <Button type="submit" isBusy={isBusy}>
            {isBusy ? text.wallet.creating : text.wallet.create}
          </Button>
        </Form>
      </Panel>
      <Button look="quiet" onClick={() => setRestoring(true)}>
        {text.wallet.restore}
      </Button>
    </Screen>
  );
}
