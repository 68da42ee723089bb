// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";

import {IChallengeRegistry} from "./interfaces/IChallengeRegistry.sol";
import {IChannel} from "./interfaces/IChannel.sol";
import {IWithdrawHandler} from "./interfaces/IWithdrawHandler.sol";
import {Digests} from "./libraries/Digests.sol";
import {Interpreter} from "./libraries/Interpreter.sol";
import {Money} from "./libraries/Money.sol";
import {Settlement} from "./libraries/Settlement.sol";
import {SigningDomain} from "./SigningDomain.sol";
import {Asset, CoinTransfer, MAX_AMOUNT, Stake, Withdrawal} from "./Structs.sol";

/// @notice Each channel is a clone of this with 44 bytes of immutable arguments; see {IChannel}.
contract Channel is IChannel, SigningDomain, ReentrancyGuardTransient {
    using SafeERC20 for IERC20;

    /// @dev Two slots. `epoch` is that of what was executed; 32 bits, since an epoch takes a period and a transaction.
    struct Books {
        uint112 initiatorExecuted;
        uint112 responderExecuted;
        uint32 epoch;
        uint112 responderReceived;
        uint112 held;
    }

    /// Length of a minimal proxy's code, where a clone's immutable arguments begin.
    uint256 private constant ARGUMENTS_OFFSET = 0x2d;

    /// @inheritdoc IChannel
    address public immutable registry;
    address private immutable _implementation;

    mapping(address asset => Books) private _books;
    /// @inheritdoc IChannel
    mapping(bytes32 digest => bool) public withdrawalExecuted;
    /// @inheritdoc IChannel
    mapping(address asset => mapping(address owner => uint256)) public claimable;
    /// @inheritdoc IChannel
    mapping(uint64 epoch => mapping(address asset => uint256)) public reserved;

    constructor(address registry_) SigningDomain(registry_) {
        registry = registry_;
        _implementation = address(this);
    }

    modifier onlyChannel() {
        if (address(this) == _implementation) revert NotAChannel();
        _;
    }

    modifier onlyRegistry() {
        if (msg.sender != registry) revert NotRegistry(msg.sender);
        _;
    }

    receive() external payable onlyChannel {}

    /// @inheritdoc IChannel
    function deposit(address asset, uint256 amount) external payable onlyChannel nonReentrant {
        uint256 arrived = amount;
        if (asset == address(0)) {
            if (msg.value != amount) revert WrongValue(msg.value, amount);
        } else {
            if (msg.value != 0) revert WrongValue(msg.value, 0);
            uint256 before = IERC20(asset).balanceOf(address(this));
            IERC20(asset).safeTransferFrom(msg.sender, address(this), amount);
            uint256 difference = IERC20(asset).balanceOf(address(this)) - before;
            if (difference < amount) arrived = difference;
        }
        Books memory books = _load(asset, _currentEpoch());
        books.responderReceived = _narrow(books.responderReceived + arrived);
        _books[asset] = books;
        emit Deposited(msg.sender, asset, arrived);
    }

    /// @inheritdoc IChannel
    function withdraw(Withdrawal calldata withdrawal, bytes[2] calldata signatures) external onlyChannel nonReentrant {
        if (withdrawal.channel != address(this)) revert WrongChannel(withdrawal.channel);
        bytes32 digest = _digest(Digests.hash(withdrawal));
        if (withdrawalExecuted[digest]) return;
        if (withdrawal.party > 1) revert InvalidParty(withdrawal.party);
        if (block.timestamp > withdrawal.deadline) revert DeadlinePassed(withdrawal.deadline);
        uint64 epoch = _currentEpoch();
        if (withdrawal.epoch != epoch) revert WrongEpoch(withdrawal.epoch, epoch);
        _requireSigned(digest, signatures);
        withdrawalExecuted[digest] = true;
        _book(withdrawal, epoch);
        emit Withdrawn(
            digest,
            withdrawal.party,
            withdrawal.asset,
            withdrawal.amount,
            withdrawal.recipient,
            withdrawal.handler
        );
        if (withdrawal.handler == address(0)) {
            Money.send(withdrawal.asset, withdrawal.recipient, withdrawal.amount);
        } else {
            _hand(withdrawal);
        }
    }

    /// @inheritdoc IChannel
    function claim(address asset, address owner, address recipient) external nonReentrant {
        if (recipient != owner && msg.sender != owner) revert NotOwner(msg.sender, owner);
        uint256 amount = claimable[asset][owner];
        if (amount == 0) revert NothingToClaim(asset, owner);
        claimable[asset][owner] = 0;
        // Only what was added to `held` is ever claimable.
        unchecked {
            _books[asset].held -= uint112(amount);
        }
        emit Claimed(asset, owner, recipient, amount);
        Money.send(asset, recipient, amount);
    }

    /// @inheritdoc IChannel
    function settle(
        uint64 epoch,
        Asset[] calldata assets,
        address[] calldata others
    ) external onlyRegistry nonReentrant {
        address[2] memory parties = _parties();
        for (uint256 i = 0; i < assets.length; i++) _settleAsset(epoch, parties, assets[i]);
        Asset memory other;
        for (uint256 i = 0; i < others.length; i++) {
            other.asset = others[i];
            _settleAsset(epoch, parties, other);
        }
    }

    /// @inheritdoc IChannel
    function payApp(
        uint64 epoch,
        address[2] calldata participants,
        Stake[] calldata payouts
    ) external onlyRegistry nonReentrant {
        for (uint256 i = 0; i < payouts.length; i++) {
            address asset = payouts[i].asset;
            uint256 left = reserved[epoch][asset];
            uint256[2] memory amounts = payouts[i].amounts;
            if (amounts[0] > left) amounts[0] = left;
            if (amounts[1] > left - amounts[0]) amounts[1] = left - amounts[0];
            reserved[epoch][asset] = left - amounts[0] - amounts[1];
            // `held` contains every reserved amount.
            unchecked {
                _books[asset].held -= uint112(amounts[0] + amounts[1]);
            }
            _pay(asset, participants[0], amounts[0]);
            _pay(asset, participants[1], amounts[1]);
        }
    }

    /// @inheritdoc IChannel
    function interpretMultiAsset(
        address[2] calldata participants,
        Stake[] calldata stakes,
        bytes calldata outcome
    ) external pure returns (bool valid, Stake[] memory payouts) {
        return Interpreter.multiAsset(participants, stakes, abi.decode(outcome, (CoinTransfer[][])));
    }

    /// @inheritdoc IChannel
    function initiator() external view returns (address) {
        return _parties()[0];
    }

    /// @inheritdoc IChannel
    function responder() external view returns (address) {
        return _parties()[1];
    }

    /// @inheritdoc IChannel
    function challengePeriod() external view returns (uint32 period) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0x00, add(ARGUMENTS_OFFSET, 40), 0x20)
            period := shr(224, mload(0x00))
        }
    }

    /// @inheritdoc IChannel
    function domainSeparator() external view returns (bytes32) {
        return _domainSeparator();
    }

    /// @inheritdoc IChannel
    function account(address asset) external view returns (Account memory result) {
        Books memory books = _load(asset, _currentEpoch());
        (, uint256 balance) = Money.balance(asset, address(this));
        int256 fromInitiator =
            int256(balance + books.initiatorExecuted + books.responderExecuted) -
                int256(uint256(books.held)) -
                int256(uint256(books.responderReceived));
        if (fromInitiator > 0) result.received[0] = uint256(fromInitiator);
        result.received[1] = books.responderReceived;
        result.executed[0] = books.initiatorExecuted;
        result.executed[1] = books.responderExecuted;
        result.held = books.held;
    }

    function _settleAsset(uint64 epoch, address[2] memory parties, Asset memory asset) private {
        Books memory books = _load(asset.asset, epoch);
        Settlement.Facts memory facts;
        facts.executed[0] = int256(uint256(books.initiatorExecuted));
        facts.executed[1] = int256(uint256(books.responderExecuted));
        facts.responderReceived = int256(uint256(books.responderReceived));
        uint256 balance;
        (facts.known, balance) = Money.balance(asset.asset, address(this));
        facts.available = int256(balance) - int256(uint256(books.held));
        Settlement.Split memory split = Settlement.split(asset, facts);

        uint256 locked = split.locked;
        if (locked > MAX_AMOUNT - books.held) locked = MAX_AMOUNT - books.held;
        if (locked != 0) reserved[epoch][asset.asset] = locked;
        Books storage stored = _books[asset.asset];
        if (books.initiatorExecuted | books.responderExecuted != 0) {
            stored.initiatorExecuted = 0;
            stored.responderExecuted = 0;
            stored.epoch = 0;
        }
        if (locked | books.responderReceived != 0) {
            stored.responderReceived = 0;
            stored.held = uint112(books.held + locked);
        }
        emit AssetSettled(epoch, asset.asset, split.paid, locked);
        _pay(asset.asset, parties[0], split.paid[0]);
        _pay(asset.asset, parties[1], split.paid[1]);
    }

    /// Pushes, or holds for a later claim (invariant 11).
    function _pay(address asset, address to, uint256 amount) private {
        if (amount == 0) return;
        if (Money.push(asset, to, amount)) return;
        Books storage books = _books[asset];
        uint256 room = MAX_AMOUNT - books.held;
        if (amount > room) amount = room;
        books.held += uint112(amount);
        claimable[asset][to] += amount;
        emit PaymentHeld(asset, to, amount);
    }

    function _book(Withdrawal calldata withdrawal, uint64 epoch) private {
        address asset = withdrawal.asset;
        uint256 amount = withdrawal.amount;
        Books memory books = _load(asset, epoch);
        uint256 balance = asset == address(0) ? address(this).balance : IERC20(asset).balanceOf(address(this));
        uint256 available = balance > books.held ? balance - books.held : 0;
        if (amount > available) revert InsufficientFunds(asset, amount, available);
        Books storage stored = _books[asset];
        if (books.epoch != stored.epoch) stored.responderReceived = books.responderReceived;
        if (withdrawal.party == 0) books.initiatorExecuted = _narrow(books.initiatorExecuted + amount);
        else books.responderExecuted = _narrow(books.responderExecuted + amount);
        stored.initiatorExecuted = books.initiatorExecuted;
        stored.responderExecuted = books.responderExecuted;
        stored.epoch = books.epoch;
    }

    function _hand(Withdrawal calldata withdrawal) private {
        uint256 value = withdrawal.amount;
        if (withdrawal.asset != address(0)) {
            IERC20(withdrawal.asset).safeTransfer(withdrawal.handler, value);
            value = 0;
        }
        bytes4 answer = IWithdrawHandler(withdrawal.handler).onWithdrawal{value: value}(
            withdrawal.party,
            withdrawal.asset,
            withdrawal.amount,
            withdrawal.recipient,
            withdrawal.data
        );
        if (answer != IWithdrawHandler.onWithdrawal.selector) revert HandlerRefused(withdrawal.handler);
    }

    /// An asset that no settlement touched goes on into the next epoch: what the responder took out of it then is no
    /// longer in, and the rest is the initiator's by difference.
    function _load(address asset, uint64 epoch) private view returns (Books memory books) {
        books = _books[asset];
        if (books.epoch == uint32(epoch)) return books;
        uint112 gone = books.responderExecuted;
        books.responderReceived = books.responderReceived > gone ? books.responderReceived - gone : 0;
        books.initiatorExecuted = 0;
        books.responderExecuted = 0;
        books.epoch = uint32(epoch);
    }

    function _requireSigned(bytes32 digest, bytes[2] calldata signatures) private view {
        address[2] memory parties = _parties();
        for (uint256 i = 0; i < 2; i++) {
            address signer = _recover(digest, signatures[i]);
            if (signer != parties[i]) revert WrongSigner(parties[i], signer);
        }
    }

    function _currentEpoch() private view returns (uint64) {
        return IChallengeRegistry(registry).epochOf(address(this));
    }

    function _parties() private view returns (address[2] memory parties) {
        assembly ("memory-safe") {
            extcodecopy(address(), 0x00, ARGUMENTS_OFFSET, 0x28)
            mstore(parties, shr(96, mload(0x00)))
            mstore(add(parties, 0x20), shr(96, mload(0x14)))
        }
    }

    function _narrow(uint256 amount) private pure returns (uint112) {
        if (amount > MAX_AMOUNT) revert AmountTooLarge(amount);
        return uint112(amount);
    }
}
