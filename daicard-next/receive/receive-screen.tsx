// SPDX-License-Identifier: MIT
'use client';
import { useCard, useCardView } from '../connection/connection-context.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { ButtonLink } from '../ui/button.tsx';
import { Copyable } from '../ui/copyable.tsx';
import { Facts } from '../ui/facts.tsx';
import { QrCode } from '../ui/qr-code.tsx';
import { Panel, Screen } from '../ui/screen.tsx';

export function ReceiveScreen() {
  const card = useCard();
  const { balances } = useCardView();
  const { identifier } = card.client;
  return (
    <Screen title={text.receive.title} lead={text.receive.lead}>
      <Panel>
        <QrCode value={identifier} label={text.receive.qr} />
        <Copyable label={text.receive.identifier} value={identifier} look="primary" />
      </Panel>
      <Panel title={text.balance.receivable}>
        <Facts
          facts={balances.map(({ asset, receivable }) => ({
            label: card.asset(asset).symbol,
            value: <Amount amount={receivable} asset={card.asset(asset)} />,
          }))}
        />
        <p>{text.receive.receivable}</p>
      </Panel>
      <ButtonLink href="/redeem" look="quiet">
        {text.receive.pasteLink}
      </ButtonLink>
    </Screen>
  );
}
