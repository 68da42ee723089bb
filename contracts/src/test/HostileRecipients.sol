// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IWithdrawHandler} from "../interfaces/IWithdrawHandler.sol";

/// @notice Code for an account that refuses money, burns all gas, or calls back, as chosen.
contract Recipient {
    enum Mood {
        Good,
        Reverting,
        Looping,
        CallingBack
    }

    Mood public mood;
    address public target;
    bytes public call;
    bool public calledBack;
    bytes public answer;

    function set(Mood mood_, address target_, bytes calldata call_) external {
        (mood, target, call) = (mood_, target_, call_);
    }

    function perform(address to, bytes calldata data) external returns (bytes memory) {
        (bool done, bytes memory result) = to.call(data);
        if (!done) {
            assembly ("memory-safe") {
                revert(add(result, 0x20), mload(result))
            }
        }
        return result;
    }

    receive() external payable {
        if (mood == Mood.Reverting) revert("refused");
        if (mood == Mood.Looping) {
            for (uint256 i = 0; ; i++) if (gasleft() == i) return;
        }
        if (mood == Mood.CallingBack) (calledBack, answer) = target.call(call);
    }
}

/// @notice Keeps what it gets and remembers what it was told.
contract Handler is IWithdrawHandler {
    bytes public last;
    bytes4 public answer = IWithdrawHandler.onWithdrawal.selector;

    function setAnswer(bytes4 answer_) external {
        answer = answer_;
    }

    function onWithdrawal(
        uint8 party,
        address asset,
        uint256 amount,
        address recipient,
        bytes calldata data
    ) external payable returns (bytes4) {
        last = abi.encode(msg.sender, msg.value, party, asset, amount, recipient, data);
        return answer;
    }
}
