// SPDX-License-Identifier: MIT
/** The same game with few steps to a path: how it rolls over, and that nobody's newest agreed state is left behind by it. */
import { type WrongAppRule } from './app-slot.ts';
import { games } from './app-game.ts';
import { type Claim, type ModelSuite } from './claim.ts';

const unsafe = (wrong: WrongAppRule): Claim => ({
  rules: wrong,
  safe: false,
  settings: () =>
    games(
      {
        takers: ['MHMHMH', 'MMMMMH'],
        periods: [
          [2, 4],
          [4, 2],
          [3, 3],
        ],
        steps: 3,
      },
      { wrong },
    ),
});

export const fullPathSuite: ModelSuite = {
  name: 'full-path',
  about: 'a path that is full: it goes on, in everybody’s own time, and passes over no agreed state',
  claims: [
    {
      rules: 'as chosen',
      safe: true,
      settings: (size) =>
        size === 'small'
          ? games({
              takers: ['MMMMH', 'MHMHM'],
              periods: [
                [2, 4],
                [3, 3],
              ],
              steps: 2,
            })
          : [2, 3].flatMap((steps) =>
              games({
                takers: ['MHMHMHM', 'HMHMHMH', 'MMMMMMH', 'MMHMMHM', 'HHMMHHM'],
                periods: [
                  [2, 2],
                  [2, 4],
                  [4, 2],
                  [3, 3],
                ],
                steps,
              }),
            ),
    },
    unsafe('a full path rolls over at once'),
    unsafe('on a full path the turn runs from now'),
    unsafe('a full path takes no further move'),
    unsafe('filling a path leaves the base window as it was'),
  ],
};
