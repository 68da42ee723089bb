// SPDX-License-Identifier: MIT
/**
 * A metered payment: one app with the payer, one with the payee, and receipts the payer signs for the payee, which the hub sees only when they are
 * used. Payer and payee are dishonest and agree with each other, so the payee has every receipt the payer's app could be charged for.
 */
import { setting, type Claim, type ModelSuite } from './claim.ts';
import { type Model, type Step } from './explore.ts';

type WrongMeterRule =
  | 'the payer’s app closes while the payee’s is open'
  | 'the payer’s app closes below what the payee was paid'
  | 'the hub copies the meter once, as soon as it sees a receipt'
  | 'a meter with receipts is released'
  | 'the dead mark is not on the etag that was read'
  | 'a dead app takes another receipt'
  | 'a receipt on chain is not looked at'
  | 'the payer’s app is held until the payee’s deadline only'
  | 'the two apps name different signers'
  | 'the payer’s amount leaves no room for the fee';

interface Position {
  /** Before T_b, before T_a, after both. */
  readonly phase: 0 | 1 | 2;
  readonly followed: 0 | 1;
  readonly payee: 'open' | 'dead' | 'closed';
  /** The newest receipt both signed in the payee's app, the newest one shown on chain, and what it closed at. */
  readonly signed: number;
  readonly shown: number;
  readonly paid: number;
  readonly T: 'claimed' | 'resolved' | 'pending' | 'cancelled';
  readonly amount: number;
  /** What the hub got of the payer's app; null while that is open. */
  readonly got: number | null;
  /** What the hub put into the payer's app on chain. */
  readonly copied: number;
  readonly sweep: { readonly pc: 1 | 2; readonly fresh: 0 | 1; readonly amount: number } | null;
}

interface Bounds {
  /** What the payee's app holds. */
  readonly most: number;
  readonly fee: number;
  readonly wrong?: WrongMeterRule;
}

export function meters({ most, fee, wrong }: Bounds): Model<Position> {
  const is = (rule: WrongMeterRule): boolean => wrong === rule;
  const payerHolds = most + (is('the payer’s amount leaves no room for the fee') ? 0 : fee);
  const receipts = Array.from({ length: most }, (_, index) => index + 1);
  /** What a receipt brings in the payer's app. */
  const worth = (receipt: number): number => {
    const valid = !is('the two apps name different signers') && receipt + fee <= payerHolds;
    return receipt > 0 && valid ? receipt + fee : 0;
  };
  const gained = (at: Position): number =>
    Math.max(at.paid, at.shown, at.payee === 'closed' ? 0 : at.phase > 0 ? at.signed : 0);
  /** Whoever writes the payee's channel makes the sweep's read old. */
  const wrote = (at: Position): Position =>
    at.sweep === null ? at : { ...at, sweep: { ...at.sweep, fresh: 0 } };

  const payeeSteps = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    const takes = at.payee === 'open' || (at.payee === 'dead' && is('a dead app takes another receipt'));
    for (const receipt of receipts) {
      if (at.phase < 2 && takes && receipt > at.signed)
        steps.push({
          says: `receipt ${receipt} is signed by both in the payee's app`,
          to: wrote({ ...at, signed: receipt }),
        });
      if (at.phase === 0 && at.payee !== 'closed' && receipt > at.shown)
        steps.push({ says: `the payee shows receipt ${receipt} on chain`, to: { ...at, shown: receipt } });
    }
    if (at.phase < 2 && takes && at.signed >= at.shown && at.signed > 0) {
      const resolves = at.T === 'claimed';
      const T = resolves ? 'resolved' : at.T;
      steps.push({
        says: `the payee's app closes at ${at.signed}`,
        to: wrote({ ...at, payee: 'closed', paid: at.signed, T, amount: resolves ? at.signed : at.amount }),
      });
    }
    return steps;
  };

  const payerSteps = (at: Position): Step<Position>[] => {
    if (at.got !== null) return [];
    const steps: Step<Position>[] = [];
    const early = is('the payer’s app closes while the payee’s is open');
    if (at.T === 'resolved' || early)
      for (const amount of [0, ...receipts]) {
        const least = at.T === 'resolved' ? at.amount : at.signed;
        if (amount < least && !is('the payer’s app closes below what the payee was paid')) continue;
        steps.push({
          says: `the payer's app closes at ${amount}`,
          to: { ...at, got: amount === 0 ? 0 : amount + fee },
        });
      }
    if (at.T === 'pending') steps.push({ says: 'the payer cancels T', to: { ...at, T: 'cancelled' } });
    if (at.T === 'cancelled') steps.push({ says: 'the payer is refunded', to: { ...at, got: 0 } });
    const known = Math.max(at.signed, at.paid, at.shown);
    const hasty = is('the hub copies the meter once, as soon as it sees a receipt');
    if (hasty && at.copied === 0 && known > 0)
      steps.push({
        says: `the hub shows receipt ${known} in the payer's app on chain`,
        to: { ...at, copied: known },
      });
    const over =
      at.phase === 2 || (is('the payer’s app is held until the payee’s deadline only') && at.phase === 0);
    if (over) {
      const receipt = hasty && at.copied > 0 ? at.copied : known;
      steps.push({
        says: `the payer leaves on chain, the hub shows receipt ${receipt}`,
        to: { ...at, got: worth(receipt) },
      });
    }
    return steps;
  };

  const sweepSteps = (at: Position): Step<Position>[] => {
    const { sweep } = at;
    if (sweep === null) {
      if (at.phase === 0 || at.followed === 0 || at.T !== 'claimed' || at.payee === 'closed') return [];
      const amount = Math.max(at.signed, is('a receipt on chain is not looked at') ? 0 : at.shown);
      return [
        {
          says: `a sweep reads the payee's app, at ${amount}`,
          to: { ...at, sweep: { pc: 1, fresh: 1, amount } },
        },
      ];
    }
    const stops: Step<Position> = { says: 'the sweep stops here', to: { ...at, sweep: null } };
    if (sweep.pc === 1) {
      const goes =
        (sweep.fresh === 1 || is('the dead mark is not on the etag that was read')) && at.payee !== 'closed';
      if (!goes) return [{ says: 'the sweep meets a conflict', to: { ...at, sweep: null } }];
      return [
        {
          says: 'the sweep marks the payee’s app dead',
          to: { ...at, payee: 'dead', sweep: { ...sweep, pc: 2 } },
        },
        stops,
      ];
    }
    if (at.T !== 'claimed') return [{ says: 'the sweep ends', to: { ...at, sweep: null } }];
    const releases = sweep.amount === 0 || is('a meter with receipts is released');
    const to: Position = releases
      ? { ...at, T: 'pending', sweep: null }
      : { ...at, T: 'resolved', amount: sweep.amount, sweep: null };
    return [
      { says: releases ? 'the sweep releases T' : `the sweep resolves T at ${sweep.amount}`, to },
      stops,
    ];
  };

  const time = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    if (at.phase === 0) steps.push({ says: 'T_b passes', to: { ...at, phase: 1 } });
    if (at.phase === 1 && at.followed === 0)
      steps.push({ says: 'the hub has followed the chain past T_b', to: { ...at, followed: 1 } });
    // T_a is later than T_b by what the hub needs to follow the chain.
    if (at.phase === 1 && at.followed === 1) steps.push({ says: 'T_a passes', to: { ...at, phase: 2 } });
    return steps;
  };

  return {
    start: {
      phase: 0,
      followed: 0,
      payee: 'open',
      signed: 0,
      shown: 0,
      paid: 0,
      T: 'claimed',
      amount: 0,
      got: null,
      copied: 0,
      sweep: null,
    },
    steps: (at) => [...time(at), ...payeeSteps(at), ...payerSteps(at), ...sweepSteps(at)],
    wrong(at) {
      if (at.got === null || at.got >= gained(at)) return undefined;
      return `the payee has ${gained(at)}, the hub got ${at.got} of the payer`;
    },
  };
}

const unsafe = (wrong: WrongMeterRule): Claim => ({
  rules: wrong,
  safe: false,
  settings: () => [setting('amount 3, fee 1', meters({ most: 3, fee: 1, wrong }))],
});

export const metersSuite: ModelSuite = {
  name: 'meters',
  about:
    'a metered payment in two apps: the hub gets no less of the payer than the payee gets of it (invariant 7)',
  claims: [
    {
      rules: 'as chosen',
      safe: true,
      settings: (size) =>
        (size === 'small' ? [3] : [3, 6]).flatMap((most) =>
          [0, 1].map((fee) => setting(`amount ${most}, fee ${fee}`, meters({ most, fee }))),
        ),
    },
    unsafe('the payer’s app closes while the payee’s is open'),
    unsafe('the payer’s app closes below what the payee was paid'),
    unsafe('the hub copies the meter once, as soon as it sees a receipt'),
    unsafe('a meter with receipts is released'),
    unsafe('the dead mark is not on the etag that was read'),
    unsafe('a dead app takes another receipt'),
    unsafe('a receipt on chain is not looked at'),
    unsafe('the payer’s app is held until the payee’s deadline only'),
    unsafe('the two apps name different signers'),
    unsafe('the payer’s amount leaves no room for the fee'),
  ],
};
