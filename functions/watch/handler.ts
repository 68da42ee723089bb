// SPDX-License-Identifier: MIT
import { serveTick } from '../../lib/hub/runtime/serve.ts';
import { watch } from '../../lib/hub/timers/watch.ts';

/** Follows the chains and answers challenges. */
export const handler = serveTick('watch', watch);
