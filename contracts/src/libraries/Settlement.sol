// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Asset} from "../Structs.sol";

/// @title Who gets what when an asset is settled
library Settlement {
    /// @param available what the channel holds of the asset beyond what belongs to earlier epochs
    /// @param executed withdrawals of this epoch, by party
    /// @param responderReceived counted deposits of the responder
    struct Facts {
        bool known;
        int256 available;
        int256[2] executed;
        int256 responderReceived;
    }

    struct Split {
        uint256[2] paid;
        uint256 locked;
    }

    /// @notice Per party `balance + (received - deposits) + (withdrawn - executed)`; the stakes of apps stay locked.
    /// The three add up to `available` because a ledger conserves (invariant 1). After a stale ledger, or with a token that
    /// shrinks, a part can be negative: then it is taken from the other party, last from the stakes, and nobody gets
    /// more than there is.
    /// @dev Every amount is at most MAX_AMOUNT, so no sum comes near the bounds of an int256.
    function split(Asset memory asset, Facts memory facts) internal pure returns (Split memory result) {
        unchecked {
            int256 first = int256(asset.balances[0] + asset.withdrawn[0]) - facts.executed[0];
            int256 second = int256(asset.balances[1] + asset.withdrawn[1]) - facts.executed[1];
            second += facts.responderReceived - int256(asset.deposits[1]);
            // A token that does not say its balance is taken to hold what the ledger says the initiator put in.
            if (facts.known) {
                first +=
                    facts.available +
                    facts.executed[0] +
                    facts.executed[1] -
                    facts.responderReceived -
                    int256(asset.deposits[0]);
            }
            int256 rest = int256(asset.locked);
            if (first < 0) {
                second += first;
                first = 0;
            }
            if (second < 0) {
                first += second;
                second = 0;
                if (first < 0) {
                    rest += first;
                    first = 0;
                    if (rest < 0) rest = 0;
                }
            }
            result.paid[0] = uint256(first);
            result.paid[1] = uint256(second);
            result.locked = uint256(rest);
        }
    }
}
