// Ids of a collaborative document: who inserted, and which unit of what he inserted.
//
// Source: shared by every Yjs program. A client is a random number that a program draws when it
// opens a document (32 bits in yjs 13, up to 53 elsewhere). Its clock counts the units that it has
// inserted, from 0: a UTF-16 code unit, an element, an embed, a format mark count one each.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace ashlar::crdt {

using ClientId = std::uint64_t;  // at most kMaxInteger
using Clock = std::uint64_t;     // at most kMaxInteger

// What JavaScript counts exactly; larger numbers on the wire are refused.
inline constexpr std::uint64_t kMaxInteger = (std::uint64_t{1} << 53) - 1;

struct Id {
  ClientId client = 0;
  Clock clock = 0;

  friend auto operator<=>(const Id&, const Id&) = default;
};

}  // namespace ashlar::crdt
