// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IChannel} from "../interfaces/IChannel.sol";
import {MAX_AMOUNT} from "../Structs.sol";

/// @title Ether and tokens under one name; ether is the zero address
/// @notice `send` reverts when it fails. `balance` and `push` never do, and take bounded gas and bounded return data, so
/// that one asset or recipient cannot block another (invariant 11).
library Money {
    using SafeERC20 for IERC20;

    /// @notice The caller brought so little gas that a healthy asset could look like a broken one.
    error NotEnoughGas(uint256 left, uint256 needed);

    uint256 internal constant BALANCE_GAS = 100_000;
    uint256 internal constant ETHER_PUSH_GAS = 50_000;
    uint256 internal constant TOKEN_PUSH_GAS = 300_000;

    function send(address asset, address to, uint256 amount) internal {
        if (asset != address(0)) return IERC20(asset).safeTransfer(to, amount);
        (bool sent, ) = to.call{value: amount}("");
        if (!sent) revert IChannel.EtherTransferFailed(to, amount);
    }

    /// @return known false when the token does not say
    /// @return amount at most MAX_AMOUNT
    function balance(address asset, address owner) internal view returns (bool known, uint256 amount) {
        if (asset == address(0)) {
            amount = owner.balance;
            known = true;
        } else {
            requireGas(BALANCE_GAS);
            bytes memory data = abi.encodeCall(IERC20.balanceOf, (owner));
            assembly ("memory-safe") {
                known := staticcall(BALANCE_GAS, asset, add(data, 0x20), mload(data), 0x00, 0x20)
                known := and(known, gt(returndatasize(), 0x1f))
                amount := mul(known, mload(0x00))
            }
        }
        if (amount > MAX_AMOUNT) amount = MAX_AMOUNT;
    }

    function push(address asset, address to, uint256 amount) internal returns (bool sent) {
        if (asset == address(0)) {
            requireGas(ETHER_PUSH_GAS);
            assembly ("memory-safe") {
                sent := call(ETHER_PUSH_GAS, to, amount, 0, 0, 0, 0)
            }
        } else {
            requireGas(TOKEN_PUSH_GAS);
            bytes memory data = abi.encodeCall(IERC20.transfer, (to, amount));
            assembly ("memory-safe") {
                sent := call(TOKEN_PUSH_GAS, asset, 0, add(data, 0x20), mload(data), 0x00, 0x20)
                // Tokens of the old kind return nothing; then there must at least be code that ran.
                switch returndatasize()
                case 0 {
                    sent := and(sent, gt(extcodesize(asset), 0))
                }
                default {
                    sent := and(sent, and(gt(returndatasize(), 0x1f), eq(mload(0x00), 1)))
                }
            }
        }
    }

    /// A call gets 63/64 of the gas left, silently less than asked for. The margin covers the call's own price.
    function requireGas(uint256 stipend) internal view {
        uint256 needed = stipend + stipend / 32 + 20_000;
        if (gasleft() < needed) revert NotEnoughGas(gasleft(), needed);
    }
}
