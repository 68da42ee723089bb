// SPDX-License-Identifier: MIT
import { createRequire } from 'node:module';

import hardhatEthers from '@nomicfoundation/hardhat-ethers';
import hardhatEthersChaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers';
import hardhatMocha from '@nomicfoundation/hardhat-mocha';
import hardhatNetworkHelpers from '@nomicfoundation/hardhat-network-helpers';
import { defineConfig } from 'hardhat/config';

const require = createRequire(import.meta.url);

/** The compiler comes from npm: nothing is downloaded. */
const compiler = {
  version: '0.8.37',
  path: require.resolve('solc/soljson.js'),
  preferWasm: true,
};

/** No metadata hash, so that the same source gives the same bytes everywhere. */
const settings = {
  evmVersion: 'cancun',
  metadata: { bytecodeHash: 'none', appendCBOR: false },
};

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, hardhatNetworkHelpers],
  solidity: {
    profiles: {
      default: { ...compiler, settings: { ...settings, optimizer: { enabled: true, runs: 1 } } },
      production: {
        ...compiler,
        // One compilation: thrice as fast, and the network cannot read the output of a file without contracts.
        isolated: false,
        settings: { ...settings, viaIR: true, optimizer: { enabled: true, runs: 200 } },
      },
    },
  },
  networks: {
    // Tests compile for speed, which makes longer code; the size of what is deployed is held by `npm run compile`.
    default: {
      type: 'edr-simulated',
      chainType: 'l1',
      hardfork: 'prague',
      allowUnlimitedContractSize: true,
    },
    hardhat: { type: 'edr-simulated', chainType: 'l1', hardfork: 'prague' },
  },
  paths: {
    sources: 'contracts/src',
    tests: { mocha: 'contracts/test', solidity: 'contracts/test' },
    artifacts: 'contracts/artifacts',
    cache: 'contracts/cache',
  },
  test: { mocha: { timeout: 60_000 } },
});
