// SPDX-License-Identifier: MIT
// Outlives its parent by a moment: reads process groups from its standard input, one per line ("+pid" started,
// "-pid" ended), and when that pipe closes, for whatever reason, ends those still running.
import { createInterface } from 'node:readline';

const groups = new Set();
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});
process.on('SIGHUP', () => {});
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const pid = Number(line.slice(1));
  if (line.startsWith('+')) groups.add(pid);
  else groups.delete(pid);
});
lines.on('close', () => {
  send('SIGTERM');
  setTimeout(
    () => {
      send('SIGKILL');
      process.exit(0);
    },
    groups.size === 0 ? 0 : 3_000,
  );
});

function send(signal) {
  for (const pid of groups) {
    try {
      process.kill(-pid, signal);
    } catch {
      groups.delete(pid);
    }
  }
}
