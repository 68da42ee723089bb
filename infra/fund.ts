// SPDX-License-Identifier: MIT
/** `npm run fund -- <address> [ether] [tokens]`: test money on the chain of the running local world. */
import { parseEther } from 'ethers';
import { fund } from './local/fund.ts';
import { runningWorld } from './local/world-file.ts';

const [address = '', ether = '10', tokens = '1000'] = process.argv.slice(2);
try {
  if (!/^0x[0-9a-fA-F]{40}$/.test(address))
    throw new Error('usage: npm run fund -- <address> [ether] [tokens]');
  const world = await runningWorld();
  if (world === undefined) throw new Error('no local world is running: npm start');
  const { rpcUrl, token } = world.chain;
  await fund(rpcUrl, token, address, { ether: parseEther(ether), token: parseEther(tokens) });
  console.log(`${address} got ${ether} ETH and ${tokens} TEST`);
} catch (error) {
  console.error(`indra: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
