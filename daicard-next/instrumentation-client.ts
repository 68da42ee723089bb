// SPDX-License-Identifier: MIT
/** Runs before the page does. */
import { captureLink } from './redeem/opened-link.ts';

captureLink();
// A link opened in a tab that is on the page already changes the fragment only.
window.addEventListener('hashchange', captureLink);
