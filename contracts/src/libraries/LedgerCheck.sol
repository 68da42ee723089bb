// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallengeRegistry} from "../interfaces/IChallengeRegistry.sol";
import {Asset, Ledger, MAX_AMOUNT} from "../Structs.sol";

/// @title What every ledger must satisfy before the chain takes note of it
/// @notice Checked here and not at settlement, where a bad ledger would leave the channel stuck.
library LedgerCheck {
    uint256 internal constant MAX_ASSETS = 16;

    function check(Ledger calldata ledger) internal pure {
        uint256 count = ledger.assets.length;
        if (count > MAX_ASSETS) revert IChallengeRegistry.TooManyAssets(count);
        if (ledger.version == 0 && (count != 0 || ledger.appsRoot != 0)) revert IChallengeRegistry.NotEmpty();
        for (uint256 i = 0; i < count; i++) {
            Asset calldata asset = ledger.assets[i];
            if (i > 0 && asset.asset <= ledger.assets[i - 1].asset) {
                revert IChallengeRegistry.AssetsNotSorted(asset.asset);
            }
            _check(asset);
            // Nothing could ever pay it out.
            if (asset.locked != 0 && ledger.appsRoot == 0) revert IChallengeRegistry.LockedWithoutApps(asset.asset);
        }
    }

    /// Invariant 1.
    function _check(Asset calldata asset) private pure {
        uint256 deposited = _bounded(asset.deposits[0]) + _bounded(asset.deposits[1]);
        uint256 accounted =
            _bounded(asset.balances[0]) +
                _bounded(asset.balances[1]) +
                _bounded(asset.withdrawn[0]) +
                _bounded(asset.withdrawn[1]) +
                _bounded(asset.locked);
        if (accounted != deposited) revert IChallengeRegistry.NotConserved(asset.asset);
    }

    function _bounded(uint256 amount) private pure returns (uint256) {
        if (amount > MAX_AMOUNT) revert IChallengeRegistry.AmountTooLarge(amount);
        return amount;
    }
}
