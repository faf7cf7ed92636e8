// Any: lib0's any-value, what maps, arrays, attributes and embeds hold.
//
// Tags on the wire (one byte): 127 undefined, 126 null, 125 integer (|n| <= 2^31 - 1), 124 float,
// 123 double, 122 int64, 121 false, 120 true, 119 string, 118 object, 117 array, 116 bytes. Which
// of the number tags a value came with is kept, so that what is read and written again is the same
// to the byte. Objects that were read have their keys in JavaScript's order, and each once. Depth
// is bounded where it is read (kMaxAnyDepth); so recursion over a value that was read is safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ashlar::crdt {

inline constexpr std::size_t kMaxAnyDepth = 100;

struct Any;
struct Undefined {
  friend bool operator==(Undefined, Undefined) = default;
};
struct Null {
  friend bool operator==(Null, Null) = default;
};
struct Integer {  // tag 125; -0 is a number of its own in JavaScript
  std::int64_t value = 0;
  bool minus_zero = false;
  friend bool operator==(const Integer&, const Integer&) = default;
};
struct Bytes {
  std::string data;
  friend bool operator==(const Bytes&, const Bytes&) = default;
};
using Array = std::vector<Any>;
struct Member;
using Object = std::vector<Member>;  // in the order in which they are written

struct Any {
  std::variant<Undefined, Null, bool, Integer, float, double, std::int64_t, std::string, Bytes,
               Array, Object>
      value;
};

struct Member {
  std::string key;
  Any value;
};

bool operator==(const Any& a, const Any& b);
inline bool operator==(const Member& a, const Member& b) {
  return a.key == b.key && a.value == b.value;
}
inline bool operator==(const Any& a, const Any& b) { return a.value == b.value; }

}  // namespace ashlar::crdt
