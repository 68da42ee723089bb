// SPDX-License-Identifier: MIT
import { expect } from 'chai';
import { ZeroHash } from 'ethers';

import { random } from './support/random.ts';
import {
  asset,
  deployWorld,
  ETHER,
  FAR,
  networkHelpers,
  NO_SIGNATURES,
  now,
  PERIOD,
  type Ledger,
} from './support/world.ts';

const SEEDS = Number(process.env['FUZZ_SEEDS'] ?? 12);
const STEPS = 40;

/** What the registry should know: the rules of a ledger challenge, written down once more. */
interface Model {
  epoch: bigint;
  floor: bigint;
  /** Contents of the ledger at the floor; null before any was shown. */
  shown: bigint | null;
  finalizesAt: bigint;
  challengeId: bigint;
}

describe('ledger challenges against a model (invariants 10, 13 and 14)', () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    it(`accept and refuse exactly what the rules say, seed ${seed}`, async () => {
      const world = await networkHelpers.loadFixture(deployWorld);
      const { user, hub, stranger, registry, address, id, ledger, sign } = world;
      const { below: pick } = random(seed);
      const model: Model = { epoch: 0n, floor: 0n, shown: null, finalizesAt: 0n, challengeId: 0n };
      const counted = { accepted: 0, refused: 0 };

      /** Honest parties sign one content per version; `twin` is what a colluding pair might sign besides. */
      const make = (version: bigint, twin: boolean): [Ledger, bigint] => {
        const content = version === 0n ? 0n : version * 2n + (twin ? 1n : 0n);
        const assets = version === 0n ? [] : [asset(ETHER, { balances: [content, 1n] })];
        const epoch = pick(12) === 0 ? model.epoch + 1n : model.epoch;
        return [ledger(version, assets, { epoch }), content];
      };

      for (let step = 0; step < STEPS; step++) {
        if (pick(4) === 0) await networkHelpers.time.increase(1 + pick(PERIOD));
        const sender = [user, hub, stranger][pick(3)]!;
        const version = pick(3) === 0 ? model.floor : BigInt(pick(12));
        const [state, content] = make(version, pick(4) === 0);
        const signed = pick(4) !== 0;
        const signatures = signed && version > 0n ? await sign('Ledger', state) : NO_SIGNATURES;
        const contract = registry.connect(sender);
        const at = (await now()) + 1n;
        await networkHelpers.time.setNextBlockTimestamp(at);
        const running = model.finalizesAt !== 0n;
        const final = running && at >= model.finalizesAt;
        const sameEpoch = state.epoch === model.epoch;

        switch (pick(5)) {
          case 0:
          case 1: {
            // Starting takes a party, or one party's word for the challenge that starts.
            const carried = pick(3) === 0;
            const challenge = {
              channel: address,
              epoch: state.epoch,
              challengeId: model.challengeId + (pick(4) === 0 ? 2n : 1n),
              subject: ZeroHash,
              minVersion: BigInt(pick(6)),
              deadline: pick(8) === 0 ? at - 1n : FAR,
            };
            const author = [user, hub, stranger][pick(3)]!;
            const [word] = await sign('Challenge', challenge, [author]);
            await networkHelpers.time.setNextBlockTimestamp(at);
            const leave = carried
              ? author !== stranger &&
                challenge.challengeId === model.challengeId + 1n &&
                challenge.minVersion <= version &&
                challenge.deadline >= at
              : sender !== stranger;
            const done = running && version <= model.floor;
            const known = version === 0n || content === model.shown;
            const contents = version > model.floor ? signed : version === model.floor && known;
            const allowed = sameEpoch && (done || (!final && leave && contents));
            const sending = carried
              ? contract.challengeLedgerFor(id, state, signatures, challenge, word)
              : contract.challengeLedger(id, state, signatures);
            await attempt(allowed, sending, () => {
              if (done) return;
              model.floor = version;
              model.shown = content;
              model.finalizesAt = at + BigInt(PERIOD);
              model.challengeId++;
            });
            break;
          }
          case 2: {
            const done = !running || version <= model.floor;
            const allowed = sameEpoch && (done || (!final && signed));
            await attempt(allowed, contract.answerLedger(id, state, signatures), () => {
              if (done) return;
              model.floor = version;
              model.shown = content;
              model.finalizesAt = 0n;
            });
            break;
          }
          case 3: {
            const challengeId = pick(3) === 0 ? model.challengeId + 1n : model.challengeId;
            const cancel = {
              channel: address,
              epoch: state.epoch,
              subject: ZeroHash,
              challengeId,
              deadline: FAR,
            };
            const agreed = signed
              ? await sign('Cancel', cancel)
              : await sign('Cancel', cancel, [user, stranger]);
            const allowed = sameEpoch && (!running || (challengeId === model.challengeId && signed));
            await attempt(allowed, contract.cancelLedger(id, cancel, agreed), () => {
              model.finalizesAt = 0n;
            });
            break;
          }
          default: {
            const past = model.epoch > 0n && pick(6) === 0;
            const ended = past ? { ...state, epoch: model.epoch - 1n } : state;
            const allowed =
              past || (sameEpoch && final && version === model.floor && content === model.shown);
            await attempt(allowed, contract.settle(id, ended, []), () => {
              if (past) return;
              model.epoch++;
              model.floor = 0n;
              model.shown = null;
              model.finalizesAt = 0n;
            });
          }
        }
        const status = await registry.channelStatus(address);
        expect([status.epoch, status.version, status.finalizesAt, status.challengeId]).to.deep.equal([
          model.epoch,
          model.floor,
          model.finalizesAt,
          model.challengeId,
        ]);
      }
      expect(counted.accepted).to.be.greaterThan(0);
      expect(counted.refused).to.be.greaterThan(0);

      async function attempt(allowed: boolean, sending: Promise<unknown>, apply: () => void) {
        const refused = await sending.then(
          () => null,
          (error: Error) => error,
        );
        if (allowed && refused) throw refused;
        expect(refused === null, 'accepted').to.equal(allowed);
        if (allowed) apply();
        counted[allowed ? 'accepted' : 'refused']++;
      }
    });
  }
});
