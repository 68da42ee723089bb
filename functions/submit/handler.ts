// SPDX-License-Identifier: MIT
import { submitAll } from '../../lib/hub/lanes.ts';
import { serveTick } from '../../lib/hub/runtime/serve.ts';

/** Sends the hub's transactions, on each chain in a lane for defence and one for what is paid out. */
export const handler = serveTick('submit', submitAll);
