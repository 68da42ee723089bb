// SPDX-License-Identifier: MIT
import { hubLane } from '../../lib/hub/hub-lane.ts';
import { serveTick } from '../../lib/hub/runtime/serve.ts';
import { submit } from '../../lib/lane/submit.ts';

/** Sends the hub's transactions, one nonce lane per chain. */
export const handler = serveTick('submit', (hub, chain) => submit(hubLane(hub, chain)));
