// SPDX-License-Identifier: MIT
/** For `npm run coverage`: the tests as they are, on sources rewritten so that conditions can be counted. */
import { defineConfig } from 'hardhat/config';

import config from '../hardhat.config.ts';

export default defineConfig({
  ...config,
  paths: {
    ...config.paths,
    sources: '.indra/coverage/src',
    artifacts: '.indra/coverage/artifacts',
    cache: '.indra/coverage/cache',
  },
});
