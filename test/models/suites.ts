// SPDX-License-Identifier: MIT
import { appGameSuite } from './app-game.ts';
import { challengeNumbersSuite } from './challenge-numbers.ts';
import { type ModelSuite } from './claim.ts';
import { fullPathSuite } from './full-path.ts';
import { ledgerAgreementSuite } from './ledger-agreement.ts';
import { metersSuite } from './meters.ts';
import { mirroredAppsSuite } from './mirrored-apps.ts';

import { transfersSuite } from './transfers.ts';

export const SUITES: readonly ModelSuite[] = [
  appGameSuite,
  fullPathSuite,
  challengeNumbersSuite,
  mirroredAppsSuite,
  transfersSuite,
  metersSuite,
  ledgerAgreementSuite,
];
