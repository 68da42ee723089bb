// SPDX-License-Identifier: MIT
/** What leaves and what does not: a chain that is turned by hand, and one claimed app after another. */
import { beforeEach, describe, expect, test } from '@jest/globals';
import { payeeHold, showSpan } from '../protocol/deadlines.ts';
import { UNDISPUTED, type LedgerOnChain } from '../protocol/dispute.ts';
import { refuse } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import {
  after,
  agreed,
  CHANNEL,
  deposit,
  EMPTY,
  HUB,
  hashOf,
  PREIMAGE,
  TOKEN,
  transfer,
} from '../protocol/testing/two-parties.ts';
import { ETHER, ZERO_HASH, type AppInstance } from '../protocol/types.ts';
import { restoredRecord, type ChannelRecord } from './channel-record.ts';
import type { CloseIntent } from './intents.ts';
import type { ChainReader } from './ports.ts';
import { PreimageGate } from './preimage-gate.ts';
import { RiskLimits, type RiskOptions } from './risk-limits.ts';
import { atRisk, withShown } from './shown.ts';
import { NOW, TERMS } from './testing/writer-table.ts';

const GWEI = 10n ** 9n;
const GAS_MONEY = 10n ** 18n;
/** Worth enforcing, and not. */
const LARGE = 10n ** 17n;
const SMALL = 10n ** 12n;

let now: number;
let blockTime: number;
let hasChain: boolean;
let balance: bigint;
/** Of the token; null where it does not say. */
let decimals: number | null;
let status: LedgerOnChain;
let disputed: ReadonlySet<string>;
let asked: number;
let gate: PreimageGate;

const reader = (): ChainReader =>
  ({
    latest: async () => {
      asked += 1;
      return hasChain ? ok({ number: 7, timestamp: blockTime }) : refuse('chain_unavailable');
    },
    challenge: async () => ok(status),
    balance: async () => ok(balance),
    decimals: async () => (decimals === null ? refuse('chain_unavailable') : ok(decimals)),
    dispute: async ({ states }: { states: readonly { apps: readonly AppInstance[] }[] }) =>
      ok({
        apps: new Map(
          states[0]?.apps.map(({ id }) => [
            id,
            disputed.has(id) ? { ...UNDISPUTED, finalizesAt: 9 } : UNDISPUTED,
          ]),
        ),
      }),
  }) as unknown as ChainReader;

function gateWith(options: RiskOptions = {}): PreimageGate {
  return new PreimageGate({
    terms: TERMS,
    reader: reader(),
    chainWriter: {
      address: CHANNEL.initiator,
      fees: async () => ok({ maxFeePerGas: GWEI, maxPriorityFeePerGas: 1n }),
    },
    limits: new RiskLimits(options, reader()),
    clock: { now: () => now, sleep: async () => {} },
    random: () => 0.5,
  });
}

beforeEach(() => {
  now = NOW;
  blockTime = NOW - 5;
  hasChain = true;
  balance = GAS_MONEY;
  decimals = 6;
  status = { epoch: 0n, floorVersion: 0n, finalizesAt: 0, challengeId: 0n, digest: ZERO_HASH };
  disputed = new Set();
  asked = 0;
  gate = gateWith();
});

const DEADLINE = NOW + 10_000;

/** A channel in which each of these amounts is claimed and not yet closed. */
function claimedWith(
  amounts: readonly bigint[],
  times = { actionDeadline: DEADLINE, holdUntil: payeeHold(DEADLINE) },
  asset = ETHER,
): { readonly record: ChannelRecord; readonly closings: readonly CloseIntent[] } {
  const funded = agreed(after(EMPTY, [deposit(LARGE * 100n, LARGE * 100n, asset)]));
  const installs = amounts.map((amount, number) => {
    const install = transfer(amount, { payer: HUB, nonce: number + 1, asset });
    return { ...install, app: { ...install.app, ...times } };
  });
  const open = agreed(after(funded, installs));
  const record = { ...restoredRecord(CHANNEL, open, open.ledger.version), isUnproven: false };
  const closings = open.apps.map(({ id }, number): CloseIntent => ({
    kind: 'close',
    appId: id,
    transferId: hashOf(number + 1),
    preimage: PREIMAGE,
    payment: null,
  }));
  return { record, closings };
}

type Claimed = ReturnType<typeof claimedWith>;

async function codes({ record, closings }: Claimed): Promise<readonly string[]> {
  const judged = await gate.judge(record, closings);
  return closings.map(({ appId }) => {
    const outcome = judged.get(appId);
    return outcome?.ok === true ? 'ok' : (outcome?.error.code ?? 'forgotten');
  });
}

/** What is let through is signed and stored. */
async function show({ record, closings }: Claimed): Promise<ChannelRecord> {
  const judged = await gate.judge(record, closings);
  const passes = [...judged.values()].flatMap((outcome) => (outcome.ok ? [outcome.value.shown] : []));
  return withShown(record, passes);
}

describe('a preimage is shown', () => {
  test('while it can be enforced, and its owner leaves between T_b − 2D and T_b − D', async () => {
    const record = await show(claimedWith([LARGE]));
    const [shown] = record.shown;
    expect(shown?.leaveAt).toBeGreaterThanOrEqual(DEADLINE - 2 * TERMS.reaction);
    expect(shown?.leaveAt).toBeLessThanOrEqual(DEADLINE - TERMS.reaction);
    expect(atRisk(record, ETHER)).toBe(0n);
  });

  test('up to W + 2D before T_b by the later clock, and not a second longer', async () => {
    const claimed = claimedWith([LARGE]);
    now = DEADLINE - showSpan(TERMS);
    blockTime = now - 5;
    expect(await codes(claimed)).toEqual(['ok']);
    now += 1;
    expect(await codes(claimed)).toEqual(['transfer_expired']);
    gate = gateWith();
    now = NOW;
    blockTime = DEADLINE - showSpan(TERMS) + 1;
    expect(await codes(claimed)).toEqual(['transfer_expired']);
  });

  test('asking the chain once for many, and again after a quarter of D', async () => {
    const claimed = claimedWith([LARGE, LARGE]);
    await codes(claimed);
    await codes(claimed);
    expect(asked).toBe(1);
    now += TERMS.reaction / 4;
    blockTime = now;
    await codes(claimed);
    expect(asked).toBe(2);
  });
});

describe('nothing is shown', () => {
  test.each([2, 60, 1_000])('W-B2 where the hub forged a deadline in %i seconds', async (left) => {
    const actionDeadline = NOW + left;
    const stated = { actionDeadline, asset: ETHER, amount: LARGE };
    const { record, closings } = claimedWith([LARGE], {
      actionDeadline,
      holdUntil: payeeHold(actionDeadline),
    });
    expect(await gate.mayClaim(record, stated)).toMatchObject({ error: { code: 'transfer_expired' } });
    if (left < showSpan(TERMS)) expect(await codes({ record, closings })).toEqual(['transfer_expired']);
  });

  test.each([0, DEADLINE])(
    'W-B5 where the app can be final as a refund before T_b (held until %i)',
    async (hold) => {
      const claimed = claimedWith([LARGE], { actionDeadline: DEADLINE, holdUntil: hold });
      expect(await codes(claimed)).toEqual(['invalid_transfer']);
    },
  );

  test('where the node is stuck, however often it is asked (invariant 18)', async () => {
    const claimed = claimedWith([LARGE]);
    now = blockTime + TERMS.reaction / 2;
    expect(await codes(claimed)).toEqual(['chain_stale']);
    const stated = { actionDeadline: DEADLINE, asset: ETHER, amount: LARGE };
    expect(await gate.mayClaim(claimed.record, stated)).toMatchObject({ error: { code: 'chain_stale' } });
    blockTime = now;
    expect(await codes(claimed)).toEqual(['ok']);
  });

  test('W-B2 where T_b lies further ahead than the hub holds any payment', async () => {
    const { record } = claimedWith([LARGE]);
    const stated = (actionDeadline: number) => ({ actionDeadline, asset: ETHER, amount: LARGE });
    expect(await gate.mayClaim(record, stated(NOW + TERMS.maxHold))).toMatchObject({ ok: true });
    expect(await gate.mayClaim(record, stated(NOW + TERMS.maxHold + 1))).toMatchObject({
      error: { code: 'invalid_transfer' },
    });
  });

  test('while the chain cannot be asked, or a challenge stands on the channel or on the app', async () => {
    const claimed = claimedWith([LARGE, LARGE]);
    hasChain = false;
    expect(await codes(claimed)).toEqual(['chain_unavailable', 'chain_unavailable']);
    hasChain = true;
    status = { ...status, finalizesAt: NOW + 9 };
    expect(await codes(claimed)).toEqual(['channel_disputed', 'channel_disputed']);
    status = { ...status, finalizesAt: 0, floorVersion: 1n };
    disputed = new Set([claimed.closings[0]!.appId]);
    expect(await codes({ ...claimed, closings: claimed.closings.slice(0, 1) })).toEqual(['channel_disputed']);
    disputed = new Set();
    expect(await codes(claimed)).toEqual(['ok', 'ok']);
  });
});

describe('at risk', () => {
  test('is what costs more than it is worth, or has no gas: shown all the same, never enforced', async () => {
    const small = await show(claimedWith([SMALL]));
    expect(small.shown[0]?.leaveAt).toBeNull();
    expect(atRisk(small, ETHER)).toBe(SMALL);
    balance = 0n;
    gate = gateWith({ [ETHER]: { limit: LARGE } });
    expect(atRisk(await show(claimedWith([LARGE])), ETHER)).toBe(LARGE);
  });

  test('the sum of it stays within what the user was told, in one proposal and over several', async () => {
    gate = gateWith({ [ETHER]: { limit: 3n * SMALL } });
    expect(await codes(claimedWith([SMALL, SMALL, SMALL, SMALL]))).toEqual([
      'ok',
      'ok',
      'ok',
      'at_risk_limit',
    ]);
    const claimed = claimedWith([SMALL, SMALL, SMALL, SMALL]);
    const record = await show({ ...claimed, closings: claimed.closings.slice(0, 3) });
    expect(atRisk(record, ETHER)).toBe(3n * SMALL);
    // What is out is out: only what is new is refused, and a smaller claim too before it is made.
    expect(await codes({ ...claimed, record })).toEqual(['ok', 'ok', 'ok', 'at_risk_limit']);
    const more = { actionDeadline: DEADLINE, asset: ETHER, amount: 1n };
    expect(await gate.mayClaim(record, more)).toMatchObject({ error: { code: 'at_risk_limit' } });
  });

  test('of a token counts what lies below the floor, or has no gas', async () => {
    gate = gateWith({ [TOKEN]: { floor: 1_000n, limit: 500n } });
    expect(await codes(claimedWith([1_000n, 400n, 400n], undefined, TOKEN))).toEqual([
      'ok',
      'ok',
      'at_risk_limit',
    ]);
    balance = 0n;
    gate = gateWith();
    expect(await codes(claimedWith([10_000_000n, 1n], undefined, TOKEN))).toEqual(['ok', 'at_risk_limit']);
  });
});

describe('W-B4 what may be at risk of a token', () => {
  test('is ten whole units as its contract counts them', async () => {
    balance = 0n;
    expect(await codes(claimedWith([10_000_000n, 1n], undefined, TOKEN))).toEqual(['ok', 'at_risk_limit']);
    const stated = { actionDeadline: DEADLINE, asset: TOKEN, amount: 10_000_001n };
    const { record } = claimedWith([stated.amount], undefined, TOKEN);
    expect(await gate.mayClaim(record, stated)).toMatchObject({ error: { code: 'at_risk_limit' } });
  });

  test('is nothing where the contract cannot be asked, and it is asked again', async () => {
    balance = 0n;
    decimals = null;
    expect(await codes(claimedWith([1n], undefined, TOKEN))).toEqual(['at_risk_limit']);
    decimals = 6;
    expect(await codes(claimedWith([1n], undefined, TOKEN))).toEqual(['ok']);
  });
});

describe('a closing that may not have left yet', () => {
  test('leaves while it could be enforced, and is withheld from D before T_b on', async () => {
    const claimed = claimedWith([LARGE]);
    const record = await show(claimed);
    now = DEADLINE - TERMS.reaction;
    blockTime = now - 5;
    expect(await gate.tooLate(record, claimed.closings)).toEqual({ ok: true, value: new Set() });
    now += 1;
    expect(await gate.tooLate(record, claimed.closings)).toEqual({
      ok: true,
      value: new Set([claimed.closings[0]!.appId]),
    });
  });

  test('on chain is shown as late only if it was shown before', async () => {
    const claimed = claimedWith([LARGE]);
    const instance = { ...claimed.record.agreed.apps[0]!, time: DEADLINE - 1 };
    expect(gate.mayShowOnChain(claimed.record, instance)).toBe(false);
    expect(gate.mayShowOnChain(await show(claimed), instance)).toBe(true);
    expect(gate.mayShowOnChain(await show(claimed), { ...instance, time: DEADLINE + 1 })).toBe(false);
  });
});
