// SPDX-License-Identifier: MIT
import { keccak256, ZeroHash } from 'ethers';

import {
  asset,
  NO_PROOF,
  NO_SIGNATURES,
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
  const signState = (version: bigint, state: string) =>
    world.sign('AppState', appState(version, state), seats);
  /** Where the epoch is settled or the ledger on chain, its signatures are not looked at. */
  const opening = async (moves: object[] = [], signed = true) => ({
    id,
    ledger,
    signatures: signed ? await world.sign('Ledger', ledger) : NO_SIGNATURES,
    app,
    proof: proof(appId),
    state: initialState,
    moves,
  });
  return {
    app,
    appId,
    seats,
    ledger,
    proof: proof(appId),
    id,
    opening,
    challenge: async () => registry.challengeLedger(id, ledger, await world.sign('Ledger', ledger)),
    /** From its leaf in the ledger, which is put on chain where it is not. */
    open: async (moves: object[] = []) => registry.openApp(await opening(moves)),
    /** Above the tip, or where no dispute is. */
    set: async (version: bigint, state: string, moves: object[] = [], proof: object = NO_PROOF) =>
      registry.setAppState(id, app, version, state, await signState(version, state), proof, moves),
    progress: (version: bigint, previous: string, state: string, moves: object[], by: Signer = world.user) =>
      registry.connect(by).progressApp(id, app, version, previous, state, moves),
    setOutcome: (state: string, previous = ZeroHash) => registry.setOutcome(id, app, previous, state),
    settle: (data: string, previous = ZeroHash) => registry.settleApp(id, app, previous, data, proof(appId)),
    settleLedger: () => registry.settle(id, ledger, []),
    signState,
    move: async (seat: 0 | 1, version: bigint, action: string, next: string) => ({
      action,
      signature: (await world.sign('AppState', appState(version, next), [seats[seat]]))[0],
    }),
  };
}
