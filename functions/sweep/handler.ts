// SPDX-License-Identifier: MIT
import { serveTick } from '../../lib/hub/runtime/serve.ts';
import { sweep } from '../../lib/hub/timers/sweep.ts';

/** Finishes what dead handlers left. */
export const handler = serveTick('sweep', sweep);
