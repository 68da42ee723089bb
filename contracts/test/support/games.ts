// SPDX-License-Identifier: MIT
import { keccak256 } from 'ethers';

import {
  asset,
  header,
  tree,
  TURNS,
  type App,
  type Asset,
  type Pair,
  type Signer,
  type World,
} from './world.ts';

/** An app open in the world's channel, alone, its whole stake locked and both sides holding nothing else. */
export async function install(
  world: World,
  definition: string,
  initialState: string,
  rest: Partial<App> = {},
) {
  const { address, user, hub, registry, id } = world;
  const app: App = {
    channel: address,
    epoch: 0n,
    installVersion: 1n,
    nonce: keccak256('0x0a'),
    definition,
    participants: [user.address, hub.address],
    outcomeType: 0,
    stakes: [{ asset: '0x0000000000000000000000000000000000000000', amounts: [60n, 40n] }],
    periods: TURNS,
    actionDeadline: 0n,
    holdUntil: 0n,
    initialStateHash: keccak256(initialState),
    ...rest,
  };
  const seats: Pair<Signer> = app.participants[0] === user.address ? [user, hub] : [hub, user];
  const appId = world.digest('App', app);
  const { root, proof } = tree([appId, keccak256('0x0b')]);
  const assets: Asset[] = app.stakes.map((stake) =>
    asset(stake.asset, { locked: stake.amounts[0] + stake.amounts[1] }),
  );
  const ledger = world.ledger(4n, assets, { appsRoot: root });
  const appState = (version: bigint, state: string) => ({ appId, version, stateHash: keccak256(state) });
  return {
    app,
    appId,
    seats,
    ledger,
    proof: proof(appId),
    challenge: async () => registry.challengeLedger(id, ledger, await world.sign('Ledger', ledger)),
    open: (moves: object[] = []) =>
      registry.openApp(app, header(ledger), proof(appId), moves.length > 0 ? initialState : '0x', moves),
    settleLedger: () => registry.settle(id, ledger, []),
    signState: (version: bigint, state: string) => world.sign('AppState', appState(version, state), seats),
    move: async (seat: 0 | 1, version: bigint, action: string, next: string) => ({
      action,
      signature: (await world.sign('AppState', appState(version, next), [seats[seat]]))[0],
    }),
  };
}
