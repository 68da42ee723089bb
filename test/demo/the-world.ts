// SPDX-License-Identifier: MIT
/** The world the demo runs in: the one `npm start` brought up, or one of its own. */
import { fund, type Funds } from '../../infra/local/fund.ts';
import { startWorld, type StoreKind } from '../../infra/local/world.ts';
import { runningWorld } from '../../infra/local/world-file.ts';
import type { Address } from '../../lib/protocol/types.ts';

export interface DemoWorld {
  readonly isOwn: boolean;
  readonly store: string;
  readonly hubUrl: string;
  /** What the hub pays out comes from there; its channel key sends nothing but defences. */
  readonly treasury: Address;
  readonly rpcUrl: string;
  readonly token: Address;
  fund(account: Address, funds: Funds): Promise<void>;
  /** Ends what was started for the demo; a world that ran before goes on. */
  stop(): Promise<void>;
}

const asAddress = (text: string): Address => text.toLowerCase() as Address;

export async function findOrStartWorld(options: {
  readonly mustBeOwn: boolean;
  /** Where a world of its own keeps everything. */
  readonly folder: string;
  readonly store: StoreKind;
  readonly onProgress: (text: string) => void;
  readonly onEnd: (part: string, tail: string) => void;
}): Promise<DemoWorld> {
  const running = options.mustBeOwn ? undefined : await runningWorld();
  if (running !== undefined) {
    const { rpcUrl, token } = running.chain;
    return {
      isOwn: false,
      store: running.store.kind,
      hubUrl: running.hubUrl,
      treasury: asAddress(running.treasuryAddress),
      rpcUrl,
      token: asAddress(token),
      fund: (account, funds) => fund(rpcUrl, token, account, funds),
      stop: async () => {},
    };
  }
  const { folder, store, onProgress, onEnd } = options;
  const world = await startWorld({ folder, store, onProgress, onEnd });
  return {
    isOwn: true,
    store,
    hubUrl: world.hubUrl,
    treasury: asAddress(world.treasuryAddress),
    rpcUrl: world.chain.rpcUrl,
    token: asAddress(world.chain.token),
    fund: (account, funds) => world.fund(account, funds),
    stop: () => world.stop(),
  };
}
