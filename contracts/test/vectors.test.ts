// SPDX-License-Identifier: MIT
import { readFileSync } from 'node:fs';

import { expect } from 'chai';

import type { Deployed } from './support/contracts.ts';
import { deployed, ethers, networkHelpers } from './support/world.ts';

/** The vectors that the TypeScript side is held to as well: one source for bytes. */
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../lib/protocol/vectors/${name}.json`, import.meta.url), 'utf8')) as T;

interface Structure {
  kind: string;
  name: string;
  domain: Domain;
  value: object;
  structHash: string;
  digest: string;
}

interface Domain {
  chainId: number;
  registry: string;
}

const separators = read<{ domain: Domain; separator: string }[]>('domains');
const structures = read<Structure[]>('structures');
const roots = read<{ appIds: string[]; root: string; proofs: string[][] }[]>('apps-root');
const channels = read<
  {
    name: string;
    code: { factory: string; implementation: string };
    parties: { initiator: string; responder: string; challengePeriod: number };
    channel: string;
  }[]
>('channel-address');
interface AppVectors {
  moves: { name: string; turnTaker: number; before: StateVector; action: string; after: StateVector }[];
  invalidActions: { name: string; state: string; action: string }[];
  invalidStates: { name: string; state: string }[];
}

interface StateVector {
  state: string;
  terminal: boolean;
  outcome: string;
}

const APPS = {
  TransferApp: read<AppVectors>('transfer-app'),
  SignedTransferApp: read<AppVectors>('signed-transfer-app'),
  BatchedTransferApp: read<AppVectors>('batched-transfer-app'),
  SwapApp: read<AppVectors>('swap-app'),
};

type Harness = Deployed<(typeof HASHERS)[keyof typeof HASHERS] | 'channelAddress' | 'inRoot' | 'typedData'>;
type App = Deployed<'applyAction' | 'computeOutcome' | 'getTurnTaker' | 'isStateTerminal'>;

const HASHERS = {
  Ledger: 'ledger',
  App: 'app',
  AppState: 'appState',
  Withdrawal: 'withdrawal',
  Cancel: 'cancel',
  Challenge: 'challenge',
  Payment: 'payment',
  Receipt: 'receipt',
  Attestation: 'attestation',
  Invoice: 'invoice',
  Swap: 'swap',
  AppOffer: 'appOffer',
  KeyDelegation: 'keyDelegation',
  Quote: 'quote',
} as const;

async function deploy() {
  return { harness: await deployed<Harness>('VectorHarness') };
}

const load = () => networkHelpers.loadFixture(deploy);

describe('golden vectors', () => {
  for (const { kind, name, domain, value, structHash, digest } of structures) {
    const hasher = HASHERS[kind as keyof typeof HASHERS];
    if (!hasher) continue;
    it(`${kind}: ${name}`, async () => {
      const { harness } = await load();
      expect(await harness[hasher](value)).to.equal(structHash);
      const separator = separators.find(
        (one) => one.domain.chainId === domain.chainId && one.domain.registry === domain.registry,
      )?.separator;
      expect(await harness.typedData(separator, structHash)).to.equal(digest);
    });
  }

  roots.forEach(({ appIds, root, proofs }) => {
    it(`root of ${appIds.length} apps`, async () => {
      const { harness } = await load();
      for (const [i, appId] of appIds.entries()) {
        expect(await harness.inRoot(appId, root, proofs[i])).to.equal(true);
        // A leaf is double-hashed, so no inner node passes for one.
        expect(await harness.inRoot(root, root, [])).to.equal(false);
      }
    });
  });

  for (const { name, code, parties, channel } of channels) {
    it(`channel address: ${name}`, async () => {
      const { harness } = await load();
      const predicted = (await harness.channelAddress(
        parties.initiator,
        parties.responder,
        parties.challengePeriod,
        code.implementation,
        code.factory,
      )) as string;
      expect(predicted.toLowerCase()).to.equal(channel);
    });
  }

  for (const [contract, { moves, invalidActions, invalidStates }] of Object.entries(APPS)) {
    describe(contract, () => {
      const deployApp = () => deployed<App>(contract);

      for (const { name, turnTaker, before, action, after } of moves) {
        it(name, async () => {
          const app = await deployApp();
          const participants = [`0x${'a0'.repeat(20)}`, `0x${'a1'.repeat(20)}`].map(ethers.getAddress);
          for (const { state, terminal, outcome } of [before, after]) {
            expect(await app.isStateTerminal(state)).to.equal(terminal);
            expect(await app.getTurnTaker(state, participants)).to.equal(participants[turnTaker]);
            expect(await app.computeOutcome(state)).to.equal(outcome);
          }
          expect(await app.applyAction(before.state, action)).to.equal(after.state);
        });
      }

      for (const { name, state, action } of invalidActions) {
        it(`refuses ${name}`, async () => {
          const app = await deployApp();
          await app.isStateTerminal(state);
          await expect(app.applyAction(state, action)).to.revert(ethers);
        });
      }

      for (const { name, state } of invalidStates) {
        it(`${name} is no state`, async () => {
          const app = await deployApp();
          for (const call of [
            app.isStateTerminal(state),
            app.computeOutcome(state),
            app.applyAction(state, moves[0]!.action),
          ])
            await expect(call).to.revert(ethers);
        });
      }
    });
  }
});
