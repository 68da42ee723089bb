// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CoinTransfer, Stake} from "../Structs.sol";

/// @title What an outcome means in money
/// @notice Pays participants by position, whatever `to` says. An outcome must distribute each stake exactly; any other
/// is no outcome. Nothing here reverts except the decoding of a multi-asset outcome, which is called apart.
library Interpreter {
    uint8 internal constant TWO_PARTY_FIXED_OUTCOME = 0;
    uint8 internal constant SINGLE_ASSET_TWO_PARTY_COIN_TRANSFER = 1;
    uint8 internal constant MULTI_ASSET_MULTI_PARTY_COIN_TRANSFER = 2;

    /// @notice 0 all to participant 0, 1 all to participant 1, 2 split evenly, the odd wei to participant 0.
    function twoPartyFixed(
        Stake[] calldata stakes,
        bytes memory outcome
    ) internal pure returns (bool valid, Stake[] memory payouts) {
        payouts = stakes;
        uint256 choice = outcome.length == 32 ? _word(outcome, 0) : 3;
        if (choice > 2) return (false, payouts);
        for (uint256 i = 0; i < payouts.length; i++) {
            uint256 total = _total(stakes[i]);
            uint256 first =
                choice == 0
                    ? total
                    : choice == 1
                        ? 0
                        : total - total / 2;
            payouts[i].amounts = [first, total - first];
        }
        return (true, payouts);
    }

    /// @notice `(address to, uint256 amount)[2]` over the one stake.
    function singleAsset(
        Stake[] calldata stakes,
        bytes memory outcome
    ) internal pure returns (bool valid, Stake[] memory payouts) {
        payouts = stakes;
        if (outcome.length != 128 || stakes.length != 1) return (false, payouts);
        payouts[0].amounts = [_word(outcome, 1), _word(outcome, 3)];
        return (_exact(payouts[0], stakes[0]), payouts);
    }

    /// @notice `(address to, uint256 amount)[][]`, one list per stake. A list of two is by position; in any other, each
    /// transfer goes to the participant it names.
    function multiAsset(
        address[2] calldata participants,
        Stake[] calldata stakes,
        CoinTransfer[][] memory transfers
    ) internal pure returns (bool valid, Stake[] memory payouts) {
        payouts = stakes;
        if (transfers.length != payouts.length) return (false, payouts);
        for (uint256 i = 0; i < payouts.length; i++) {
            CoinTransfer[] memory list = transfers[i];
            uint256[2] memory amounts;
            for (uint256 j = 0; j < list.length; j++) {
                uint256 position =
                    list.length == 2
                        ? j
                        : list[j].to == participants[0]
                            ? 0
                            : 1;
                if (list.length != 2 && list[j].to != participants[position]) return (false, payouts);
                uint256 before = amounts[position];
                unchecked {
                    amounts[position] = before + list[j].amount;
                }
                if (amounts[position] < before) return (false, payouts);
            }
            payouts[i].amounts = amounts;
            if (!_exact(payouts[i], stakes[i])) return (false, payouts);
        }
        return (true, payouts);
    }

    function _exact(Stake memory payout, Stake calldata stake) private pure returns (bool) {
        uint256 total = _total(stake);
        return payout.amounts[0] <= total && payout.amounts[1] == total - payout.amounts[0];
    }

    /// Stakes are bounded by the ledger they are locked in; a sum that wraps was never locked and pays nothing real.
    function _total(Stake calldata stake) private pure returns (uint256) {
        unchecked {
            return stake.amounts[0] + stake.amounts[1];
        }
    }

    function _word(bytes memory data, uint256 index) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := mload(add(add(data, 0x20), mul(index, 0x20)))
        }
    }
}
