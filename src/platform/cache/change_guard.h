// ChangeGuard: tells whether a key has been changed since, for what is published after a commit.
//
//   seen = guard.seen(key);            // inside the transaction
//   guard.change(key, [&](now_seen) {  // after its commit
//     now_seen == seen ? publish : erase });
//
// A change runs alone among those of its stripe, and counts afterwards. Keys share 64 stripes, so
// a key may look changed without need; never the other way round. Any thread. A change must not
// call the guard.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>
#include <utility>

namespace ashlar::cache {

class ChangeGuard {
 public:
  [[nodiscard]] std::uint64_t seen(std::string_view key) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    return stripe.changes;
  }

  template <class Change>
  void change(std::string_view key, Change&& run) {
    Stripe& stripe = stripe_of(key);
    const std::lock_guard lock(stripe.mutex);
    std::forward<Change>(run)(stripe.changes++);
  }

  // Everything before it looks changed.
  template <class Change>
  void change_all(Change&& run) {
    for (Stripe& stripe : stripes_) {
      const std::lock_guard lock(stripe.mutex);
      ++stripe.changes;
    }
    std::forward<Change>(run)();
  }

 private:
  struct alignas(64) Stripe {
    std::mutex mutex;
    std::uint64_t changes = 0;  // guarded by mutex
  };

  Stripe& stripe_of(std::string_view key) {
    return stripes_[std::hash<std::string_view>{}(key) % stripes_.size()];
  }

  std::array<Stripe, 64> stripes_;
};

}  // namespace ashlar::cache
