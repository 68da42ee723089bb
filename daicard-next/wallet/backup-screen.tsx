// SPDX-License-Identifier: MIT
'use client';
import { text } from '../strings/en.ts';
import { Button, Buttons } from '../ui/button.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { useWallet } from './wallet-context.tsx';
import { WordList } from './word-list.tsx';

/** Once, right after a wallet was made. */
export function BackupScreen({ words }: { readonly words: string }) {
  const wallet = useWallet();
  return (
    <Screen title={text.wallet.backupTitle} lead={text.wallet.backupLead} hasBack={false}>
      <Panel>
        <WordList words={words} />
      </Panel>
      <Buttons>
        <Button look="quiet" onClick={wallet.forgetFreshWords}>
          {text.wallet.backupLater}
        </Button>
        <Button onClick={() => void wallet.change({ isBackedUp: true }).then(wallet.forgetFreshWords)}>
          {text.wallet.backupDone}
        </Button>
      </Buttons>
    </Screen>
  );
}
