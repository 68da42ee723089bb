// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

/// @notice A token anyone can mint, for local worlds.
contract TestToken is ERC20 {
    constructor() ERC20("Indra Test Token", "ITT") {}

    function mint(address to, uint256 amount) external {
        _mint(to, amount);
    }
}
