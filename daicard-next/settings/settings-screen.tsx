// SPDX-License-Identifier: MIT
'use client';
import { useId, useState } from 'react';
import { useCard } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Button, Buttons } from '../ui/button.tsx';
import { Facts } from '../ui/facts.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { useWallet } from '../wallet/wallet-context.tsx';
import { ShowWords } from './show-words.tsx';
import styles from './settings-screen.module.css';

const MINUTES = [1, 5, 10, 30, 60];

export function SettingsScreen() {
  const id = useId();
  const wallet = useWallet();
  const { client, hubUrl } = useCard();
  if (wallet.state.stage !== 'open') return null;
  const { lockAfterMinutes, isBackedUp } = wallet.state.wallet;
  return (
    <Screen title={text.settings.title} hasBack={false}>
      <Panel title={text.settings.backup}>
        <p>{text.settings.backupLead}</p>
        {isBackedUp ? null : <Notice tone="warn">{text.wallet.backupReminder}</Notice>}
        <ShowWords />
      </Panel>
      <Panel title={text.settings.lock}>
        <div className={styles['choice']}>
          <label htmlFor={id}>{text.settings.lockAfter}</label>
          <select
            id={id}
            value={lockAfterMinutes}
            onChange={(event) => void wallet.change({ lockAfterMinutes: Number(event.target.value) })}
          >
            {MINUTES.map((minutes) => (
              <option key={minutes} value={minutes}>
                {text.settings.minutes(minutes)}
              </option>
            ))}
          </select>
        </div>
        <Button look="quiet" onClick={wallet.lock}>
          {text.settings.lockNow}
        </Button>
      </Panel>
      <Panel title={text.settings.hub}>
        <Facts
          facts={[
            { label: text.settings.hubAddress, value: hubUrl },
            { label: text.settings.chain, value: text.deposit.chain(client.chainId) },
            { label: text.settings.account, value: client.address, isCode: true },
          ]}
        />
      </Panel>
      <RemoveWallet />
    </Screen>
  );
}

function RemoveWallet() {
  const wallet = useWallet();
  const [isAsked, setAsked] = useState(false);
  return (
    <Panel title={text.settings.remove}>
      <p>{text.settings.removeLead}</p>
      {isAsked ? (
        <Buttons>
          <Button look="quiet" onClick={() => setAsked(false)}>
            {text.app.cancel}
          </Button>
          <Button look="danger" onClick={() => void wallet.remove()}>
            {text.settings.removeConfirm}
          </Button>
        </Buttons>
      ) : (
        <Button look="danger" onClick={() => setAsked(true)}>
          {text.settings.remove}
        </Button>
      )}
    </Panel>
  );
}
