// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import { openedLink } from '../redeem/opened-link.ts';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import { RestoreForm } from './restore-form.tsx';
import { useWallet } from './wallet-context.tsx';

export function UnlockScreen() {
  const wallet = useWallet();
  const [passphrase, setPassphrase] = useState('');
  const [isBusy, setBusy] = useState(false);
  const [isWrong, setWrong] = useState(false);
  const [hasForgotten, setForgotten] = useState(false);

  if (hasForgotten)
    return (
      <Screen title={text.wallet.restoreTitle} lead={text.wallet.forgotLead} hasBack={false}>
        <RestoreForm onCancel={() => setForgotten(false)} />
      </Screen>
    );

  const unlock = async () => {
    if (isBusy) return;
    setBusy(true);
    const isOpen = await wallet.unlock(passphrase).catch(() => false);
    if (isOpen) return;
    setWrong(true);
    setBusy(false);
  };
  return (
    <Screen
      title={text.wallet.locked}
      {...(openedLink() === null ? {} : { lead: text.wallet.lockedLink })}
      hasBack={false}
    >
      <Panel>
        <Form onSubmit={() => void unlock()}>
          <TextField
            label={text.wallet.passphrase}
            type="password"
            autoComplete="current-password"
            value={passphrase}
            onValue={(value) => {
              setPassphrase(value);
              setWrong(false);
            }}
            problem={isWrong ? text.wallet.wrong : null}
          />
          <Button type="submit" isBusy={isBusy}>
            {isBusy ? text.wallet.unlocking : text.wallet.unlock}
          </Button>
        </Form>
      </Panel>
      <Button look="quiet" onClick={() => setForgotten(true)}>
        {text.wallet.forgot}
      </Button>
    </Screen>
  );
}
