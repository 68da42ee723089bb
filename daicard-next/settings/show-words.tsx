// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import { text } from '../strings/en.ts';
import { Button, Buttons } from '../ui/button.tsx';
import { Form } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import { useWallet } from '../wallet/wallet-context.tsx';
import { WordList } from '../wallet/word-list.tsx';

/** The passphrase again, although the wallet is open: whoever finds it open must not take the words along. */
export function ShowWords() {
  const wallet = useWallet();
  const [words, setWords] = useState<string | null>(null);
  const [passphrase, setPassphrase] = useState('');
  const [isWrong, setWrong] = useState(false);
  const [isBusy, setBusy] = useState(false);

  if (words !== null)
    return (
      <>
        <WordList words={words} />
        <Buttons>
          <Button look="quiet" onClick={() => setWords(null)}>
            {text.settings.hideWords}
          </Button>
          <Button onClick={() => void wallet.change({ isBackedUp: true }).then(() => setWords(null))}>
            {text.wallet.backupDone}
          </Button>
        </Buttons>
      </>
    );

  const show = async () => {
    if (isBusy) return;
    setBusy(true);
    const found = await wallet.revealWords(passphrase).catch(() => null);
    setBusy(false);
    setWrong(found === null);
    setWords(found);
    if (found !== null) setPassphrase('');
  };
  return (
    <Form onSubmit={() => void show()}>
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
      <Button type="submit" look="quiet" isBusy={isBusy}>
        {text.settings.showWords}
      </Button>
    </Form>
  );
}
