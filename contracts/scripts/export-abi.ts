// SPDX-License-Identifier: MIT
/**
 * Writes `lib/chain/abi/<Contract>.json` from the production artifacts, so that hub, SDK and card need no compiler, and
 * the hashes of the bytecode that may never change once it holds money.
 * `--check` writes nothing and fails when a committed file is not what the sources compile to.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';

import { keccak256 } from 'ethers';

const CONTRACTS: Record<string, string> = {
  BatchedTransferApp: 'apps/BatchedTransferApp.sol',
  ChallengeRegistry: 'ChallengeRegistry.sol',
  Channel: 'Channel.sol',
  ChannelFactory: 'ChannelFactory.sol',
  CounterfactualApp: 'interfaces/CounterfactualApp.sol',
  IWithdrawHandler: 'interfaces/IWithdrawHandler.sol',
  NimApp: 'apps/NimApp.sol',
  SignedTransferApp: 'apps/SignedTransferApp.sol',
  SwapApp: 'apps/SwapApp.sol',
  TestToken: 'test/TestToken.sol',
  TicTacToeApp: 'apps/TicTacToeApp.sol',
  TransferApp: 'apps/TransferApp.sol',
};

const MAX_SIZE = 24_576;

interface Artifact {
  readonly abi: unknown[];
  readonly bytecode: string;
  readonly deployedBytecode: string;
  readonly immutableReferences?: Record<string, { start: number; length: number }[]>;
  readonly buildInfoId: string;
}

const root = new URL('../../', import.meta.url);
const check = process.argv.includes('--check');
const stale: string[] = [];
const hashes: Record<string, { creation: string; deployedWithoutImmutables: string }> = {};

mkdirSync(new URL('lib/chain/abi/', root), { recursive: true });

for (const [name, source] of Object.entries(CONTRACTS)) {
  const path = new URL(`contracts/artifacts/contracts/src/${source}/${name}.json`, root);
  const artifact = JSON.parse(readFileSync(path, 'utf8')) as Artifact;
  requireProduction(name, artifact);
  const size = (artifact.deployedBytecode.length - 2) / 2;
  if (size > MAX_SIZE)
    throw new Error(`${name} has ${size} bytes, more than the ${MAX_SIZE} a chain deploys (EIP-170)`);
  const immutables = Object.values(artifact.immutableReferences ?? {})
    .flat()
    .sort((a, b) => a.start - b.start);
  const text = [
    '{',
    `"abi": [\n${artifact.abi.map((entry) => JSON.stringify(entry)).join(',\n')}\n],`,
    `"bytecode": "${artifact.bytecode}",`,
    `"deployedBytecode": "${artifact.deployedBytecode}",`,
    `"immutables": ${JSON.stringify(immutables)}`,
    '}\n',
  ].join('\n');
  write(`lib/chain/abi/${name}.json`, text);
  if (artifact.bytecode === '0x' || source.startsWith('test/')) continue;
  hashes[name] = {
    creation: keccak256(artifact.bytecode),
    deployedWithoutImmutables: keccak256(artifact.deployedBytecode),
  };
}
write('contracts/bytecode-hashes.json', `${JSON.stringify(hashes, null, 2)}\n`);

if (stale.length > 0) {
  console.error(
    `lib/chain/abi is not what the sources compile to: ${stale.join(', ')}. Run: npm run compile`,
  );
  process.exitCode = 1;
}

/** Tests compile into the same folder with other settings; their bytes must never be taken for those that hold money. */
function requireProduction(name: string, { buildInfoId }: Artifact): void {
  const path = new URL(`contracts/artifacts/build-info/${buildInfoId}.json`, root);
  const { input } = JSON.parse(readFileSync(path, 'utf8')) as { input: { settings: { viaIR?: boolean } } };
  if (input.settings.viaIR !== true)
    throw new Error(`${name} is not compiled for production: npm run compile`);
}

function write(path: string, text: string): void {
  const file = new URL(path, root);
  if (!check) writeFileSync(file, text);
  else if (current(file) !== text) stale.push(path);
}

function current(file: URL): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
