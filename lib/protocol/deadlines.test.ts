// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  claimSpan,
  isHeld,
  isOver,
  isRecent,
  leaveWindow,
  mayClaim,
  mayShow,
  payeeDeadline,
  payeeHold,
  payerHold,
  settleSpan,
  unsoundTimes,
  type DeadlineTerms,
} from './deadlines.ts';

const seconds = (max: number) => fc.integer({ min: 0, max });
const terms: fc.Arbitrary<DeadlineTerms> = fc
  .record({
    patience: fc.integer({ min: 2, max: 3_600 }),
    reaction: fc.integer({ min: 8, max: 7_200 }),
    margin: seconds(3_600),
    more: seconds(86_400),
  })
  .map(({ more, ...pace }) => ({ ...pace, challengePeriod: 2 * pace.reaction + more }));
const NOW = 1_800_000_000;

describe('deadlines of a transfer', () => {
  test('whoever claims at the last moment can still show, and who shows at the last can still leave in time', () => {
    fc.assert(
      fc.property(terms, seconds(30 * 86_400), seconds(1_000_000), (of, life, wait) => {
        const expiresAt = NOW + life;
        const actionDeadline = payeeDeadline(of, payerHold(of, expiresAt));
        const app = { actionDeadline, holdUntil: payeeHold(actionDeadline) };
        // The hub took T_a, and the claim comes while the payment has not expired.
        expect(mayClaim(of, actionDeadline, expiresAt)).toBe(true);
        // The countersignature takes W at most, and no clock differs by more than the margin.
        expect(mayShow(of, app, expiresAt + of.patience + of.margin)).toBe(true);
        const shownAt = expiresAt + wait;
        if (!mayShow(of, app, shownAt)) return;
        const [from, to] = leaveWindow(of, app);
        // It is waited for the hub for W before anybody must leave, and from the last moment on there is D left.
        expect(from - shownAt).toBeGreaterThanOrEqual(of.patience);
        expect(actionDeadline - to).toBe(of.reaction);
        expect(isHeld(app)).toBe(true);
      }),
    );
  });

  test('payer and payee together cannot leave the hub between T_b and T_a (invariant 7)', () => {
    fc.assert(
      fc.property(terms, seconds(30 * 86_400), fc.nat(), fc.nat(), (of, life, early, late) => {
        const holdUntil = payerHold(of, NOW + life) + (early % 86_400);
        const actionDeadline = payeeDeadline(of, holdUntil);
        // The payee's move is mined at the last possible moment and known to the hub D later, by a clock behind by the margin.
        const known = actionDeadline + of.reaction + of.margin;
        // The payer challenges whenever it likes; its app is final as a refund at T_a at the earliest.
        const challenged = NOW + (late % (2 * (life + 86_400)));
        const refund = Math.max(holdUntil, challenged + of.challengePeriod);
        expect(refund - known).toBeGreaterThanOrEqual(of.challengePeriod);
        expect(of.challengePeriod).toBeGreaterThanOrEqual(2 * of.reaction);
      }),
    );
  });

  test('W-B5 the hub cannot take back unmoved what the payee may still open', () => {
    fc.assert(
      fc.property(terms, seconds(10_000_000), seconds(10_000_000), (_of, deadline, at) => {
        const app = { actionDeadline: deadline + 1, holdUntil: payeeHold(deadline + 1) };
        const isFinalUnmoved = at >= app.holdUntil;
        if (isFinalUnmoved) expect(isOver(app, at)).toBe(true);
        expect(isHeld({ ...app, holdUntil: 0 })).toBe(false);
        expect(isHeld({ ...app, holdUntil: app.actionDeadline })).toBe(false);
      }),
    );
  });

  test('a claim is admitted with W and the margin more than showing needs', () => {
    fc.assert(
      fc.property(terms, seconds(1_000_000), (of, left) => {
        const app = { actionDeadline: NOW + left, holdUntil: 0 };
        if (mayClaim(of, app.actionDeadline, NOW))
          expect(mayShow(of, app, NOW + of.patience + of.margin)).toBe(true);
        else expect(left).toBeLessThan(claimSpan(of));
      }),
    );
  });

  test('a block is as old as its own timestamp (invariant 18)', () => {
    const pace = { patience: 60, reaction: 240 };
    expect(isRecent(pace, NOW - 119, NOW)).toBe(true);
    expect(isRecent(pace, NOW - 120, NOW)).toBe(false);
    expect(isRecent(pace, NOW + 5, NOW)).toBe(true);
  });

  test('times that cannot be kept are named', () => {
    const sound = {
      chainId: 1,
      patience: 60,
      reaction: 600,
      challengePeriod: 3_600,
      appPeriods: [1_200, 3_600],
    } as const;
    expect(unsoundTimes(sound)).toEqual([]);
    expect(unsoundTimes({ ...sound, challengePeriod: 1_199 })).toHaveLength(1);
    expect(unsoundTimes({ ...sound, appPeriods: [1_199, 3_600] })).toHaveLength(1);
    expect(unsoundTimes({ ...sound, patience: 0, reaction: 1 })).toHaveLength(2);
    expect(unsoundTimes({ ...sound, chainId: 31337, patience: 2, reaction: 8 })).toEqual([]);
  });

  test('T_a lies far enough behind T_b', () => {
    const of = { patience: 60, reaction: 240, margin: 900, challengePeriod: 3_600 };
    expect(settleSpan(of)).toBe(4_740);
    expect(payeeDeadline(of, payerHold(of, NOW)) - NOW).toBe(claimSpan(of));
  });
});
