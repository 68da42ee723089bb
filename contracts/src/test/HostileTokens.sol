// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TestToken} from "./TestToken.sol";

/// @notice Tokens that misbehave in the ways tokens are known to.

/// A tenth of a transfer goes nowhere.
contract FeeToken is TestToken {
    function _update(address from, address to, uint256 value) internal override {
        if (from == address(0) || to == address(0)) return super._update(from, to, value);
        super._update(from, address(0), value / 10);
        super._update(from, to, value - value / 10);
    }
}

/// Every balance can be scaled up or down.
contract RebasingToken is TestToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * percent) / 100;
    }
}

/// Fails in a way that can be chosen, for one recipient or for all.
contract MoodyToken is TestToken {
    enum Mood {
        Good,
        Reverting,
        ReturningFalse,
        Looping,
        Flooding
    }

    Mood public transferMood;
    Mood public balanceMood;
    address public victim;

    function setMoods(Mood transferMood_, Mood balanceMood_, address victim_) external {
        (transferMood, balanceMood, victim) = (transferMood_, balanceMood_, victim_);
    }

    function transfer(address to, uint256 value) public override returns (bool) {
        if (victim == address(0) || victim == to) {
            if (transferMood == Mood.ReturningFalse) return false;
            _act(transferMood);
        }
        return super.transfer(to, value);
    }

    function balanceOf(address account) public view override returns (uint256) {
        if (balanceMood == Mood.ReturningFalse) return type(uint256).max;
        _act(balanceMood);
        return super.balanceOf(account);
    }

    function _act(Mood mood) private view {
        if (mood == Mood.Reverting) revert("moody");
        if (mood == Mood.Looping) {
            for (uint256 i = 0; ; i++) if (gasleft() == i) return;
        }
        if (mood == Mood.Flooding) {
            assembly ("memory-safe") {
                revert(0, 300000)
            }
        }
    }
}

/// Like the first tokens: returns nothing.
contract SilentToken {
    mapping(address => uint256) public balanceOf;

    function mint(address to, uint256 amount) external {
        balanceOf[to] += amount;
    }

    function transfer(address to, uint256 amount) external {
        balanceOf[msg.sender] -= amount;
        balanceOf[to] += amount;
    }
}
