// SPDX-License-Identifier: MIT
import { serveTick } from '../../lib/hub/runtime/serve.ts';
import { submit } from '../../lib/hub/timers/submit.ts';

/** Sends the hub's transactions, one nonce lane per chain. */
export const handler = serveTick('submit', submit);
