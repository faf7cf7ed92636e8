// Displaced: values that left a cache under its lock and are destroyed after it. The first four
// need no allocation. Values that have nothing to destroy are not kept at all.
#pragma once

#include <cstddef>
#include <new>
#include <type_traits>
#include <utility>
#include <vector>

namespace ashlar::kit {

template <class Value, bool kTrivial = std::is_trivially_destructible_v<Value>>
class Displaced {
 public:
  Displaced() = default;
  Displaced(const Displaced&) = delete;
  Displaced& operator=(const Displaced&) = delete;
  ~Displaced() {
    while (few_ > 0) at(--few_)->~Value();
  }

  void take(Value&& value) {
    if (few_ < kFew) {
      ::new (static_cast<void*>(at(few_))) Value(std::move(value));
      ++few_;
    } else {
      many_.push_back(std::move(value));
    }
  }

 private:
  static constexpr std::size_t kFew = 4;

  Value* at(std::size_t i) { return reinterpret_cast<Value*>(room_) + i; }

  std::size_t few_ = 0;
  alignas(Value) std::byte room_[kFew * sizeof(Value)];
  std::vector<Value> many_;
};

template <class Value>
class Displaced<Value, true> {
 public:
  void take(Value&&) {}
};

}  // namespace ashlar::kit
