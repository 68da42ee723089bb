// SPDX-License-Identifier: MIT
/** Tabs of this card speak with each other: only one of them writes to the channel. */
const NAME = 'daicard';
const LEAVE = 'leave';

/** Asks every other tab to lock its wallet. */
export function leaveOtherTabs(): void {
  const tabs = new BroadcastChannel(NAME);
  tabs.postMessage(LEAVE);
  tabs.close();
}

/** Returns how to stop. */
export function whenAskedToLeave(leave: () => void): () => void {
  const tabs = new BroadcastChannel(NAME);
  tabs.onmessage = (message: MessageEvent<unknown>) => {
    if (message.data === LEAVE) leave();
  };
  return () => tabs.close();
}
