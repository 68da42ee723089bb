// SPDX-License-Identifier: MIT
'use client';
import { useState } from 'react';
import { getAddress } from 'ethers';
import { useCard, useJournal } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { Copyable } from '../ui/copyable.tsx';
import { Notice } from '../ui/notice.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { Waiting } from '../ui/waiting.tsx';

export function DepositScreen() {
  const card = useCard();
  const [openedAt] = useState(() => Math.floor(Date.now() / 1000));
  const arrived = useJournal().flatMap((entry) =>
    entry.kind === 'deposit' && entry.createdAt >= openedAt ? [entry] : [],
  );
  const { client, confirmations } = card;
  const chain = text.deposit.chain(client.chainId);
  const address = getAddress(client.channelAddress);
  const symbols = client.assets.map((asset) => asset.symbol).join(text.deposit.or);
  return (
    <Screen title={text.deposit.title} lead={text.deposit.lead(symbols, chain)}>
      {arrived.map(({ id, amount, asset }) => (
        <Notice key={id} tone="good" title={text.deposit.arrived}>
          <p>
            <Amount amount={amount} asset={card.asset(asset)} sign="+" />
          </p>
        </Notice>
      ))}
      <Panel>
        <QrCode value={address} label={text.deposit.qr} />
        <Copyable label={text.deposit.address} value={address} look="primary" />
        <p>{text.deposit.only}</p>
      </Panel>
      <Waiting label={`${text.deposit.waiting} ${text.deposit.confirmations(confirmations)}`} />
    </Screen>
  );
}
