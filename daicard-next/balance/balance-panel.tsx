// SPDX-License-Identifier: MIT
import type { Balance } from '../../lib/client/balances.ts';
import type { HubAsset } from '../../lib/client/hub-description.ts';
import type { Address } from '../../lib/protocol/types.ts';
import { text } from '../strings/en.ts';
import { Amount } from '../ui/amount.tsx';
import { Panel } from '../ui/screen.tsx';
import styles from './balance-panel.module.css';

interface BalancePanelProps {
  readonly balances: readonly Balance[];
  readonly assetOf: (address: Address) => HubAsset;
}

/** What can be spent now is large; what is on its way is told only while there is some. */
export const BalancePanel = ({ balances, assetOf }: BalancePanelProps) => (
  <Panel>
    <ul className={styles['balances']}>
      {balances.map(({ asset: address, available, locked, incoming, receivable }) => {
        const asset = assetOf(address);
        const rest = [
          { label: text.balance.locked, amount: locked, isShown: locked > 0n },
          { label: text.balance.incoming, amount: incoming, isShown: incoming > 0n },
          { label: text.balance.receivable, amount: receivable, isShown: true },
        ].filter(({ isShown }) => isShown);
        return (
          <li key={address} aria-label={asset.symbol}>
            <p className={styles['label']}>{text.balance.available}</p>
            <p data-balance={asset.symbol}>
              <Amount amount={available} asset={asset} isLarge />
            </p>
            <dl className={styles['rest']}>
              {rest.map(({ label, amount }) => (
                <div key={label}>
                  <dt>{label}</dt>
                  <dd>
                    <Amount amount={amount} asset={asset} />
                  </dd>
                </div>
              ))}
            </dl>
          </li>
        );
      })}
    </ul>
  </Panel>
);
