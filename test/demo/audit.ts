// SPDX-License-Identifier: MIT
/** Gathers what chain, hub and users say as of one block, and has it added up. */
import { rpc } from '../../infra/local/local-chain.ts';
import { EthereumChainReader, type Account } from '../../lib/chain/chain-reader.ts';
import { createJsonRpc } from '../../lib/chain/json-rpc.ts';
import { fetchDescription } from '../../lib/client/hub-description.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import { ETHER, type Address } from '../../lib/protocol/types.ts';
import { addUp, type AssetSheet, type HubFacts, type UserFacts } from './balance-sheet.ts';
import { balanceAt, etherMovements, tokenMovements, type Movements } from './chain-movements.ts';
import type { Diary } from './diary.ts';
import type { Report, Self } from './messages.ts';
import type { DemoWorld } from './the-world.ts';

export interface AuditedUser {
  readonly name: string;
  readonly self: Self;
  readonly report: Report;
}

export interface Audit {
  readonly balances: Readonly<Record<string, AssetSheet>>;
  readonly checked: number;
  readonly mismatches: readonly string[];
}

export async function audit(given: {
  readonly world: DemoWorld;
  readonly users: readonly AuditedUser[];
  readonly diary: Diary;
  /** The last block before any of the users did anything. */
  readonly before: number;
}): Promise<Audit> {
  const { world, users, diary, before } = given;
  const { rpcUrl, treasury } = world;
  const chain = (await fetchDescription(world.hubUrl, fetch)).chains[0];
  if (chain === undefined) throw new Error('the hub serves no chain');
  const reader = new EthereumChainReader(createJsonRpc({ url: rpcUrl }), chain);
  const after = Number(await rpc(rpcUrl, 'eth_blockNumber', []));
  const accounts = [treasury, ...users.map(({ self }) => self.account)];
  const balances: Record<string, AssetSheet> = {};
  const mismatches: string[] = [];
  let checked = 0;
  for (const { address: asset, symbol } of chain.assets) {
    const movements =
      asset === ETHER
        ? await etherMovements(rpcUrl, accounts, before, after)
        : await tokenMovements(rpcUrl, asset, accounts, before, after);
    const userFacts = async ({ name, self, report }: AuditedUser): Promise<UserFacts> => {
      const total = (deed: Parameters<Diary['total']>[1]) => diary.total(name, deed, asset);
      return {
        name,
        report,
        funded: total('funded'),
        deposited: total('deposited'),
        paid: total('paid'),
        received: total('received'),
        withdrawn: total('withdrawn'),
        account: {
          balance: await balanceAt(rpcUrl, self.account, asset, after),
          gas: moved(movements, self.account).gas,
        },
        channel: {
          balance: await balanceAt(rpcUrl, self.channel, asset, after),
          ...known(await reader.account({ address: self.channel }, asset, after)),
        },
      };
    };
    const hubFacts: HubFacts = {
      before: await balanceAt(rpcUrl, treasury, asset, before),
      after: await balanceAt(rpcUrl, treasury, asset, after),
      movements: moved(movements, treasury),
    };
    const added = addUp(symbol, asset, await Promise.all(users.map(userFacts)), hubFacts);
    balances[symbol] = added.sheet;
    checked += added.checked;
    mismatches.push(...added.mismatches);
  }
  return { balances, checked, mismatches };
}

function moved(movements: ReadonlyMap<Address, Movements>, account: Address): Movements {
  const found = movements.get(account);
  if (found === undefined) throw new Error(`nobody looked at ${account}`);
  return found;
}

function known(account: Outcomes<Account>): Account {
  if (!account.ok) throw new Error(account.error.message);
  return account.value;
}
