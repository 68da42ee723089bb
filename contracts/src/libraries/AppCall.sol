// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CounterfactualApp} from "../interfaces/CounterfactualApp.sol";
import {App} from "../Structs.sol";
import {Money} from "./Money.sol";

/// @title Questions to an app that may be hostile
/// @notice Bounded gas and bounded return data: an app that loops or floods costs its own stake at most.
library AppCall {
    uint256 internal constant GAS = 1_000_000;
    /// An outcome of sixteen stakes with a few transfers each is a tenth of this.
    uint256 internal constant MAX_RETURN = 16_384;

    /// @return terminal false also when the app fails to say
    function isTerminal(App calldata app, bytes memory state) internal view returns (bool terminal) {
        (bool answered, uint256 word) = _word(
            app.definition,
            abi.encodeCall(CounterfactualApp.isStateTerminal, (state))
        );
        return answered && word == 1;
    }

    /// @return position of the turn taker; 2 when there is none
    /// @return taker what the app said
    function turnTaker(App calldata app, bytes memory state) internal view returns (uint256 position, address taker) {
        address[] memory participants = new address[](2);
        participants[0] = app.participants[0];
        participants[1] = app.participants[1];
        (bool answered, uint256 word) = _word(
            app.definition,
            abi.encodeCall(CounterfactualApp.getTurnTaker, (state, participants))
        );
        if (!answered || word > type(uint160).max) return (2, address(0));
        taker = address(uint160(word));
        position =
            taker == participants[0]
                ? 0
                : taker == participants[1]
                    ? 1
                    : 2;
    }

    /// @return computed false when the app reverts or answers what is no `bytes`
    function outcome(App calldata app, bytes memory state) internal view returns (bool computed, bytes memory result) {
        address definition = app.definition;
        bytes memory data = abi.encodeCall(CounterfactualApp.computeOutcome, (state));
        requireGas();
        uint256 gasLimit = GAS;
        uint256 limit = MAX_RETURN;
        assembly ("memory-safe") {
            computed := staticcall(gasLimit, definition, add(data, 0x20), mload(data), 0x00, 0x40)
            let size := returndatasize()
            computed := and(computed, and(gt(size, 0x3f), iszero(gt(size, limit))))
            // The canonical encoding: one offset of 32, a length, the bytes.
            let length := mload(0x20)
            computed := and(computed, and(eq(mload(0x00), 0x20), iszero(gt(length, limit))))
            computed := and(computed, iszero(gt(add(length, 0x40), size)))
            result := mload(0x40)
            if computed {
                mstore(result, length)
                returndatacopy(add(result, 0x20), 0x40, length)
                mstore(0x40, and(add(add(result, length), 0x5f), not(0x1f)))
            }
            if iszero(computed) {
                result := 0x60
            }
        }
    }

    /// Asked for after everything was copied and encoded: what that takes must not be missing in the call.
    function requireGas() internal view {
        Money.requireGas(GAS);
    }

    function _word(address definition, bytes memory data) private view returns (bool answered, uint256 word) {
        requireGas();
        uint256 gasLimit = GAS;
        assembly ("memory-safe") {
            answered := staticcall(gasLimit, definition, add(data, 0x20), mload(data), 0x00, 0x20)
            answered := and(answered, gt(returndatasize(), 0x1f))
            word := mload(0x00)
        }
    }
}
